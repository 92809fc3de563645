package native

import (
	"strings"

	"liaison/schemas"
)

// UnknownSector is the code of a trade that is not known.
const UnknownSector schemas.Code = "unknown-sector"

// Sectors reads a list of trades, by an agency's own words, of which there may be
// none, or by the contract's codes. A list that names a trade and says beside it
// that another is not known, as "agriculture; N/K", keeps that: sectors open legal
// gateways, which must cover all of a message's, and a trade that is not known is
// not shown to be within one. Where nothing is known the list is empty.
func Sectors(s string, words *Words) ([]schemas.Code, *Problem) {
	var out []schemas.Code
	unknown := false
	for part := range strings.SplitSeq(s, ";") {
		if part = strings.TrimSpace(part); Unknown(part) {
			unknown = unknown || part != ""
			continue
		}
		if words != nil {
			if row, ok := words.Row(part); ok {
				part = row["sector"]
			}
		}
		found, p := Codes(schemas.Sectors(), part)
		if p != nil {
			if words != nil {
				p = problem("use a code of the contract, or one of: "+words.Known(), "the sector is neither in the table nor a code, and it opens legal gateways")
			}
			return nil, p
		}
		out = AppendNew(out, found...)
	}
	if unknown && len(out) > 0 {
		out = AppendNew(out, UnknownSector)
	}
	return out, nil
}
