// Package crimestoppers reads the log of reports that Crimestoppers passes to
// the hub, whose agent submits it: text in Windows-1252, dates day first.
//
// No export of the real system was found; the layout is a stand-in:
//
//	==== CRIMESTOPPERS REPORT CS/09/0012345 ====
//	RECEIVED: 17/08/2009 22:14
//	CATEGORY: People trafficking; Illegal working
//	LOCATION: Wisbech; King's Lynn
//	FORCE: 35
//	SUSPECT: EXAMPLE, Person One
//	BUSINESS: Example Labour Ltd
//	PREMISES: Invented House, Wisbech, ZZ99 3WZ
//	VEHICLE: EX09 AMP
//	INDICATORS: GEN02;GEN14
//	INFORMATION:
//	Free text of any number of lines, up to the line that ends the report.
//	==== END OF REPORT ====
//
// INFORMATION comes last, so that its text may hold whatever looks like a field.
// SUSPECT, SUSPECT PHONE, BUSINESS, PREMISES and VEHICLE may stand several times.
// A report that is not ended before the next begins, or before the end of the
// file, is rejected. Where the domain is silent, this is what was decided:
//
//   - One report is one tip with one item. Its grade is fixed: an untested source
//     whose information cannot be judged (E4), handling code 1, obtained from the
//     public. No field can change it.
//   - There is no source. A field that may tell who called rejects the report,
//     even an empty one: CALLER, INFORMANT, a bare NAME, PHONE or ADDRESS (whose
//     it is nobody can tell), a reward code, and any other field that is not in
//     the layout. So does a text that speaks of the caller's name or number or
//     asks to be rung. That finds habits of writing and not every identity: it
//     does not replace the reader at Crimestoppers who takes them out.
//   - The table categories.csv leads from categories to crime types. An unknown
//     one rejects the report, which would not find those who must have it.
//   - LOCATION must lead to an area, or FORCE (a PNC code, or the code of an area)
//     must give one; N/K as LOCATION, without FORCE, is the whole country.
//   - The marking is restricted unless MARKING says otherwise, the purpose the
//     prevention and detection of crime.
//   - OPERATOR and PASSED TO are dropped: the first is an officer, and the
//     protocol decides who receives it.
package crimestoppers
