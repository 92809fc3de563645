package broker

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"liaison/broker/ask"
	"liaison/broker/ledger"
	"liaison/broker/policy"
	"liaison/broker/router"
	"liaison/schemas"
)

// Ready returns nil when the broker can accept and route, else everything that
// stops it.
func (b *Broker) Ready() error {
	var faults []error
	for _, part := range []struct {
		name string
		err  error
	}{{"store", b.storeFault()}, {"intake", b.intake.Ready()}, {"answers", b.ask.Ready()}, {"router", b.router.Ready()}, {"ledger's tree", b.tree.Ready()},
		{"docket", b.docket.Ready()}, {"erasing", b.retention.Ready()}, {"what is stored", b.scrub.Ready()}} {
		if part.err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", part.name, part.err))
		}
	}
	return errors.Join(faults...)
}

// Balance counts what came in and what became of it.
type Balance struct {
	// Accepted is how many messages the intake took, those that were erased since
	// among them; Decided how many of them the ledger has decided.
	Accepted uint64 `json:"accepted"`
	Decided  uint64 `json:"decided"`
	// DisclosedToSomeone and Held share out the decided messages.
	DisclosedToSomeone uint64 `json:"disclosed_to_someone"`
	Held               uint64 `json:"held"`
	// Recorded counts accepted messages that only put an answer on record.
	Recorded uint64 `json:"recorded"`
	// Concerned counts pairs of a message and a member concerned; Disclosed
	// and Withheld share them out.
	Concerned uint64 `json:"concerned"`
	Disclosed uint64 `json:"disclosed"`
	Withheld  uint64 `json:"withheld"`
	// Copies counts the copies that the ledger says were released, and Stored
	// those that lie in the feeds, or were erased from them.
	Copies uint64 `json:"copies"`
	Stored uint64 `json:"stored"`
	// Erased and ErasedCopies count the accepted messages and the copies of which
	// the ledger says that they are erased.
	Erased       uint64 `json:"erased,omitempty"`
	ErasedCopies uint64 `json:"erased_copies,omitempty"`
}

// Balanced says whether nothing is missing: every accepted message was either
// disclosed to someone, held or an answer on record, every member concerned either got something or
// was withheld from, and every copy that was decided is in the feeds.
func (b Balance) Balanced() bool {
	return b.Accepted == b.DisclosedToSomeone+b.Held+b.Recorded && b.Concerned == b.Disclosed+b.Withheld && b.Copies == b.Stored
}

// Balance reads the whole ledger and counts. While messages are being routed
// it need not be balanced.
func (b *Broker) Balance(ctx context.Context) (Balance, error) {
	var sum Balance
	intake, err := b.js.Stream(ctx, schemas.IntakeName)
	if err != nil {
		return sum, fmt.Errorf("counting the intake: %w", err)
	}
	sum.Accepted = intake.CachedInfo().State.Msgs
	var entries uint64
	var explained ledger.Explained
	for e, err := range b.ledger.Entries(ctx, ledger.Address) {
		if err != nil {
			return sum, err
		}
		entries++
		explained.Take(&e.Entry)
		sum = sum.plus(countEntry(e.Entry))
		if e.Replaces == 0 {
			continue
		}
		// It takes the place of an earlier decision about the same message.
		before, err := b.replaced(ctx, e.Entry)
		if err != nil {
			return sum, err
		}
		before.Copies = 0 // those lie in the feeds all the same
		sum = sum.minus(countEntry(before))
	}
	disclosures, err := b.js.Stream(ctx, ledger.Stream)
	if err != nil {
		return sum, fmt.Errorf("counting the copies: %w", err)
	}
	sum.Erased, sum.ErasedCopies = explained.Erased[schemas.IntakeName].Count(), explained.Erased[ledger.Stream].Count()
	sum.Accepted += sum.Erased
	sum.Stored = disclosures.CachedInfo().State.Msgs + sum.ErasedCopies - entries
	return sum, nil
}

// replaced returns the earlier decision of which a later one takes the place.
func (b *Broker) replaced(ctx context.Context, later ledger.Entry) (ledger.Entry, error) {
	for e, err := range b.ledger.Entries(ctx, schemas.DecisionAddress(later.Originator, later.Message)) {
		if err != nil || e.Number == later.Replaces {
			return e.Entry, err
		}
	}
	return ledger.Entry{}, fmt.Errorf("ledger entry %d replaces entry %d, which is not there", later.Number, later.Replaces)
}

// countEntry counts what one entry says.
func countEntry(e ledger.Entry) Balance {
	b := Balance{Copies: uint64(e.Copies)}
	switch e.Kind {
	case ledger.ConsentEntry:
		b.Recorded = 1
	case ledger.DecisionEntry:
		b.Decided = 1
	default:
		return b
	}
	if e.Held {
		b.Held = 1
	}
	for _, o := range e.Outcomes {
		if o.Member == "" {
			continue
		}
		b.Concerned++
		switch o.Outcome {
		case schemas.Disclosed:
			b.Disclosed++
			b.DisclosedToSomeone = 1
		case schemas.Withheld:
			b.Withheld++
		}
	}
	return b
}

func (b Balance) plus(c Balance) Balance {
	b.Decided, b.Recorded, b.Held = b.Decided+c.Decided, b.Recorded+c.Recorded, b.Held+c.Held
	b.DisclosedToSomeone, b.Concerned = b.DisclosedToSomeone+c.DisclosedToSomeone, b.Concerned+c.Concerned
	b.Disclosed, b.Withheld, b.Copies = b.Disclosed+c.Disclosed, b.Withheld+c.Withheld, b.Copies+c.Copies
	return b
}

func (b Balance) minus(c Balance) Balance {
	b.Decided, b.Recorded, b.Held = b.Decided-c.Decided, b.Recorded-c.Recorded, b.Held-c.Held
	b.DisclosedToSomeone, b.Concerned = b.DisclosedToSomeone-c.DisclosedToSomeone, b.Concerned-c.Concerned
	b.Disclosed, b.Withheld, b.Copies = b.Disclosed-c.Disclosed, b.Withheld-c.Withheld, b.Copies-c.Copies
	return b
}

// ErrUnknownMember says that the protocol tables have no such member.
var ErrUnknownMember = errors.New("not a member of the protocol")

// Members are those of the tables in force that can have desks: all but the
// broker itself.
func (b *Broker) Members() []policy.Member {
	return slices.DeleteFunc(slices.Clone(b.Policy().Members()), func(m policy.Member) bool { return m.Kind == policy.KindBroker })
}

// CheckMember returns an error that says what to do unless the tables have the
// member. A member of another day may be enrolled: tables that judge by the day
// of creation serve the past.
func CheckMember(p *policy.Policy, id schemas.MemberID) error {
	if m, ok := p.Member(id); ok {
		if m.Kind == policy.KindBroker {
			return fmt.Errorf("%q: %w that has desks: it is the broker itself", id, ErrUnknownMember)
		}
		return nil
	}
	var names []string
	for _, m := range p.Members() {
		names = append(names, string(m.ID))
	}
	slices.Sort(names)
	return fmt.Errorf("%q: %w; the members are %v", id, ErrUnknownMember, names)
}

// ReasonText puts into words the reasons that are the router's own and not the
// policy's; for any other it returns "".
func ReasonText(c schemas.Code) string {
	switch c {
	case router.ReasonNoDesk:
		return "may have it, and has no desk that takes it"
	case router.ReasonUndecodable:
		return "this version cannot read the message"
	case router.ReasonUndecidable:
		return "the policy failed on the message: tell the developers"
	case router.ReasonNobody:
		return "it concerns no member"
	case ask.NotCounted:
		return "there is nothing that your member may answer for so; if the message was not routed yet, send the answer again"
	case router.VoidUnknownMessage:
		return "there is no such message, or it cannot be decided again"
	case router.VoidUnknownItem:
		return "the message has no such item"
	case router.VoidTooMany:
		return "as many answers as can be kept are on record already"
	case router.VoidNotYours:
		return "your member may not answer with that authority"
	case router.ReasonTooLarge:
		return "the decision is too large to record: send the message in parts"
	case router.ReasonRecalled:
		return "it corrects what is recalled: send what is right as a new message"
	case router.ReasonAllWithheld:
		return "no member may have any of it"
	}
	return ""
}
