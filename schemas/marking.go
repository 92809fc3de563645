package schemas

// Marking is a level of the Government Protective Marking Scheme of 2009.
type Marking string

// The protective markings, in rising order.
const (
	NotProtectivelyMarked Marking = "not-protectively-marked"
	Protect               Marking = "protect"
	Restricted            Marking = "restricted"
	Confidential          Marking = "confidential"
	Secret                Marking = "secret"
	TopSecret             Marking = "top-secret"
)

// Rank returns the marking's place in the order, from 1 for "not protectively
// marked" to 6 for "top secret", or 0 for a word that is no marking. Unlike
// handling codes, markings are a scale.
func (m Marking) Rank() int {
	switch m {
	case NotProtectivelyMarked:
		return 1
	case Protect:
		return 2
	case Restricted:
		return 3
	case Confidential:
		return 4
	case Secret:
		return 5
	case TopSecret:
		return 6
	}
	return 0
}

// Above says whether m is higher than the ceiling. A word that is no marking
// is above every ceiling, and everything is above a ceiling that is none.
func (m Marking) Above(ceiling Marking) bool {
	return m.Rank() == 0 || m.Rank() > ceiling.Rank()
}
