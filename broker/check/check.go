package check

import (
	"context"
	"crypto/sha256"
	"strings"
	"time"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// checker is one check under way.
type checker struct {
	ctx    context.Context // of this one call of Check, which it never outlives
	src    Source
	report *Report
	desks  map[Desk]bool
	intake *intake

	// The ledger so far: the last entry's number and hash, the place up to
	// which everything is decided, and the tables in force by its word.
	number uint64
	hash   string
	place  uint64
	policy string
	tables map[string]*tables

	// known is what is kept of each accepted message.
	known map[key]kept
	// made has, for each message, those that are made of it.
	made map[key][]schemas.MessageRef
	// parties has who has a part in what.
	parties parties
	// behind is the intake sequence of the last message that each sender got
	// to each desk.
	behind map[route]uint64
	// block is the decision whose copies are being read; nil if there is none.
	block *block
	// answer is a consent that counts and whose new decision must come next.
	answer *ledger.Entry
	// corrects has, for each message, its originator's corrections of it, and
	// recalled has those that are recalled, or correct what is.
	corrects map[key][]schemas.MessageRef
	recalled map[key]bool
	// earlier has, for each message that was decided again, where in the ledger's
	// stream the decisions before the last one lie.
	earlier map[key][]uint64
	// gone is what the ledger says is no longer there, and recall a recall whose
	// erasures may come next.
	gone   gone
	recall *recall
}

// key stands for a message: the first half of the hash of its name.
type key [16]byte

func keyOf(originator schemas.MemberID, id schemas.ID) key {
	sum := sha256.Sum256([]byte(string(originator) + "/" + string(id)))
	return key(sum[:16])
}

// kept is where a message lies in the intake, and the last decision about it in
// the ledger; each is zero if there is none.
type kept struct {
	accepted, decided uint64
	// gone says that an erasure so far names the accepted message.
	gone bool
}

// route is a sender and a desk.
type route struct {
	from schemas.MemberID
	to   Desk
}

// Check reads everything that there is when it begins, and reports what is off.
// An error means that it could not be read to the end; the report is then as
// far as the check came. A broker may go on working meanwhile.
func Check(ctx context.Context, src Source, desks []Desk, now time.Time) (Report, error) {
	c := &checker{ctx: ctx, src: src, report: &Report{Checked: now}, desks: map[Desk]bool{}, tables: map[string]*tables{},
		known: map[key]kept{}, made: map[key][]schemas.MessageRef{}, corrects: map[key][]schemas.MessageRef{}, recalled: map[key]bool{}, earlier: map[key][]uint64{},
		parties: newParties(), behind: map[route]uint64{}, gone: newGone()}
	for _, d := range desks {
		c.desks[d] = true
	}
	err := c.run()
	c.report.Entries, c.report.Head = c.number, c.hash
	return *c.report, err
}

// run reads both streams side by side. The end of the disclosures is read
// first: whatever they speak of was accepted before.
func (c *checker) run() error {
	end, err := c.src.End(c.ctx, ledger.Stream)
	if err != nil {
		return err
	}
	accepted, err := c.src.End(c.ctx, schemas.IntakeName)
	if err != nil {
		return err
	}
	if err := c.lookAhead(); err != nil {
		return err
	}
	c.intake = newIntake(c, accepted)
	defer c.intake.stop()
	last := uint64(0)
	for rec, err := range c.src.Read(c.ctx, ledger.Stream, end) {
		if err != nil {
			return err
		}
		if err := c.gap(ledger.Stream, last, rec.Sequence); err != nil {
			return err
		}
		last = rec.Sequence
		if err := c.stored(rec); err != nil {
			return err
		}
	}
	if err := c.gap(ledger.Stream, last, end+1); err != nil {
		return err
	}
	if err := c.settle(end); err != nil {
		return err
	}
	c.endBlock()
	c.noAnswerWaits()
	c.afterRecall(nil)
	if err := c.intake.rest(); err != nil {
		return err
	}
	return c.notRemoved()
}

// The check waits a moment for what was being stored when it began.
const (
	settleTries = 10
	settleWait  = 50 * time.Millisecond
)

// settle reads on behind the end while the last decision lacks something: the
// engine stores a batch as a whole or not at all, but whoever asks for the end
// of the stream meanwhile sees the part that is stored so far.
func (c *checker) settle(end uint64) error {
	for tries := 0; tries < settleTries; tries++ {
		copies := c.block != nil && c.block.left > 0
		if !copies && c.answer == nil && !c.recall.owed() {
			return nil
		}
		rec, ok, err := c.src.One(c.ctx, ledger.Stream, end+1)
		if err != nil {
			return err
		}
		if ok {
			if strings.HasPrefix(rec.Address, "feed.") != copies {
				return nil // the next decision is there: what is not there yet is lost
			}
			if err := c.stored(rec); err != nil {
				return err
			}
			end, tries = end+1, 0
			continue
		}
		select {
		case <-time.After(settleWait):
		case <-c.ctx.Done():
			return c.ctx.Err()
		}
	}
	return nil
}

// stored takes up one message of the disclosures.
func (c *checker) stored(rec Record) error {
	switch {
	case strings.HasPrefix(rec.Address, "decision."):
		c.endBlock()
		return c.entry(rec)
	case strings.HasPrefix(rec.Address, "feed."):
		return c.copied(rec)
	}
	c.find(Finding{Kind: Phantom, Stream: ledger.Stream, Sequence: rec.Sequence, Problem: "neither an entry nor a copy"})
	return nil
}

func (c *checker) find(f Finding) { c.report.add(f) }
