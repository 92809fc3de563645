// Package gla reads three exports of the Gangmasters Licensing Authority, which
// it tells apart by their headers: intelligence reports, the licence register
// and inspections. All are CSV with a header, in Windows-1252, dates day first.
//
// No export of the real system was found; the layouts are stand-ins with the
// columns of [Columns], [LicenceColumns] and [InspectionColumns], of which the
// first ones must be there and may stand in any order. Where the domain is
// silent, this is what was decided.
//
// # Intelligence reports
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
//     gateways: gateways that exist for one sector stay shut. A message has one
//     list of sectors, which acts for all its items. A report whose rows differ
//     in theirs, or of which only some name any, is rejected with the row that
//     differs: cut up, its parts would tell of each other by their reference.
//   - location may name several places, separated by semicolons. Each must lead
//     to an area; area gives the codes where the places do not. "N/K" in area
//     says that the area is not known and gives the whole United Kingdom; a row
//     that says nothing is rejected.
//   - worker_count and worker_nationality are added to the text, in brackets.
//     Nationality plays no part in routing.
//   - What came from a partner needs origin, the member whose information it is.
//   - The last line must end with a line break, or the file may have been cut
//     short and the row is rejected.
//
// # Licence register
//
// The register is public, and a licence in force is no news: such a row stays
// with the Authority, is listed with the receipts and the reason why it is
// kept, so that every row is accounted for. A licence that was revoked becomes a tip
// about a breach of its conditions, one that was refused a tip that the business
// may not act as a gangmaster.
//
//   - The day of the decision is status_date, a column that need not be there;
//     without it a revoked licence ended on expiry_date, and issue_date is the
//     day of a refusal.
//   - The Authority's own decision is graded A1 with handling code 1. The row is
//     RESTRICTED unless the column marking says otherwise.
//   - address, postcode and areas_supplied lead to areas, or area does.
//   - The company number, or else the licence number, becomes the business's
//     number. The VAT number and the named persons are dropped.
//
// # Inspections
//
// An inspection with 30 points or more was failed and becomes a case with one
// item for each standard that was not met, so that each goes only to those whom
// it concerns. One with fewer points stays with the Authority, as above. The
// points of the standards must add up to the total.
//
//   - standards.csv leads from a standard, or its chapter, to a crime type. The
//     numbers are from memory and of low confidence; an unknown one counts as a
//     breach of the licence alone.
//   - An inspector's own observation is graded B2 with handling code 1.
//   - The required columns say neither where nor in which trade it was; without
//     the columns location, area and sectors the message says the whole United
//     Kingdom and no sector.
package gla
