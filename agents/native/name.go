package native

import "strings"

var titles = map[string]bool{"MR": true, "MRS": true, "MS": true, "MISS": true, "DR": true, "SIR": true, "LADY": true, "REV": true, "PROF": true, "MASTER": true}

// Name puts a person's name in the order in which it is spoken: "EXAMPLE,
// Person One (MR)" becomes "Person One EXAMPLE". Titles go, letters stay as
// they are: what was upper case cannot be brought back. Unknown parts go too.
func Name(s string) string {
	if Unknown(s) {
		return ""
	}
	surname, given, reversed := strings.Cut(s, ",")
	if !reversed {
		return strings.Join(nameWords(s), " ")
	}
	return strings.Join(append(nameWords(given), nameWords(surname)...), " ")
}

func nameWords(s string) []string {
	var out []string
	for _, w := range strings.Fields(s) {
		w = strings.Trim(w, ",()")
		if w == "" || titles[strings.ToUpper(strings.TrimSuffix(w, "."))] || (Unknown(w) && w != "?") {
			continue
		}
		out = append(out, w)
	}
	return out
}
