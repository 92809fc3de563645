// Package soca reads two exports of the Serious Organised Crime Agency, which it
// tells apart by their root element: suspicious activity reports (<sars>) and
// intelligence reports (<reports>). Both are stand-ins; a SAR has the parts of
// the portal's form:
//
//	<sar> <header> elmer_no submitted marking handling_code conditions
//	      source_evaluation intelligence_evaluation crime_types sectors purpose
//	      consent_sought institution reporter … </header>
//	  <main_subject type="person|entity" status="suspect|victim"> name alias…
//	      dob occupation nationality company_no phone address postcode
//	  <associated_subject …> as the main subject, with association
//	  <location force_code="" role="">   <transactions><transaction> date type
//	      amount currency direction counterparty account  <reason>
//
// Where the domain is silent, this is what was decided:
//
//   - One bad SAR does not block the others. A SAR with a character that XML does
//     not have, with a tag or comment that is never closed, or with anything else
//     that makes it no XML, is set aside with its reason, and reading goes on
//     with the next one.
//   - That a SAR exists is protected. It goes no lower than RESTRICTED, and without
//     a handling code from the Agency's desk it has code 4: for the Agency alone.
//     Whoever reported it stays behind as a source does, and so do account numbers.
//     It has the conditions that nobody tells the subject: POCA 2002 s.333A.
//   - Reporting is a duty under POCA 2002 ss.330-332, so that a SAR reads as
//     obtained by powers and never as volunteered.
//   - Every SAR has the group money-laundering; glossary codes in the reason add
//     crime types and urgency (glossary.csv), and crime_types those that the desk
//     found. All codes stay in the text as they are, the unknown ones too. No crime
//     type is read out of the words.
//   - The areas are those of <location>, else of the subjects' addresses. Where no
//     table knows any of these, the area is the whole United Kingdom: SARs are
//     national, and "uk" says that no more is known.
//   - The reason is one item; the transactions are items of their own.
//   - A missing date of birth, occupation or consent box, the common faults, does
//     not stop a SAR: nothing is put in their place.
//
// An intelligence report is a 5x5x5 report as package fivebyfive reads it, with
// soca_ref and consent_required_onward, which must be Y: SOCPA 2005 s.35 requires
// the Agency's consent whatever the box says. It becomes a condition of every
// item. It is no claim of a consent, since it says that one is needed, and the
// evaluator's handling codes stay what they were: the statute binds without
// code 5, and the broker applies it.
package soca
