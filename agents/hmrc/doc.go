// Package hmrc reads two exports of HM Revenue and Customs, which are two
// members of the protocol: minimum wage cases ([MinimumWage], member hmrc-nmw)
// and tax-risk records ([TaxRisk], member hmrc-tax). Neither real layout was
// found; both are stand-ins. Where the domain is silent, this was decided.
//
// # What holds for both
//
// All of it is held in connection with a function of the Commissioners, so that
// section 18 of the Commissioners for Revenue and Customs Act 2005 applies to
// every item, and every item says so in its conditions. HMRC does not grade: an
// item without evaluations stays without, and until somebody grades it only the
// hub may have it. Nothing is made more open than the record says.
//
// Tax references (UTR, PAYE reference, VAT number) are dropped: a message has
// no place for them, and they lead into a taxpayer's file. The SIC code is read
// as SIC 2007 and leads to a sector by sic.csv; a code that is not in that table
// leaves the sector open, since the sector opens legal gateways.
//
// # Minimum wage: XML
//
// <nmw_export> holds <investigation> and <single_complaint> elements.
//
//   - Several complaints about one employer make one investigation, and one
//     investigation makes one case with one item for each complaint: each stays
//     a unit of disclosure of its own. Its text never says which of how many it
//     is, since that would tell of those that are withheld. A complaint that
//     nobody has yet taken on is a <single_complaint> with the same fields, and
//     becomes a tip. An investigation with more complaints than a message has
//     items is rejected and not cut into parts.
//   - Who complained never leaves. <worker>, <third_party> and <caller> are
//     dropped, and a record whose narrative, conditions or workplace repeats a
//     name, number or address from them is rejected, so that a person words it
//     anew.
//   - A complaint is obtained by complaint whichever way it came, also an
//     anonymous one; the risk team's own profiles count as obtained by powers.
//     obtained_by may say otherwise.
//   - <area>, <workplace> and the employer's address lead to areas. "N/K" in
//     area gives the whole United Kingdom; a record that leads nowhere is
//     rejected.
//   - Pay, hours and arrears are added to the text in brackets. Whether pay was
//     below the minimum is not worked out here (live-in work and accommodation
//     make that an officer's matter): the indicator LAB03 is given only where
//     HMRC itself recorded arrears.
//
// # Tax risk: fixed width
//
// Records of 200 bytes of printable ASCII (a conversion from EBCDIC must have
// happened), with or without line breaks between them; in a file without them a
// record that cannot be one ends the reading, as nobody can tell where the next
// begins. The fields are those of [TaxFields]. rec_type 01 is a business, 02 an
// individual. The layout has no date of its own: the first record (rec_type 00)
// has the day of the run, YYYYMMDD, behind rec_type, and the last (99) the
// number of records in eight digits, by which a file that was cut short is
// noticed.
//
//   - restriction is always Y. Anything else is rejected: it may be a shifted
//     record, or one that claims a freedom which the law does not know.
//   - The risk codes in risk_codes.csv are invented; the real ones are not
//     public. An unknown one is rejected.
//   - period is a month, YYYYMM. postcode may be a whole one or its first half;
//     if it does not lead to an area, the message says uk and no more.
//   - A message has no reference, since the record has only the taxpayer's:
//     the agent's receipts lead from the message's id back to the record.
package hmrc
