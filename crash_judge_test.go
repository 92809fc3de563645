//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"liaison/broker"
	"liaison/broker/check"
	"liaison/broker/ledger"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

// judgement is what a trial came to. A test that has a judgement with anything lost,
// doubled or leaked has failed already.
type judgement struct {
	Messages, Acked, Refused int
	// Unanswered counts attempts without an answer, and Later those answered
	// "try later"; Duplicates counts receipts of duplicates.
	Unanswered, Later, Duplicates int
	// Recorded counts consents on record, and Decisions decisions, those that
	// a consent caused among them.
	Recorded, Decisions, Withheld, Held int
	Copies, Delivered                   int
	// Again counts copies that came to a desk more than once: at least once is
	// what the consumer promises.
	Again                 int
	Lost, Doubled, Leaked int
	// released has, for each desk, the places in the intake of what was behind
	// the copies in its feed.
	released map[string][]uint64
	// latencies are from the first sending of a message to its receipt.
	latencies []time.Duration
}

// fate is what the attempts say of one message.
type fate struct {
	publisher schemas.MemberID
	n         int
	id        schemas.ID
	digest    string
	sequence  uint64 // of its receipt; 0 if there is none
	refused   schemas.Code
	later     bool // an answer said: try later
	sent      time.Time
}

// judge holds the logs of a trial against the streams.
type judge struct {
	tr       *trial
	v        judgement
	said     int
	fates    map[schemas.ID]*fate
	numbered map[string]*fate // by publisher and number, as in a canary
	accepted map[schemas.ID]check.Record
	entries  map[string]ledger.Entry // decisions, by number
	decided  map[schemas.ID]int
	// open has the items that a member was given of a message, and whole that
	// it was given all of one.
	open   map[string]bool
	whole  map[string]bool
	copies map[uint64]check.Record
	held   map[string]bool // desk, message, decision
	latest map[string]uint64
}

// judge stops at nothing: it reports whatever is off, and what it counted. The
// broker must have been stopped.
func (tr *trial) judge() judgement {
	tr.t.Helper()
	began := time.Now()
	out, err := exec.Command("liaison", "verify", "--dir", tr.dir).CombinedOutput()
	tr.t.Logf("liaison verify, in %v:\n%s", time.Since(began).Round(time.Millisecond), out)
	if err != nil {
		tr.t.Errorf("liaison verify ends with %v", err)
	}
	j := &judge{tr: tr, v: judgement{released: map[string][]uint64{}}, fates: map[schemas.ID]*fate{}, numbered: map[string]*fate{}, accepted: map[schemas.ID]check.Record{},
		entries: map[string]ledger.Entry{}, decided: map[schemas.ID]int{}, open: map[string]bool{}, whole: map[string]bool{},
		copies: map[uint64]check.Record{}, held: map[string]bool{}, latest: map[string]uint64{}}
	for _, p := range tr.publishers {
		j.readAttempts(p)
	}
	j.readStreams()
	j.acknowledged()
	for _, p := range tr.publishers {
		j.inOrder(p)
	}
	for _, d := range tr.desks {
		j.readDesk(d)
	}
	if j.v.Withheld == 0 || j.v.Acked == 0 || j.v.Delivered == 0 {
		tr.t.Errorf("the run is void: %d acknowledged, %d withheld, %d delivered", j.v.Acked, j.v.Withheld, j.v.Delivered)
	}
	tr.t.Logf("%d messages, %d acknowledged after %s; %s", j.v.Messages, j.v.Acked, spread(j.v.latencies), j.v.note())
	return j.v
}

// wrong counts and reports.
func (j *judge) wrong(count *int, format string, args ...any) {
	*count++
	if j.said++; j.said <= 30 {
		j.tr.t.Errorf(format, args...)
	}
}

func (j *judge) readAttempts(p *publisher) {
	eachLine(j.tr.t, p.log.file.Name(), func(a attempt) {
		f := j.fates[a.ID]
		if f == nil {
			f = &fate{publisher: p.member, n: a.N, id: a.ID, digest: a.Digest, sent: a.At}
			j.fates[a.ID], j.numbered[numberOfMessage(p.member, a.N)] = f, f
			j.v.Messages++
		}
		switch a.Result {
		case "acked":
			if f.sequence != 0 && f.sequence != a.Sequence {
				j.wrong(&j.v.Doubled, "%s has receipts with the sequences %d and %d", a.ID, f.sequence, a.Sequence)
			}
			if f.sequence == 0 {
				j.v.Acked++
				j.v.latencies = append(j.v.latencies, a.At.Sub(f.sent))
			}
			if a.Duplicate {
				j.v.Duplicates++
			}
			f.sequence = a.Sequence
		case "refused":
			f.refused = a.Code
			j.v.Refused++
		case "later":
			f.later = true
			j.v.Later++
		case "unknown":
			j.v.Unanswered++
		}
	})
}

func numberOfMessage(m schemas.MemberID, n int) string { return string(m) + "." + strconv.Itoa(n) }

// readStreams reads everything that the broker stored.
func (j *judge) readStreams() {
	t := j.tr.t
	b, err := broker.Open(t.Context(), broker.Config{Dir: j.tr.dir, Listen: "127.0.0.1:0", Default: protocol.Tables, Log: newLog(io.Discard, 0)})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	src, _ := b.History()
	for stream, take := range map[string]func(check.Record){schemas.IntakeName: j.takeAccepted, ledger.Stream: j.takeDisclosure} {
		end, err := src.End(t.Context(), stream)
		if err != nil {
			t.Fatal(err)
		}
		for rec, err := range src.Read(t.Context(), stream, end) {
			if err != nil {
				t.Fatal(err)
			}
			take(rec)
		}
	}
}

func (j *judge) takeAccepted(rec check.Record) {
	id := schemas.ID(rec.Address[strings.LastIndexByte(rec.Address, '.')+1:])
	if before, ok := j.accepted[id]; ok {
		j.wrong(&j.v.Doubled, "%s is in the intake at %d and %d", id, before.Sequence, rec.Sequence)
	}
	j.accepted[id] = rec
}

// takeDisclosure takes an entry or a copy, in the order of the stream: a copy
// lies behind its entry.
func (j *judge) takeDisclosure(rec check.Record) {
	if strings.HasPrefix(rec.Address, "feed.") {
		j.takeCopy(rec)
		return
	}
	e, err := ledger.Parse(rec.Data)
	if err != nil {
		j.wrong(&j.v.Lost, "the entry at %d: %v", rec.Sequence, err)
		return
	}
	if e.Kind == ledger.ConsentEntry {
		j.decided[e.Message]++
		j.v.Recorded++
	}
	if e.Kind != ledger.DecisionEntry {
		return
	}
	j.entries[strconv.FormatUint(e.Number, 10)] = e
	j.v.Decisions++
	if e.Held {
		j.v.Held++
	}
	if e.Replaces == 0 {
		if j.decided[e.Message]++; j.decided[e.Message] > 1 {
			j.wrong(&j.v.Doubled, "%s is decided twice", e.Message)
		}
	}
	for _, o := range e.Outcomes {
		opens(j.open, e.Message, o)
		withheld := 0
		for _, it := range o.Items {
			if it.Outcome != schemas.Disclosed {
				withheld++
			}
		}
		j.v.Withheld += withheld
		if len(o.Items) > 0 && withheld == 0 {
			j.whole[string(o.Member)+" "+string(e.Message)] = true
		}
	}
}

func (j *judge) takeCopy(rec check.Record) {
	j.v.Copies++
	j.copies[rec.Sequence] = rec
	tokens := strings.Split(rec.Address, ".")
	desk := tokens[1] + "/" + tokens[2]
	id, number := headerOf(rec.Header, schemas.HeaderID), headerOf(rec.Header, schemas.HeaderDecision)
	key := desk + " " + id + " " + number
	if j.held[key] {
		j.wrong(&j.v.Doubled, "%s holds the copy of %s by decision %s twice", desk, id, number)
	}
	j.held[key] = true
	e, ok := j.entries[number]
	if !ok || string(e.Message) != id {
		j.wrong(&j.v.Leaked, "%s holds a copy of %s by decision %s, which is not there", desk, id, number)
	}
	j.v.released[desk] = append(j.v.released[desk], e.Intake)
	if e.Replaces != 0 {
		return // an item that was opened later comes later
	}
	way := string(e.Originator) + " to " + desk
	if j.latest[way] >= e.Intake {
		j.wrong(&j.v.Doubled, "%s: the copy of message %d comes behind that of %d", way, e.Intake, j.latest[way])
	}
	j.latest[way] = e.Intake
}

func headerOf(h map[string][]string, name string) string {
	if v := h[name]; len(v) == 1 {
		return v[0]
	}
	return ""
}

// acknowledged holds receipts and intake against each other, both ways.
func (j *judge) acknowledged() {
	for id, f := range j.fates {
		rec, stored := j.accepted[id]
		switch {
		case f.sequence == 0 && f.refused == "":
			j.wrong(&j.v.Lost, "%s of %s never got a final answer", id, f.publisher)
		case f.sequence == 0 && stored:
			j.wrong(&j.v.Doubled, "%s was refused (%s) and is in the intake", id, f.refused)
		case f.sequence != 0 && !stored:
			j.wrong(&j.v.Lost, "%s was acknowledged at %d and is not in the intake", id, f.sequence)
		case stored && (rec.Sequence != f.sequence || headerOf(rec.Header, ledger.HeaderDigest) != f.digest):
			j.wrong(&j.v.Lost, "%s was acknowledged at %d, and at %d is %s", id, f.sequence, rec.Sequence, headerOf(rec.Header, ledger.HeaderDigest))
		case stored && j.decided[id] == 0:
			j.wrong(&j.v.Lost, "%s was acknowledged and is not decided", id)
		}
	}
	for id := range j.accepted {
		if j.fates[id] == nil {
			j.wrong(&j.v.Leaked, "%s is in the intake, and nobody sent it", id)
		}
	}
}

// inOrder checks that a publisher's messages were accepted in the order of
// sending, save for those that it was told to send again later.
func (j *judge) inOrder(p *publisher) {
	last := uint64(0)
	for n := 1; ; n++ {
		f := j.numbered[numberOfMessage(p.member, n)]
		if f == nil {
			return
		}
		if f.later || f.sequence == 0 {
			continue
		}
		if f.sequence <= last {
			j.wrong(&j.v.Doubled, "%s: message %d was accepted at %d, behind a later one at %d", p.member, n, f.sequence, last)
		}
		last = f.sequence
	}
}

// readDesk holds what a desk got against its feed, both ways, and looks for
// canaries that it should not have seen.
func (j *judge) readDesk(d *reader) {
	member, desk, _ := strings.Cut(d.name, "/")
	seen := map[uint64]bool{}
	eachLine(j.tr.t, d.log.file.Name(), func(got delivery) {
		j.v.Delivered++
		if seen[got.Sequence] {
			j.v.Again++
		}
		seen[got.Sequence] = true
		rec, ok := j.copies[got.Sequence]
		if !ok || !bytes.Equal(rec.Data, got.Data) || !strings.HasPrefix(rec.Address, "feed."+member+"."+desk+".") {
			j.wrong(&j.v.Leaked, "%s got something at %d that its feed does not hold", d.name, got.Sequence)
		}
		raw, err := json.Marshal([]any{got.Address, got.Reply, got.Header, string(got.Data)})
		if err != nil {
			j.tr.t.Fatal(err)
		}
		for _, c := range canaries.FindAllSubmatch(raw, -1) {
			j.sees(d.name, schemas.MemberID(member), string(c[1]), string(c[2]), string(c[3]))
		}
	})
	for sequence, rec := range j.copies {
		if strings.HasPrefix(rec.Address, "feed."+member+"."+desk+".") && !seen[sequence] {
			j.wrong(&j.v.Lost, "%s never got its copy at %d", d.name, sequence)
		}
	}
}

// canaries finds the publisher, the number and the field of a canary; a field
// of an item, or of its subject, begins with the item's position.
var canaries = regexp.MustCompile(`cn\.([a-z-]+)\.([0-9]+)\.([a-z0-9]+)\.[0-9a-f]{16}`)

// sees judges one canary that a desk has seen.
func (j *judge) sees(desk string, m schemas.MemberID, publisher, number, field string) {
	f := j.numbered[publisher+"."+number]
	if f == nil {
		j.wrong(&j.v.Leaked, "%s saw %s of a message that nobody sent", desk, field)
		return
	}
	allowed := j.whole[string(m)+" "+string(f.id)]
	if field != "ref" {
		item := int(field[0] - '0')
		// The publisher knows without any table what nobody may have.
		secret := item == 1 && f.n%2 == 0 || f.n%8 == 0
		allowed = j.open[itemOf(m, f.id, item)] && !secret
	}
	if !allowed {
		j.wrong(&j.v.Leaked, "%s saw %s of %s, which was not disclosed to it", desk, field, f.id)
	}
}
