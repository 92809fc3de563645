package intake

import (
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"

	"liaison/schemas"
)

// submission is one NATS message that a member published to submit.
type submission struct {
	msg     *nats.Msg
	member  schemas.MemberID
	records []*record
}

// record is one message of a submission. Its receipt is final as soon as it
// has a refusal or a sequence.
type record struct {
	message   *schemas.Message
	account   string
	address   string // of the record in the intake
	canonical []byte
	digest    schemas.Digest
	receipt   schemas.Receipt
}

// examine checks a submission as far as that is possible without the store.
func (in *Intake) examine(msg *nats.Msg) *submission {
	s := &submission{msg: msg}
	tokens := strings.Split(msg.Subject, ".")
	account := accountOf(msg)
	member, ok := in.cfg.Directory.MemberOf(account)
	if !ok {
		return s.refuse(schemas.Refuse(schemas.RefusedPermission, "these credentials belong to no desk that is enrolled; ask the operator to enrol it"))
	}
	s.member = member
	if refusal := checkHeaders(msg.Header); refusal != nil {
		return s.refuse(refusal)
	}
	parts, err := schemas.Split(msg.Data)
	if err != nil {
		return s.refuse(schemas.RefuseMalformed(err))
	}
	for _, part := range parts {
		r := &record{account: account}
		r.receipt.Refusal = in.check(r, part, member, tokens[2:])
		s.records = append(s.records, r)
	}
	return s
}

// accountOf returns the key of the account that a submission came from: the
// second token of its address, which the server verifies.
func accountOf(msg *nats.Msg) string { return strings.SplitN(msg.Subject, ".", 3)[1] }

// refuse makes the refusal the only receipt of a submission.
func (s *submission) refuse(refusal *schemas.Refusal) *submission {
	s.records = []*record{{receipt: schemas.Receipt{Refusal: refusal}}}
	return s
}

// requestInfo is the header that the server itself adds, or overwrites, on the
// way between accounts. Nothing here relies on what it says.
const requestInfo = "Nats-Request-Info"

// checkHeaders refuses headers by which a sender could steer the server. All
// other headers are dropped: nothing of them is stored.
func checkHeaders(h nats.Header) *schemas.Refusal {
	for name := range h {
		if name == nats.MsgIdHdr || name == requestInfo || !strings.HasPrefix(strings.ToLower(name), "nats-") {
			continue
		}
		return schemas.Refuse(schemas.RefusedHeader, "publish without options other than a message id",
			schemas.Fault{Path: "header", Code: "reserved", Problem: "a header that begins with Nats- may not be set",
				Advice: "leave out expectations, rollup, batch, TTL, schedule and trace options"})
	}
	return nil
}

// check decodes one message and checks it completely. It fills in the record
// and returns nil, or returns the refusal.
func (in *Intake) check(r *record, part []byte, member schemas.MemberID, route []string) *schemas.Refusal {
	now := in.cfg.Now()
	m, refusal := schemas.Read(part, now)
	if m != nil && m.ID.Valid() {
		r.message, r.receipt.ID = m, m.ID
	}
	if refusal != nil {
		return refusal
	}
	if m.Originator != member {
		return schemas.Refuse(schemas.RefusedOriginator, "send with the credentials of the originator",
			schemas.Fault{Path: "originator", Code: "not-publisher", Problem: fmt.Sprintf("%q is not the member that published it, %q", m.Originator, member),
				Advice: "a member can publish only its own messages; name another member's information as the item's origin"})
	}
	if n := m.Notice; n != nil && (n.About == schemas.NoticeLapsed || n.About == schemas.NoticeEscalated) != (r.account == BrokerAccount) {
		return schemas.Refuse(schemas.RefusedStep, "send another notice",
			schemas.Fault{Path: "notice.about", Code: "broker-only", Problem: "only the broker says that a clock ran out", Advice: "it does so by itself"})
	}
	p := in.cfg.Policy()
	// A consent is about a message of another day, on which the router judges
	// whether it counts, and a recall is of what was shared before: here it is enough
	// that there ever was such a member.
	_, ever := p.Member(m.Originator)
	ever = ever && (m.Kind == schemas.KindConsent || m.Kind.OutlastsMembership())
	if day := p.Day(m.Created.Time, now); !p.MemberOn(m.Originator, day) && !ever {
		return schemas.Refuse(schemas.RefusedMember, "ask the operator whether the member has a successor",
			schemas.Fault{Path: "originator", Code: "not-a-member", Problem: fmt.Sprintf("%q is not a member of the protocol on %s", m.Originator, day.Format("2006-01-02")),
				Advice: "check the date of creation and the member's id"})
	}
	if refusal := checkRecipients(m, p, p.Day(m.Created.Time, now)); refusal != nil {
		return refusal
	}
	if refusal := checkCodes(m, p); refusal != nil {
		return refusal
	}
	if m.Marking.Above(p.Ceiling()) {
		return schemas.Refuse(schemas.RefusedMarking, "this system may not hold it: use a channel accredited for its marking",
			schemas.Fault{Path: "marking", Code: "above-ceiling", Problem: fmt.Sprintf("%q is above the system's ceiling, %q", m.Marking, p.Ceiling()),
				Advice: "do not lower a marking to get a message through"})
	}
	if refusal = checkRoute(m, route); refusal != nil {
		return refusal
	}
	var err error
	if r.canonical, err = schemas.EncodeMsgPack(m); err != nil {
		return schemas.RefuseMalformed(err)
	}
	r.digest = schemas.DigestOfCanonical(r.canonical)
	r.address = schemas.IntakeAddress(m.Originator, m.ID)
	return nil
}

// checkRoute holds the long form of the submit address against the message:
// every token is "any" or the message's own.
func checkRoute(m *schemas.Message, route []string) *schemas.Refusal {
	if len(route) == 0 {
		return nil
	}
	own := strings.Split(schemas.Route(m), ".")
	fits := len(route) == len(own)
	for i := 0; fits && i < len(own); i++ {
		fits = route[i] == own[i] || route[i] == schemas.AnyToken
	}
	if fits {
		return nil
	}
	return schemas.Refuse(schemas.RefusedAddress, "publish to \"submit\", or to the message's own address",
		schemas.Fault{Path: "address", Code: "mismatch", Problem: "the address does not name the message's kind and primary codes",
			Advice: fmt.Sprintf("its address is submit.%s, where any token may be %q", schemas.Route(m), schemas.AnyToken)})
}
