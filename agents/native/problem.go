package native

import "fmt"

// Problem says what is wrong with a native value and what to do about it. It
// quotes codes and dates, and never text that could identify a person.
type Problem struct {
	// What is wrong, and why that matters.
	What string
	// Advice says what to do.
	Advice string
}

// Error gives the problem in one line.
func (p *Problem) Error() string { return p.What + "; " + p.Advice }

func problem(advice, what string, args ...any) *Problem {
	return &Problem{What: fmt.Sprintf(what, args...), Advice: advice}
}

// shown bounds what a problem quotes.
func shown(s string) string {
	r := []rune(s)
	if len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
