package schemas

import (
	"slices"
	"strings"
)

// Nearest returns the code of the list that was probably meant by a mistyped
// one, or "".
func (l *CodeList) Nearest(typed string) Code { return suggest(l.names, l.aliases, typed) }

// Nearest returns the code of a list that was probably meant by a mistyped one, or
// "".
func Nearest(known []Code, typed string) Code { return suggest(known, nil, typed) }

// suggest returns the code that was probably meant by a mistyped one, or "".
// It tries other spellings of the same words, the aliases of other systems,
// and then codes that differ in at most two letters.
func suggest(known []Code, aliases map[string]Code, typed string) Code {
	if typed == "" || len(typed) > MaxToken {
		return ""
	}
	plain := strings.NewReplacer(" ", "-", "_", "-").Replace(strings.ToLower(strings.TrimSpace(typed)))
	if slices.Contains(known, Code(plain)) {
		return Code(plain)
	}
	for _, c := range known {
		if strings.EqualFold(string(c), plain) {
			return c
		}
	}
	if c, ok := aliases[typed]; ok {
		return c
	}
	best, bound := Code(""), min(2, len(plain)/3)
	for _, c := range known {
		if d := distance(plain, string(c), bound); d <= bound {
			best, bound = c, d-1
		}
	}
	return best
}

// distance counts the letters to insert, leave out or replace to make b of a,
// at most to the bound; beyond it the result is only known to be larger.
func distance(a, b string, bound int) int {
	if len(a)-len(b) > bound || len(b)-len(a) > bound {
		return bound + 1
	}
	var room [2 * (MaxToken + 1)]int
	row, next := room[:len(b)+1], room[MaxToken+1:MaxToken+1+len(b)+1]
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next[0] = i + 1
		best := next[0]
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = min(row[j]+cost, row[j+1]+1, next[j]+1)
			best = min(best, next[j+1])
		}
		if best > bound {
			return bound + 1
		}
		row, next = next, row
	}
	return row[len(b)]
}
