package router

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// The reasons that the router itself gives; all others are the policy's.
const (
	// ReasonNoDesk withholds from a member that may have an item and has no
	// desk that takes it: it is not enrolled, or its filters do not want it.
	ReasonNoDesk schemas.Code = "no-desk"
	// ReasonUndecodable holds a record that this version cannot read.
	ReasonUndecodable schemas.Code = "undecodable"
	// ReasonUndecidable holds a record over which the policy failed.
	ReasonUndecidable schemas.Code = "undecidable"
	// ReasonNobody holds a message that concerns no member.
	ReasonNobody schemas.Code = "nobody-concerned"
	// ReasonAllWithheld holds a message that every member concerned is denied.
	ReasonAllWithheld schemas.Code = "all-withheld"
)

// decision is an entry of the ledger and the copies that it releases.
type decision struct {
	entry  ledger.Entry
	copies []deskCopy
}

// deskCopy is one copy for one desk.
type deskCopy struct {
	desk    Desk
	message *schemas.Message
	data    []byte
	gateway string
}

// decide judges one accepted record. It never fails: what cannot be judged is
// held, with the reason.
func (r *Router) decide(p *policy.Policy, rec intakeRecord) (d decision) {
	d.entry = ledger.Entry{
		Kind: ledger.DecisionEntry, At: r.cfg.Now().UTC(), Policy: p.Hash(), Intake: rec.sequence,
		Message: rec.id, Originator: rec.originator, Account: rec.account, Commitment: rec.commitment,
	}
	m, err := schemas.DecodeCopy(rec.data)
	if err != nil {
		return d.hold(ReasonUndecodable)
	}
	defer func() {
		// The policy is pure, so that a panic in it is a fault of the program
		// or the tables. The message is held for a person to look at.
		if cause := recover(); cause != nil {
			r.cfg.Log.Error("policy failed", "id", m.ID, "err", fmt.Sprint(cause))
			d.copies = nil
			d = d.hold(ReasonUndecidable)
		}
	}()
	day := p.Day(m.Created.Time, rec.received)
	d.entry.Day = day.Format("2006-01-02")
	d.entry.Route = schemas.Route(m)
	for _, o := range p.DecideAll(m, day) {
		d.deliver(o, p.Minimise(m, o, day), r.cfg.Desks.DesksOf(o.Member))
	}
	switch {
	case len(d.entry.Outcomes) == 0:
		return d.hold(ReasonNobody)
	case len(d.copies) == 0:
		return d.hold(ReasonAllWithheld)
	}
	return d
}

// hold marks the decision as held.
func (d decision) hold(reason schemas.Code) decision {
	d.entry.Held = true
	d.entry.Outcomes = append(d.entry.Outcomes, schemas.Outcome{Message: d.entry.Message, Outcome: schemas.Held, Reason: reason})
	return d
}

// deliver adds a member's outcome, and the copy made for it to the desks that
// want it.
func (d *decision) deliver(o schemas.Outcome, copied *schemas.Message, desks []Desk) {
	if copied != nil {
		gateway := gatewaysOf(o)
		encoded := map[string][]byte{}
		for _, desk := range desks {
			if !desk.Filter.Matches(copied) {
				continue
			}
			data, err := encode(encoded, desk.Encoding, copied)
			if err != nil {
				panic(err) // a message that was decoded can be encoded
			}
			o.Desks = append(o.Desks, desk.Name)
			d.copies = append(d.copies, deskCopy{desk: desk, message: copied, data: data, gateway: gateway})
		}
		if len(o.Desks) == 0 {
			o = withhold(o, ReasonNoDesk)
		}
	}
	d.entry.Outcomes = append(d.entry.Outcomes, o)
}

// withhold turns what an outcome discloses into withheld for one reason.
func withhold(o schemas.Outcome, reason schemas.Code) schemas.Outcome {
	o.Outcome = schemas.Withheld
	o.Items = slices.Clone(o.Items)
	for i := range o.Items {
		if o.Items[i].Outcome == schemas.Disclosed {
			o.Items[i].Outcome, o.Items[i].Reason = schemas.Withheld, reason
		}
	}
	return o
}

// gatewaysOf lists the distinct gateways of an outcome, in the order of its items.
func gatewaysOf(o schemas.Outcome) string {
	var codes []string
	for _, it := range o.Items {
		if it.Outcome != schemas.Disclosed {
			continue
		}
		for code := range strings.SplitSeq(it.Gateway, "+") {
			if code != "" && !slices.Contains(codes, code) {
				codes = append(codes, code)
			}
		}
	}
	return strings.Join(codes, ",")
}

// encode writes a copy in an encoding, once for all desks that share it.
func encode(done map[string][]byte, encoding string, m *schemas.Message) ([]byte, error) {
	if b, ok := done[encoding]; ok {
		return b, nil
	}
	write := schemas.EncodeMsgPack
	if encoding == schemas.TypeJSON {
		write = schemas.EncodeJSON
	}
	b, err := write(m)
	if err != nil {
		return nil, fmt.Errorf("encoding a copy: %w", err)
	}
	done[encoding] = b
	return b, nil
}

// stored is the form in which the copy lies in the feed.
func (c deskCopy) stored(e *ledger.Entry) *nats.Msg {
	return &nats.Msg{
		Subject: schemas.CopyAddress(c.desk.Member, c.desk.Name, c.message),
		Data:    c.data,
		Header: nats.Header{
			schemas.HeaderID:       {string(e.Message)},
			schemas.HeaderDecision: {strconv.FormatUint(e.Number, 10)},
			schemas.HeaderPolicy:   {e.Policy[:min(len(e.Policy), 12)]},
			schemas.HeaderGateway:  {c.gateway},
			schemas.HeaderType:     {c.desk.Encoding},
		},
	}
}
