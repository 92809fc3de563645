package intake

// Bounds of one commit: what one atomic batch of the engine takes well.
const (
	maxCommit      = 1000
	maxCommitBytes = 8 << 20
)

// group is what one commit makes durable: whole submissions, in the order of
// their arrival.
type group struct {
	submissions []*submission
	records     []*record // those that are not refused yet
	bytes       int
}

func (g *group) add(s *submission) {
	g.submissions = append(g.submissions, s)
	for _, r := range s.records {
		if r.receipt.Refusal == nil {
			g.records = append(g.records, r)
			g.bytes += len(r.canonical)
		}
	}
}

// gather waits for a submission if the group has none, adds whatever else
// waits up to the bounds, and returns the first one that no longer fits, if
// any. When the channel is closed and the group still empty it returns nil.
func (g *group) gather(examined <-chan *submission) *submission {
	if len(g.submissions) == 0 {
		s, ok := <-examined
		if !ok {
			return nil
		}
		g.add(s)
	}
	for {
		select {
		case s, ok := <-examined:
			if !ok {
				return nil
			}
			if !g.fits(s) {
				return s
			}
			g.add(s)
		default:
			return nil
		}
	}
}

func (g *group) fits(s *submission) bool {
	bytes := g.bytes
	for _, r := range s.records {
		bytes += len(r.canonical)
	}
	return len(g.records)+len(s.records) <= maxCommit && bytes <= maxCommitBytes
}
