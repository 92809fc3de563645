// Package eas reads the complaints of the Employment Agency Standards
// Inspectorate: text from a desktop database, fields separated by bars, with a
// header, in Windows-1252, dates day first.
//
// No export of the real system was found; the layout is a stand-in with exactly
// the columns of [Columns], in their order. There are no quotes: a bar never
// stands in a text. A text may have line breaks: a row goes on until a line
// begins the next one, with a reference and a bar or with as many bars as a
// whole row has. The last line must end with a line break, or the file may have
// been cut short. Where the domain is silent, this is what was decided:
//
// How it was obtained. The bar of the Employment Agencies Act 1973 s.9(4) hangs
// on obtained_by, so that nothing else decides it: an empty value reads as
// inspection-power, whatever the channel, and the text says that it was read so.
// A complaint is not taken for volunteered information, nor the other way round.
// What a visit or its result tells is an item of its own, always obtained by
// inspection power, so that a volunteered account may go further without it.
//
// The complainant is a source. No column may name one, and none of the names in
// the narrative is looked for: whoever exports it has taken them out. Consent Y
// is consent that the agency complained of be told the name (without it EAS
// cannot investigate); it is no consent under s.9(4) to disclosure to a member,
// is not claimed as one and is dropped. Consent N, or none recorded, becomes a
// condition of use of the complaint. What the complainant is stays behind too,
// except that anonymous complaints and those of strangers have channels of
// their own.
//
// Tip or case. A complaint is a tip. One whose result is a warning, a
// prosecution or a prohibition is a case that EAS leads: closed with a warning,
// open with proceedings, whose end the export does not tell. A visit with the
// result none leaves it a tip, with the visit as second item. Strands are the
// crime types that EAS enforces; who takes on the others, nobody has said yet.
//
// What it is about. issue_codes say what was complained of, reg_breached what an
// inspection found or, without one, what the inspector sees alleged; the tables
// issues.csv and provisions.csv lead to crime types and indicators. An unknown
// code rejects the row: the message would not find those who must have it.
//
// Where. The hirer's place is where it happened, those of the agency and its
// branch are where the business is. A place that no table knows gives no area,
// and this is listed as dropped; if no place gives one, the area is the whole
// United Kingdom, which no police force is told of. There is no column in which
// a person could put it right, so that rejecting the row would lose it. A row
// that names no place at all, not even as N/K, is rejected. So is an agency in
// Northern Ireland, where the Act does not apply (s.14(5)).
//
// Grading and marking. EAS does not grade: items go without a grade and without
// a handling code, which opens them to the hub alone until it has graded them. A
// tip is marked protect (a routine complaint with personal data), a case
// restricted; the layout has no column for either.
//
// Purpose. A message that is about labour standards alone, without an indicator,
// is for their enforcement, any other for the prevention and detection of crime.
// A message has one purpose, and a visit that was made because of a complaint
// stands in the complaint's message. That opens nothing to the visit: what an
// inspector obtained by powers goes to the Gangmasters Licensing Authority and to
// minimum wage officers under gateways that hold for both purposes, and to nobody
// else but SOCA (and the UKHTC as a part of it), whom labour standards do not
// concern. So the visit is about labour standards alone: what its provisions say,
// or else the complaint's if it is one of these, or else a breach of the agency
// standards. The provisions of the table are labour standards. A test of the law
// holds the two purposes against each other.
//
// Dropped: the inspector, complainant_type, a consent given, the issue codes
// (which have become crime types) and areas that no table knows.
package eas
