package check

import (
	"flag"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"liaison/broker/ledger"
	"liaison/broker/policy"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

var (
	messages = flag.Int("messages", 2000, "how many random messages both readings of the tables judge")
	seed     = flag.Uint64("seed", 1, "of the random messages")
)

// TestBothReadingsOfTheTablesAgree judges random messages with random answers
// on record by the policy and by the checker's own reading: who gets which item,
// for what reason, by which rule and gateway, and every copy.
func TestBothReadingsOfTheTablesAgree(t *testing.T) {
	p, err := policy.Load(protocol.Tables)
	if err != nil {
		t.Fatal(err)
	}
	c := &checker{src: embedded{}, report: &Report{}}
	tables, err := c.readTables(p.Hash())
	if err != nil {
		t.Fatal(err)
	}
	r := dice{rand.New(rand.NewPCG(*seed, 2))}
	reasons, copies := map[schemas.Code]int{}, 0
	for n := 0; n < *messages && !t.Failed(); n++ {
		m, holders := r.message(p), some(r, 4, []schemas.MemberID{"gla", "hmrc-nmw", "kent", "lincolnshire", "ukhtc", "cps", "pay-and-work-rights-helpline", "psni", "fife", "nobody"})
		if n%4 == 0 {
			r.step(m)
		}
		day := p.Day(m.Created.Time, time.Time{})
		records := r.answers(p, m)
		rec := recorded(records)
		rec.Holders = holders
		rec.Known = map[schemas.MessageRef][]schemas.MemberID{{Originator: "gla", ID: m.ID}: {"kent"}, {Originator: "eas", ID: m.ID}: {"ceop", "ukba-ca"}}
		outcomes := p.DecideWith(m, day, rec)
		e := &ledger.Entry{Message: m.ID, Outcomes: outcomes, Protected: p.Protected(m, day)}
		j := &judged{entry: e, message: m, tables: tables, day: tables.day(m.Created.Time, time.Time{}), record: recordOf(records, day), holders: holders, known: rec.Known}
		j.found = func(k Kind, problem string) { t.Errorf("message %d: %s: %s\n%+v", n, k, problem, *m) }
		c.oracle(j)
		for _, o := range outcomes {
			for _, it := range o.Items {
				reasons[it.Reason]++
			}
			w := &wanted{outcome: o, items: j.newly(o)}
			if len(w.items) == 0 {
				continue
			}
			copies++
			got, want := tables.copyFor(j, w), p.MinimiseMore(m, o, schemas.Outcome{}, day, rec)
			a, _ := schemas.EncodeMsgPack(got)
			b, _ := schemas.EncodeMsgPack(want)
			if string(a) != string(b) {
				t.Errorf("message %d: the copies for %s differ (-policy +check):\n%s", n, o.Member, cmp.Diff(want, got, cmp.AllowUnexported(schemas.Date{})))
			}
			newContent(m, w, func(k Kind, problem string) { t.Errorf("message %d, %s: %s: %s", n, o.Member, k, problem) }).copy(want)
		}
	}
	t.Logf("%d messages, %d items judged for each member, %d open, %d copies; reasons %v", *messages, c.report.Judged, c.report.Open, copies, reasons)
	for _, reason := range policy.Reasons() {
		if reasons[reason] == 0 && *messages >= 2000 {
			t.Errorf("the random messages never try the reason %q", reason)
		}
	}
}

func recorded(records []ledger.Record) (rec policy.Recorded) {
	for _, r := range records {
		if r.Authority == schemas.AuthorityRecipient {
			rec.Accepted = append(rec.Accepted, policy.Accepted{Member: r.By, Item: r.Items[0]})
			continue
		}
		rec.Consents = append(rec.Consents, policy.Consent{Item: r.Items[0], Authority: r.Authority, To: r.To})
	}
	return rec
}

// dice throws messages.
type dice struct{ *rand.Rand }

func pick[T any](d dice, list []T) T { return list[d.IntN(len(list))] }

// some picks up to n of a list, none of them twice.
func some[T comparable](d dice, n int, list []T) (out []T) {
	for range d.IntN(n + 1) {
		if v := pick(d, list); !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func codesIn(l *schemas.CodeList) (codes []schemas.Code) {
	for _, e := range l.All() {
		codes = append(codes, e.Code)
	}
	return codes
}

func (d dice) areas(n int) (list []schemas.Jurisdiction) {
	near := []schemas.Code{"lincolnshire", "kent", "uk", "england", "wales", "scotland", "northern-ireland", "metropolitan"}
	for _, c := range some(d, n, append(codesIn(schemas.Jurisdictions()), slices.Repeat(near, 10)...)) {
		list = append(list, schemas.Jurisdiction{Code: c, Role: pick(d, []schemas.Role{"incident", "residence", "business", "recovered-at", "transit"})})
	}
	return list
}

func (d dice) message(p *policy.Policy) *schemas.Message {
	var members []schemas.MemberID
	for _, m := range p.Members() {
		members = append(members, m.ID)
	}
	agencies := []schemas.MemberID{"gla", "eas", "hmrc-nmw", "hmrc-tax", "ukba", "ukba-ca", "soca", "ceop", "ukhtc", "hse", "defra", "lincolnshire", "kent"}
	members = append(members, slices.Repeat(agencies, 8)...)
	m := &schemas.Message{
		Schema: 1, ID: "6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11", Kind: pick(d, []schemas.Kind{"tip", "tip", "case"}), Originator: pick(d, members),
		Reference: "REF", Created: schemas.At(time.Date(2009, 8, 14, 9, 30, 0, 0, time.UTC).AddDate(d.IntN(3)*d.IntN(3)-1, 0, d.IntN(300))),
		Marking: pick(d, []schemas.Marking{"protect", "restricted", "restricted", "restricted", "confidential"}), Urgency: "routine",
		Purpose:       pick(d, append(codesIn(schemas.Purposes()), "prevent-detect-crime", "prevent-detect-crime", "protect-victim")),
		Jurisdictions: d.areas(3), CrimeTypes: some(d, 3, codesIn(schemas.CrimeTypes())),
		Sectors: some(d, 2, append(codesIn(schemas.Sectors()), "agriculture", "agriculture", "agriculture")),
	}
	channels := codesIn(schemas.Channels())
	if m.Kind == schemas.KindTip {
		m.Tip = &schemas.Tip{Channel: pick(d, channels)}
	} else {
		m.Case = &schemas.Case{Status: "open", Lead: m.Originator, Operation: "Operation Invented"}
		for _, c := range m.CrimeTypes {
			m.Case.Strands = append(m.Case.Strands, schemas.Strand{CrimeType: c, Lead: pick(d, members)})
		}
	}
	for _, kind := range some(d, 4, []schemas.SubjectKind{"person", "business", "premises", "vehicle", "phone"}) {
		m.Subjects = append(m.Subjects, schemas.Subject{Kind: kind, Name: "Name " + string(kind), Aliases: []string{"Alias"}, Nationality: "invented",
			Position: pick(d, []string{"", "victim", "suspect"}), Address: "1 Invented Street", Registration: "INV 1", Number: "0123"})
	}
	if d.IntN(3) == 0 {
		m.Links = []schemas.Link{{Originator: "gla", ID: m.ID, Relation: schemas.SeeAlso}}
	}
	for range 1 + d.IntN(3) {
		m.Items = append(m.Items, d.item(m, members))
	}
	return m
}

// step turns a message into a step of any kind.
func (d dice) step(m *schemas.Message) {
	to := append(some(d, 4, []schemas.MemberID{"gla", "hmrc-nmw", "kent", "lincolnshire", "ukba", "ukba-ca", "cps", "poppy", "migrant-helpline", "childrens-services-kent", "nobody"}), "ukhtc")
	of := schemas.MessageRef{Originator: "gla", ID: m.ID}
	m.Tip, m.Case = nil, nil
	switch m.Kind = pick(d, []schemas.Kind{schemas.KindRequest, schemas.KindAnswer, schemas.KindTasking, schemas.KindOutcome, schemas.KindReferral,
		schemas.KindDecision, schemas.KindNotice, schemas.KindRecall, schemas.KindRecallConfirmation, schemas.KindCorrection}); m.Kind {
	case schemas.KindRequest:
		m.Request = &schemas.Request{To: to, Gateway: "gla-s19-1"}
	case schemas.KindAnswer:
		m.Answer = &schemas.Reply{Of: of, Status: pick(d, []schemas.AnswerStatus{schemas.AnswerAcknowledged, schemas.AnswerFull})}
	case schemas.KindTasking:
		m.Tasking = &schemas.Tasking{Of: of, Action: schemas.TaskingOffer, To: to[0]}
	case schemas.KindOutcome:
		m.Outcome = &schemas.Feedback{Of: of, To: to, Results: []schemas.Code{"disruption"}, Status: schemas.CaseClosed}
	case schemas.KindReferral:
		m.Referral = &schemas.Referral{Form: pick(d, []schemas.ReferralForm{schemas.AdultForm, schemas.AdultForm, schemas.ChildForm}), To: to,
			Sex: pick(d, []schemas.Sex{schemas.Female, schemas.Female, schemas.Male, ""}), Support: some(d, 2, codesIn(schemas.SupportNeeds())),
			Earlier: []schemas.MessageRef{of}}
		if d.IntN(2) == 0 {
			m.Purpose, m.CrimeTypes = "protect-victim", []schemas.Code{pick(d, []schemas.Code{"trafficking-sexual-within", "forced-labour", "immigration-crime"})}
		}
	case schemas.KindDecision:
		m.Decision = &schemas.Finding{Of: of, Stage: schemas.ReasonableGrounds, Result: schemas.Positive, To: to}
	case schemas.KindNotice:
		m.Notice = &schemas.Notice{About: pick(d, []schemas.NoticeAbout{schemas.NoticeRemovalHold, schemas.NoticeVictimStatus, schemas.NoticeMissingChild, schemas.NoticeMissingChild}), Of: of, To: to}
	case schemas.KindRecall:
		m.Recall = &schemas.Recall{Of: of, Reason: schemas.RecallError}
	case schemas.KindRecallConfirmation:
		m.RecallConfirmation = &schemas.Confirmation{Of: of, Answer: schemas.Deleted}
	case schemas.KindCorrection:
		m.Correction = &schemas.Correction{Of: of}
	}
	if m.Bare() {
		m.Items, m.Subjects, m.Links, m.Jurisdictions, m.CrimeTypes, m.Sectors, m.Reference = nil, nil, nil, nil, nil, nil, ""
	}
}

func (d dice) item(m *schemas.Message, members []schemas.MemberID) schemas.Item {
	it := schemas.Item{Text: "Text.", ObtainedBy: schemas.ObtainedBy(pick(d, append(waysOfObtaining, "volunteered", "volunteered", "public", "unknown"))),
		Indicators: some(d, 2, codesIn(schemas.Indicators())), Consents: some(d, 1, []schemas.Code{"giver"})}
	if d.IntN(4) > 0 {
		it.Source, it.Information = "B", 2
	}
	it.Handling = pick(d, []schemas.Handling{{1}, {1}, {1}, {1, 2}, {2}, {1, 3}, {1, 5}, {5}, {4}, {1, 4}, nil, nil})
	if d.IntN(3) == 0 {
		it.Conditions = "Conditions."
	}
	if d.IntN(4) == 0 {
		it.Origin = pick(d, append(members, "nobody"))
	}
	if d.IntN(3) == 0 {
		it.CrimeTypes = some(d, 2, codesIn(schemas.CrimeTypes()))
	}
	if d.IntN(3) == 0 {
		it.Jurisdictions = d.areas(2)
	}
	if d.IntN(4) == 0 {
		it.Links = []schemas.Link{{Originator: "eas", ID: m.ID, Relation: schemas.PartOf}}
	}
	for n := range m.Subjects {
		if d.IntN(2) == 0 {
			it.Subjects = append(it.Subjects, n)
		}
	}
	return it
}

// answers are what is on record, one item each.
func (d dice) answers(p *policy.Policy, m *schemas.Message) (list []ledger.Record) {
	for range d.IntN(4) {
		if len(m.Items) == 0 {
			return nil
		}
		r := ledger.Record{Items: []int{d.IntN(len(m.Items))}, Answer: schemas.Given, Authority: pick(d, p.Conditions()).Authority}
		if d.IntN(3) == 0 {
			r.Authority, r.By = schemas.AuthorityRecipient, pick(d, []schemas.MemberID{"ukhtc", "lincolnshire", "kent", "soca"})
		} else if d.IntN(3) == 0 {
			r.To = []schemas.MemberID{"ukhtc", "gla"}
		}
		list = append(list, r)
	}
	return list
}
