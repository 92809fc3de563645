// Package police reads the 5x5x5 intelligence reports of a police force: XML
// with one <item> for each graded line, or the flat text of form A.
//
// No force's real layout was found; both are stand-ins with the fields of the
// form. Where the domain is silent, this is what was decided:
//
//   - A report belongs to the force that sends it: force_code (a PNC code, or an
//     area's code in the contract for forces that have none there) must be the
//     member's, and the URN is <force_code>/<number>/<year>.
//   - Only sanitised reports leave: anything but Y rejects the report, and so
//     does a claim of public interest immunity, about which an officer decides.
//   - The source's identity never leaves. A report with a source name is
//     rejected, so that somebody removes it from the export; the source
//     reference, kept apart in the force, is dropped.
//   - Items take the report's crime types and locations where they have none of
//     their own. A location needs a force_code or a place that leads to an area:
//     where the reporting force is tells nothing of where it happened.
//   - With one item, it mentions every subject of the report. With several, each
//     subject must be named by the items that mention it (<ref id="N1"/>), or a
//     person in a withheld item would travel with another.
//   - A report of type "case" is a case; the force leads unless it says who does.
//   - A title, an operation's name (of a tip), officers' names, re-gradings,
//     force system references and dissemination lists have no place in a message
//     and are listed as dropped, as is every element that is not known here.
package police
