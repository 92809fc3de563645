package check_test

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"liaison/agents"
	"liaison/agents/crimestoppers"
	"liaison/agents/eas"
	"liaison/agents/gla"
	"liaison/agents/helpline"
	"liaison/agents/hmrc"
	"liaison/agents/police"
	"liaison/agents/soca"
	"liaison/agents/ukba"
	"liaison/broker"
	"liaison/broker/accounts"
	"liaison/broker/check"
	"liaison/broker/ledger"
	"liaison/demo"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

// memory is a history in memory, so that it can be doctored.
type memory struct {
	streams map[string][]check.Record
	ends    map[string]uint64
	tables  map[string]fstest.MapFS
	desks   []check.Desk
}

func (h *memory) End(_ context.Context, stream string) (uint64, error) { return h.ends[stream], nil }

func (h *memory) Read(_ context.Context, stream string, to uint64) iter.Seq2[check.Record, error] {
	return func(yield func(check.Record, error) bool) {
		for _, r := range h.streams[stream] {
			if r.Sequence > to || !yield(r, nil) {
				return
			}
		}
	}
}

func (h *memory) One(_ context.Context, stream string, sequence uint64) (check.Record, bool, error) {
	for _, r := range h.streams[stream] {
		if r.Sequence == sequence {
			return r, true, nil
		}
	}
	return check.Record{}, false, nil
}

func (h *memory) Acts(_ context.Context, after uint64) iter.Seq2[check.Record, error] {
	return func(yield func(check.Record, error) bool) {
		for _, r := range h.streams[ledger.Stream] {
			if r.Sequence > after && strings.HasPrefix(r.Address, "decision._.") && !yield(r, nil) {
				return
			}
		}
	}
}

func (h *memory) Tables(hash string) (fs.FS, error) {
	t, ok := h.tables[hash]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return t, nil
}

// remember reads a broker's whole history into memory.
func remember(t *testing.T, b *broker.Broker) *memory {
	t.Helper()
	src, desks := b.History()
	h := &memory{streams: map[string][]check.Record{}, ends: map[string]uint64{}, tables: map[string]fstest.MapFS{}, desks: desks}
	for _, stream := range []string{schemas.IntakeName, ledger.Stream} {
		end, err := src.End(t.Context(), stream)
		if err != nil {
			t.Fatal(err)
		}
		h.ends[stream] = end
		for r, err := range src.Read(t.Context(), stream, end) {
			if err != nil {
				t.Fatal(err)
			}
			h.streams[stream] = append(h.streams[stream], r)
		}
	}
	for _, r := range h.streams[ledger.Stream] {
		e, err := ledger.Parse(r.Data)
		if err != nil || e.Kind != ledger.PolicyEntry {
			continue
		}
		files, err := src.Tables(e.Policy)
		if err != nil {
			t.Fatal(err)
		}
		h.tables[e.Policy] = mapped(t, files)
	}
	return h
}

func mapped(t *testing.T, files fs.FS) fstest.MapFS {
	t.Helper()
	copied := fstest.MapFS{}
	names, err := fs.Glob(files, "*.csv")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		content, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		copied[name] = &fstest.MapFile{Data: content, Mode: 0o600}
	}
	return copied
}

// clone copies a history, so that one doctoring does not reach the next.
func (h *memory) clone() *memory {
	c := &memory{streams: map[string][]check.Record{}, ends: maps.Clone(h.ends), tables: map[string]fstest.MapFS{}, desks: slices.Clone(h.desks)}
	for name, records := range h.streams {
		for _, r := range records {
			r.Data, r.Header = slices.Clone(r.Data), maps.Clone(r.Header)
			c.streams[name] = append(c.streams[name], r)
		}
	}
	for hash, files := range h.tables {
		c.tables[hash] = fstest.MapFS{}
		for name, f := range files {
			c.tables[hash][name] = &fstest.MapFile{Data: slices.Clone(f.Data), Mode: f.Mode}
		}
	}
	return c
}

func adapterOf(agency string, member schemas.MemberID) (agents.Adapter, error) {
	switch agency {
	case "hmrc":
		return hmrc.New(member)
	case "police":
		return police.New(member)
	}
	return map[string]agents.Adapter{"gla": gla.New(), "eas": eas.New(), "ukba": ukba.New(), "soca": soca.New(),
		"helpline": helpline.New(), "crimestoppers": crimestoppers.New()}[agency], nil
}

type silent struct{}

func (silent) Say(string, ...any)           {}
func (silent) Decided(ledger.Entry) error   { return nil }
func (silent) Rejected(agents.Reject)       {}
func (silent) Balance(broker.Balance) error { return nil }

// played is a real broker that took the demonstration's samples and more.
type played struct {
	*broker.Broker
	t       *testing.T
	dir     string
	clients map[schemas.MemberID]*agents.Client
}

// play runs the demonstration, and then what it does not have: more desks,
// items of another's, conditions, consents of every sort, other tables.
func play(t *testing.T) *memory {
	t.Helper()
	dir, log := t.TempDir(), slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	if err := demo.Run(t.Context(), demo.Config{Dir: dir, Once: true, Program: "test", Adapter: adapterOf, Show: silent{}, Log: log}); err != nil {
		t.Fatal(err)
	}
	b, err := broker.Open(t.Context(), broker.Config{Dir: filepath.Join(dir, "broker"), Listen: "127.0.0.1:0", Default: protocol.Tables, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	p := &played{Broker: b, t: t, dir: dir, clients: map[schemas.MemberID]*agents.Client{}}
	p.more()
	p.settle()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	return remember(t, b)
}

func (p *played) more() {
	now := time.Now()
	for _, e := range []accounts.Enrolment{
		{Member: "ukhtc", Desk: "json", Role: accounts.Both, Encoding: schemas.TypeJSON, At: now, By: "test"},
		{Member: "ukhtc", Desk: "kent", Role: accounts.Both, Filter: schemas.Filter{Areas: []schemas.Code{"kent"}}, At: now, By: "test"},
	} {
		if _, err := p.Enrol(p.t.Context(), e); err != nil {
			p.t.Fatal(err)
		}
	}
	for n := 1; n <= 4; n++ {
		p.send(twoItems(n))
	}
	p.send(withHMRC(11), withHMRC(12), onConditions(13), closed(14), caseOf(15), request(31))
	p.settle()
	p.send(extension(32, 31))
	p.send(
		answer("gla", 1, 11, "commissioners", schemas.Given),      // not theirs
		answer("hmrc-nmw", 2, 99, "commissioners", schemas.Given), // no such message
		answer("hmrc-nmw", 3, 11, "commissioners", schemas.Given), // opens
		answer("hmrc-nmw", 4, 11, "commissioners", schemas.Given), // again, and opens nothing more
		answer("hmrc-nmw", 5, 12, "commissioners", schemas.Refused),
		answer("lincolnshire", 6, 13, schemas.AuthorityRecipient, schemas.Given),
		answer("gla", 7, 14, schemas.AuthorityOriginator, schemas.Refused),
		answer("hmrc-nmw", 8, 11, "commissioners", schemas.Refused)) // too late
	p.settle()
	other := mapped(p.t, protocol.Tables)
	other["rules.csv"].Data = without(other["rules.csv"].Data, "police-labour-exploitation")
	other["protocol.csv"].Data = []byte(replaced(string(other["protocol.csv"].Data), "day,created", "day,received"))
	if _, err := p.Load(p.t.Context(), other, "test"); err != nil {
		p.t.Fatal(err)
	}
	p.send(twoItems(21), withHMRC(22), answer("hmrc-nmw", 9, 12, "commissioners", schemas.Given))
}

// settle waits until everything is decided.
func (p *played) settle() {
	p.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		b, err := p.Balance(p.t.Context())
		if err != nil || time.Now().After(end) {
			p.t.Fatalf("balance %+v, %v", b, err)
		}
		if b.Decided+b.Recorded == b.Accepted {
			return
		}
	}
}

func (p *played) send(msgs ...*schemas.Message) {
	p.t.Helper()
	for _, m := range msgs {
		c := p.clients[m.Originator]
		if c == nil {
			var err error
			c, err = agents.Connect(p.t.Context(), agents.Config{Server: p.URL(), Creds: filepath.Join(p.dir, "creds", string(m.Originator)+".creds")})
			if err != nil {
				p.t.Fatal(err)
			}
			p.t.Cleanup(c.Close)
			p.clients[m.Originator] = c
		}
		receipts, err := c.Submit(p.t.Context(), m)
		if err != nil || receipts[0].Refusal != nil {
			p.t.Fatalf("sending %v: %v, %v", m, receipts, err)
		}
	}
}

func idOf(n int) schemas.ID { return schemas.ID(fmt.Sprintf("6f1d0c9e-3f0e-8b0a-9d7e-%012x", n)) }

// tip is a tip of the Gangmasters Licensing Authority about Lincolnshire.
func tip(n int) *schemas.Message {
	return &schemas.Message{
		Schema: 1, ID: idOf(n), Kind: schemas.KindTip, Originator: "gla", Reference: fmt.Sprintf("GLA/INT/09/%04d", n),
		Created: schemas.At(time.Date(2009, 8, 14, 9, 30, 0, 0, time.UTC)), Marking: schemas.Restricted, Urgency: schemas.Priority,
		Purpose: "prevent-detect-crime", Jurisdictions: []schemas.Jurisdiction{{Code: "lincolnshire", Role: schemas.RoleIncident}},
		CrimeTypes: []schemas.Code{"unlicensed-gangmaster", "forced-labour"}, Sectors: []schemas.Code{"agriculture"},
		Items: []schemas.Item{{Text: "Workers at an invented farm have had their passports taken.", Source: "B", Information: 2,
			Handling: schemas.Handling{1}, ObtainedBy: schemas.ByVolunteered, Indicators: []schemas.Code{"GEN01"}, Subjects: []int{0}}},
		Subjects: []schemas.Subject{{Kind: schemas.PremisesSubject, Name: "Invented Farm", Postcode: "ZZ99 3VZ"}},
		Tip:      &schemas.Tip{Channel: "intelligence-report"},
	}
}

// twoItems has an item that nobody may have, with a code and a subject that no
// other item has.
func twoItems(n int) *schemas.Message {
	m := tip(n)
	m.CrimeTypes = append(m.CrimeTypes, "debt-bondage")
	m.Items[0].CrimeTypes = []schemas.Code{"unlicensed-gangmaster", "forced-labour"}
	m.Items[0].Subjects = []int{0, 2}
	m.Items = append(m.Items, schemas.Item{Text: "CANARY what the source alone could know.", Source: "A", Information: 1,
		Handling: schemas.Handling{4}, Conditions: "CANARY not beyond the unit", ObtainedBy: schemas.ByVolunteered,
		CrimeTypes: []schemas.Code{"debt-bondage"}, Indicators: []schemas.Code{"GEN12"}, Subjects: []int{1}})
	m.Subjects = append(m.Subjects, schemas.Subject{Kind: schemas.PersonSubject, Name: "CANARY Person", Position: "suspect"},
		schemas.Subject{Kind: schemas.PersonSubject, Name: "Invented Worker", Position: "victim", Address: "1 Safe Street"})
	return m
}

// withHMRC has an item that is HMRC's information.
func withHMRC(n int) *schemas.Message {
	m := tip(n)
	m.Items = append(m.Items, schemas.Item{Text: "The invented farm's pay records were false.", Source: "B", Information: 2,
		Handling: schemas.Handling{1}, Origin: "hmrc-nmw", ObtainedBy: schemas.ByInspectionPower, Subjects: []int{0}})
	return m
}

// onConditions has an item whose conditions must be accepted.
func onConditions(n int) *schemas.Message {
	m := tip(n)
	it := m.Items[0]
	it.Text, it.Handling, it.Conditions = "Only for who accepts the conditions.", schemas.Handling{5}, "Do not act on it alone."
	m.Items = append(m.Items, it)
	return m
}

// closed is what nobody may have.
func closed(n int) *schemas.Message {
	m := tip(n)
	m.Items[0].Handling = schemas.Handling{4}
	return m
}

// caseOf is a case with an operation, of which an item is withheld.
func caseOf(n int) *schemas.Message {
	m := twoItems(n)
	m.Kind, m.Tip = schemas.KindCase, nil
	m.Case = &schemas.Case{Status: schemas.CaseOpen, Lead: "gla", Operation: "Operation Invented",
		Strands: []schemas.Strand{{CrimeType: "forced-labour", Lead: "gla"}, {CrimeType: "debt-bondage", Lead: "gla"}}}
	return m
}

// request asks Lincolnshire.
func request(n int) *schemas.Message {
	m := tip(n)
	m.Kind, m.Tip, m.Request = schemas.KindRequest, nil, &schemas.Request{To: []schemas.MemberID{"lincolnshire"}}
	return m
}

// extension gives the answer to a request more time.
func extension(n, of int) *schemas.Message {
	now := time.Now()
	return &schemas.Message{Schema: 1, ID: idOf(n), Kind: schemas.KindNotice, Originator: "gla", Created: schemas.At(now), Marking: schemas.Protect,
		Urgency: schemas.Routine, Purpose: "prevent-detect-crime", Notice: &schemas.Notice{About: schemas.NoticeExtended, To: []schemas.MemberID{"lincolnshire"},
			Of: schemas.MessageRef{Originator: "gla", ID: idOf(of)}, Clock: "request-answer", Due: schemas.At(now.AddDate(0, 1, 0)), Reason: schemas.ChangedComplexity}}
}

// recall takes the tip with number n back.
func recall(number, n int) *schemas.Message {
	m := answer("gla", number, n, "", "")
	m.Kind, m.Consent = schemas.KindRecall, nil
	m.Recall = &schemas.Recall{Of: schemas.MessageRef{Originator: "gla", ID: idOf(n)}, Reason: schemas.RecallInaccurate}
	return m
}

// answer is an answer about the tip with number n: its second item, or the
// whole if the originator refuses.
func answer(by schemas.MemberID, number, n int, authority schemas.Code, a schemas.ConsentAnswer) *schemas.Message {
	c := &schemas.Consent{Of: schemas.MessageRef{Originator: "gla", ID: idOf(n)}, Items: []int{1}, Authority: authority, Answer: a}
	if a == schemas.Refused {
		c.Reason = "An invented reason."
	}
	if authority == schemas.AuthorityOriginator {
		c.Items = nil
	}
	return &schemas.Message{Schema: 1, ID: schemas.ID(fmt.Sprintf("6f1d0c9e-3f0e-8b0a-9d7f-%012x", number)), Kind: schemas.KindConsent, Originator: by,
		Created: schemas.At(time.Date(2009, 8, 20, 9, 30, 0, 0, time.UTC)), Marking: schemas.Protect, Urgency: schemas.Routine,
		Purpose: "prevent-detect-crime", Consent: c}
}
