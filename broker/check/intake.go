package check

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"iter"
	"strings"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// intake reads the accepted messages in order.
type intake struct {
	*checker
	next func() (Record, error, bool)
	stop func()
	// end is the last sequence that the stream says it has, last the last that
	// was read, and ahead a record that was read and not yet taken.
	end, last uint64
	ahead     *Record
}

func newIntake(c *checker, end uint64) *intake {
	in := &intake{checker: c, end: end}
	in.next, in.stop = iter.Pull2(c.src.Read(c.ctx, schemas.IntakeName, end))
	return in
}

// accepted is an accepted message.
type accepted struct {
	Record
	originator schemas.MemberID
	id         schemas.ID
	// message is nil if it cannot be decoded.
	message *schemas.Message
}

// read returns the next record that can be read, having looked at it, or nil.
func (in *intake) read() (*Record, error) {
	if in.ahead != nil {
		return in.ahead, nil
	}
	rec, err, ok := in.next()
	if err != nil {
		return nil, err
	}
	if !ok {
		err := in.gap(schemas.IntakeName, in.last, in.end+1)
		in.last = in.end
		return nil, err
	}
	if err := in.gap(schemas.IntakeName, in.last, rec.Sequence); err != nil {
		return nil, err
	}
	in.last, in.ahead = rec.Sequence, &rec
	in.report.Accepted++
	_, named := in.gone.intake[rec.Sequence]
	in.mayGo(schemas.IntakeName, rec.Sequence, named)
	in.examine(parse(rec))
	return in.ahead, nil
}

// upTo passes over the records before a sequence, which nothing decided, and
// returns the record at it, or nil if there is none.
func (in *intake) upTo(sequence uint64) (*accepted, error) {
	for {
		rec, err := in.read()
		if err != nil || rec == nil || rec.Sequence > sequence {
			return nil, err
		}
		in.ahead = nil
		a := parse(*rec)
		if rec.Sequence == sequence {
			return &a, nil
		}
		if !in.mayPass(rec.Sequence) {
			in.find(Finding{Kind: Lost, Stream: schemas.IntakeName, Sequence: rec.Sequence, Message: a.id, Problem: "accepted, and passed over without a decision"})
		}
	}
}

// rest counts and looks at what is not decided yet.
func (in *intake) rest() error {
	for {
		rec, err := in.read()
		if err != nil || rec == nil {
			return err
		}
		in.ahead = nil
		if !in.mayPass(rec.Sequence) {
			in.report.Waiting++
		}
	}
}

// parse takes a record apart. It is not an error if it cannot be decoded: the
// router then had to hold it.
func parse(rec Record) accepted {
	a := accepted{Record: rec}
	if tokens := strings.Split(rec.Address, "."); len(tokens) == 3 && tokens[0] == "intake" {
		a.originator, a.id = schemas.MemberID(tokens[1]), schemas.ID(tokens[2])
	}
	if m, err := schemas.DecodeCopy(rec.Data); err == nil {
		a.message = m
	}
	return a
}

// examine holds a record against itself, and keeps its place.
func (in *intake) examine(a accepted) {
	at := Finding{Stream: schemas.IntakeName, Sequence: a.Sequence, Message: a.id}
	found := func(kind Kind, problem string) {
		f := at
		f.Kind, f.Problem = kind, problem
		in.find(f)
	}
	sum := sha256.Sum256(a.Data)
	if a.header(ledger.HeaderDigest) != base64.RawURLEncoding.EncodeToString(sum[:]) {
		found(Rot, "the message does not have the digest with which it was accepted")
	}
	if a.header(ledger.HeaderAccount) == "" || a.header(ledger.HeaderSalt) == "" {
		found(Rot, "the message lacks its account or its salt")
	}
	if a.id == "" {
		found(Phantom, "not the address of an accepted message")
		return
	}
	if m := a.message; m != nil && (m.Originator != a.originator || m.ID != a.id) {
		found(Rot, "the message is not the one that its address names")
	}
	k := keyOf(a.originator, a.id)
	before := in.known[k]
	if before.accepted != 0 {
		found(Doubled, "the message was accepted before")
		return
	}
	before.accepted = a.Sequence
	in.known[k] = before
}

// commitment binds the message as the ledger's package comment promises: the
// SHA-256 of the salt, a line feed and the content, in hexadecimal.
func (a *accepted) commitment() string {
	sum := sha256.Sum256([]byte(a.header(ledger.HeaderSalt) + "\n" + string(a.Data)))
	return hex.EncodeToString(sum[:])
}
