package schemas

import "strconv"

// SourceGrade is the source evaluation of the National Intelligence Model's
// 5x5x5 system, A to E. E means untested, not worst, so the letters have no
// order. Empty means not graded.
type SourceGrade string

// The source evaluations.
const (
	SourceAlwaysReliable    SourceGrade = "A"
	SourceMostlyReliable    SourceGrade = "B"
	SourceSometimesReliable SourceGrade = "C"
	SourceUnreliable        SourceGrade = "D"
	SourceUntested          SourceGrade = "E"
)

// Known says whether g is one of A to E.
func (g SourceGrade) Known() bool { return len(g) == 1 && g[0] >= 'A' && g[0] <= 'E' }

// InfoGrade is the intelligence evaluation of the 5x5x5 system: 1 known to be
// true, 2 known personally to the source, 3 corroborated, 4 cannot be judged,
// 5 suspected to be false. Zero means not graded.
type InfoGrade int

// Known says whether g is one of 1 to 5.
func (g InfoGrade) Known() bool { return g >= 1 && g <= 5 }

// String returns the digit, or "" when not graded.
func (g InfoGrade) String() string {
	if g == 0 {
		return ""
	}
	return strconv.Itoa(int(g))
}

// The handling codes of the 5x5x5 system. They are five different permissions
// and not a ladder: 4 is the tightest and 5 is conditional, while 2 and 3 add
// classes of recipient. Never compare them by size.
const (
	// HandlingLawEnforcement permits dissemination within the police service
	// and to other law enforcement agencies as specified (the default).
	HandlingLawEnforcement = 1
	// HandlingNonProsecuting permits dissemination to UK non-prosecuting parties.
	HandlingNonProsecuting = 2
	// HandlingForeign permits dissemination to foreign law enforcement agencies.
	HandlingForeign = 3
	// HandlingOriginatorOnly permits dissemination within the originating
	// agency only.
	HandlingOriginatorOnly = 4
	// HandlingConditions permits dissemination to a recipient that observes
	// the stated conditions.
	HandlingConditions = 5
)

// Handling is a set of handling codes.
type Handling []int

// Has says whether the set holds the code.
func (h Handling) Has(code int) bool {
	for _, c := range h {
		if c == code {
			return true
		}
	}
	return false
}
