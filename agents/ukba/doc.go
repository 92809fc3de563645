// Package ukba reads two exports of the UK Border Agency: batches of encounters
// (XML) and civil penalties for illegal working (CSV). It tells them apart by
// their first sign.
//
// No export of the real systems was found; both layouts are stand-ins.
//
//	<encounters><encounter> visit_ref operation date team region premises
//	  intelligence_ref marking sectors source_evaluation intelligence_evaluation
//	  handling_code conditions <persons><person> name alias… dob nationality HO_ref
//	  port_ref status IS_form… docs_held_by indicators CA_referral CA_consent
//	  earlier_referral
//
// A civil penalty has the columns of [Columns]. Where the domain is silent, this
// is what was decided:
//
//   - The victim comes first. If anybody in an encounter has an indicator, was
//     referred to the Competent Authority or came to notice in an earlier
//     referral, the whole encounter is shared to protect victims: it has
//     trafficking crime types and no crime type of immigration at all, also for
//     the others who were found, who have yet to be screened. Their immigration
//     status stays behind. A person under 18, or possibly so, without any such
//     sign does the same with the crime type child-harm.
//   - Without any of these, each person's status gives the crime type. Who is here
//     lawfully is left out: there is nothing to share. A status of which no table
//     knows rejects the encounter; one that is not known gives the whole group.
//   - Nationality is passed on as recorded and decides nothing.
//   - Documents held by anybody but the person are GEN01 and document-retention,
//     except where officers hold them.
//   - The area is that of the premises; where no table knows it, that of the
//     region. An encounter with neither is rejected.
//   - HO_ref and port_ref stay behind: they open every file that is kept on a
//     person, and a recipient who needs them asks. So do operation, team and
//     intelligence_ref, which would tell what another body holds.
//   - CA_consent is a claim that the person consents to the referral.
//   - The Agency's systems do not grade. Grades and a handling code may be given
//     where its intelligence unit has set them; without them the hub grades.
//   - A civil penalty is a case, and goes out only with victim_screening: Y says
//     that the workers were screened and nothing was found, REFERRED that
//     somebody was referred. Anything else rejects it: screening precedes
//     enforcement. Fines are checked against each other.
package ukba
