// Package gla reads the intelligence reports of the Gangmasters Licensing
// Authority: CSV with a header, in Windows-1252, dates day first.
//
// No export of the real system was found; the layout is a stand-in with the
// columns of [Columns], of which the first fourteen must be there and may stand
// in any order. Where the domain is silent, this is what was decided:
//
//   - One row is one graded item. Consecutive rows with the same gla_ref are one
//     report with several items and become one message: one source, one marking
//     and one date for all, since a report has one source. A file that is cut
//     short exactly between two rows of a report cannot be told from a whole one:
//     its last report is then sent with the rows that are there, and again, as
//     another message, when the whole file comes.
//   - subject holds headings from the table headings.csv, separated by
//     semicolons, and crime_codes codes of the contract. The codes go first; a
//     row with neither a code nor a known heading is rejected. Nothing is ever
//     read out of the narrative.
//   - sectors left empty stays empty. That every report of the Authority is
//     about its licensed trades would be a guess, and the sector opens legal
//     gateways: gateways that exist for one sector stay shut.
//   - location may name several places, separated by semicolons. Each must lead
//     to an area; area gives the codes where the places do not. "N/K" in area
//     says that the area is not known and gives the whole United Kingdom; a row
//     that says nothing is rejected.
//   - worker_count and worker_nationality are added to the text, in brackets.
//     Nationality plays no part in routing.
//   - What came from a partner needs origin, the member whose information it is.
//   - The last line must end with a line break, or the file may have been cut
//     short and the row is rejected.
package gla
