package bench

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"liaison/schemas"
)

// supply hands out the messages of one sender: encoded tips that differ in
// their ids, and in where they happened. It is used by one goroutine at a time.
type supply struct {
	run       string
	counter   *atomic.Uint64 // shared, so that no two messages have one id
	templates []template
	next      int
}

// template is an encoded tip and where its id stands in it.
type template struct {
	raw []byte
	at  int
}

// noID stands in a template for the id.
const noID schemas.ID = "00000000-0000-8000-8000-00000000ffff"

// newRun returns what the ids of one run begin with.
func newRun() string {
	var b [8]byte
	rand.Read(b[:]) // never fails, by its contract
	text := fmt.Sprintf("%016x", binary.BigEndian.Uint64(b[:]))
	return fmt.Sprintf("%s-%s-8%s-8%s", text[:8], text[8:12], text[12:15], strings.Repeat("b", 3))
}

// newSupply makes tips of a sender, each for so many members: the force of each
// of its areas and, if there are several, the hub. It goes through the areas.
func newSupply(run string, counter *atomic.Uint64, sender schemas.MemberID, fanOut int, areas []schemas.Code) (*supply, error) {
	s := &supply{run: run, counter: counter}
	forces := max(fanOut-1, 1)
	for i := range areas {
		var mine []schemas.Code
		for k := range forces {
			mine = append(mine, areas[(i+k)%len(areas)])
		}
		raw, err := schemas.EncodeMsgPack(tip(sender, mine, fanOut > 1))
		if err != nil {
			return nil, fmt.Errorf("encoding a tip: %w", err)
		}
		at := bytes.Index(raw, []byte(noID))
		if at < 0 || bytes.Count(raw, []byte(noID)) != 1 {
			return nil, fmt.Errorf("encoding a tip: its id is not in it once")
		}
		s.templates = append(s.templates, template{raw, at})
	}
	return s, nil
}

// one returns a message that no other is like, and its number in the run.
func (s *supply) one() (raw []byte, number uint64) {
	t := s.templates[s.next%len(s.templates)]
	s.next++
	number = s.counter.Add(1)
	raw = bytes.Clone(t.raw)
	copy(raw[t.at:], fmt.Sprintf("%s-%012x", s.run, number))
	return raw, number
}

// perBundle is how many messages a bundle has.
const perBundle = 100

// bundle returns so many new messages as one submission: an array in MessagePack.
func (s *supply) bundle() []byte {
	b := binary.BigEndian.AppendUint16([]byte{0xdc}, perBundle)
	for range perBundle {
		raw, _ := s.one()
		b = append(b, raw...)
	}
	return b
}

// numberIn returns the number of a message that it handed out.
func (s *supply) numberIn(raw []byte) (uint64, error) {
	at := bytes.Index(raw, []byte(s.run))
	if at < 0 || len(raw) < at+36 {
		return 0, fmt.Errorf("a message of another run")
	}
	return numberOf(string(raw[at : at+36]))
}

// numberOf returns the number of a message from its id.
func numberOf(id string) (number uint64, err error) {
	if len(id) == 36 {
		_, err = fmt.Sscanf(id[24:], "%x", &number)
	}
	return number, err
}

// tip is a tip as the agencies' adapters make them, for the forces of its areas
// and, with an indicator of trafficking, for the hub.
func tip(sender schemas.MemberID, areas []schemas.Code, hub bool) *schemas.Message {
	m := &schemas.Message{Schema: schemas.Schema, ID: noID, Kind: schemas.KindTip, Originator: sender,
		Reference: "INT/09/0412", Created: schemas.At(time.Date(2009, 8, 14, 9, 30, 0, 0, time.UTC)),
		Marking: schemas.Restricted, Urgency: schemas.Priority, Purpose: "prevent-detect-crime",
		CrimeTypes: []schemas.Code{crime}, Sectors: []schemas.Code{"construction"},
		Items: []schemas.Item{
			{Text: "A worker at an invented yard was beaten by the foreman when he asked for his pay. Two others saw it from the cabin and were told to say nothing. " +
				"The foreman drives the men home himself, in a white minibus whose rear seats have been taken out.",
				Source: "B", Information: 2, Handling: schemas.Handling{1}, ObtainedBy: schemas.ByVolunteered, Subjects: []int{0, 1}},
			{Text: "The same foreman was at another invented site in the spring, under another name. Pay there was held back for the rent of a house with one kitchen for fourteen.",
				Source: "C", Information: 3, Handling: schemas.Handling{1}, ObtainedBy: schemas.ByVolunteered, Subjects: []int{1}},
		},
		Subjects: []schemas.Subject{
			{Kind: schemas.PremisesSubject, Name: "Invented Yard", Address: "1 Example Way", Postcode: "ZZ99 3VZ"},
			{Kind: schemas.PersonSubject, Name: "Invented Foreman", Position: "suspect", Aliases: []string{"The Example"}},
		},
		Tip: &schemas.Tip{Channel: "intelligence-report"},
	}
	for _, area := range areas {
		m.Jurisdictions = append(m.Jurisdictions, schemas.Jurisdiction{Code: area, Role: schemas.RoleIncident})
	}
	if hub {
		m.Items[0].Indicators = []schemas.Code{"GEN01"}
	}
	return m
}
