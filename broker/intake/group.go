package intake

// Bounds of one commit: what one atomic batch of the engine takes well.
const (
	maxCommit      = 1000
	maxCommitBytes = 8 << 20
)

// group is what one commit makes durable and answers: whole submissions, in
// the order in which they were examined.
type group struct {
	most        int // records, also refused ones: their answers take time too
	submissions []*submission
	records     []*record // those that are not refused yet
	count       int       // all records
	bytes       int
}

func (g *group) add(s *submission) {
	g.submissions = append(g.submissions, s)
	g.count += len(s.records)
	for _, r := range s.records {
		if r.receipt.Refusal == nil {
			g.records = append(g.records, r)
			g.bytes += len(r.canonical)
		}
	}
}

// gather waits for a submission if the group has none, adds whatever else
// waits up to the bounds, and returns the first one that no longer fits, if
// any. When nothing more comes and the group is still empty it returns nil.
func (g *group) gather(from *ahead) *submission {
	if len(g.submissions) == 0 {
		s, ok := <-from.submissions
		if !ok {
			return nil
		}
		from.took(s)
		g.add(s)
	}
	for {
		select {
		case s, ok := <-from.submissions:
			if !ok {
				return nil
			}
			from.took(s)
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
	return g.count+len(s.records) <= g.most && bytes <= maxCommitBytes
}
