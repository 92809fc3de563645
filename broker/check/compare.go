package check

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"liaison/schemas"
)

// compare holds every byte of a copy against what the accepted message and the
// decision make of it: headers, address and body.
func (c *checker) compare(rec Record, j *judged, w *wanted, found func(Kind, string)) {
	off := 0
	note := func(kind Kind, problem string) {
		off++
		found(kind, problem)
	}
	j.headers(&rec, w, note)
	m, err := schemas.DecodeCopy(rec.Data)
	if err != nil {
		found(Rot, "the copy cannot be decoded")
		return
	}
	if again, err := encoded(m, rec.header(schemas.HeaderType)); err != nil || !bytes.Equal(again, rec.Data) {
		note(Altered, "the copy's bytes are not those of any message")
	}
	if route := schemas.Route(m); !strings.HasSuffix(rec.Address, "."+route) {
		note(Altered, "the copy's address is not made of its own codes")
	}
	if j.message == nil {
		return // it was reported with the decision
	}
	newContent(j.message, w, note).copy(m)
	if secret := j.secretIn(&rec, m, w.items); secret != "" {
		note(Leak, "the copy has somewhere what the decision withheld: "+secret)
	}
	if j.tables == nil {
		return
	}
	want := j.tables.copyFor(j, w)
	if want == nil {
		note(Unlawful, "the tables have no copy for the member")
		return
	}
	exact, err := encoded(want, rec.header(schemas.HeaderType))
	if off == 0 && (err != nil || !bytes.Equal(exact, rec.Data)) {
		found(different(m, want))
	}
}

// encoded writes a message in an encoding, by its content type.
func encoded(m *schemas.Message, contentType string) ([]byte, error) {
	switch contentType {
	case schemas.TypeJSON:
		return schemas.EncodeJSON(m)
	case schemas.TypeMsgPack:
		return schemas.EncodeMsgPack(m)
	}
	return nil, fmt.Errorf("the content type %q is not known", contentType)
}

// headers checks that a copy has its five headers, and no others but the
// engine's own.
func (j *judged) headers(rec *Record, w *wanted, note func(Kind, string)) {
	var laws []string
	for _, i := range w.items {
		for _, law := range lawsOf(w.outcome.Items[i]) {
			if !slices.Contains(laws, law) {
				laws = append(laws, law)
			}
		}
	}
	if rec.header(schemas.HeaderPolicy) != j.entry.Policy[:min(12, len(j.entry.Policy))] || rec.header(schemas.HeaderGateway) != strings.Join(laws, ",") {
		note(Altered, "the copy's headers are not those of its decision")
	}
	own := []string{schemas.HeaderID, schemas.HeaderDecision, schemas.HeaderPolicy, schemas.HeaderGateway, schemas.HeaderType}
	for name := range rec.Header {
		if !slices.Contains(own, name) && !strings.HasPrefix(name, "Nats-") {
			note(Altered, "the copy has a header that no copy has")
		}
	}
}

// content compares a copy with the items of the message that it is made of.
// It knows nothing of what a recipient may have: every value must be the
// message's own, of a disclosed item, or be left out.
type content struct {
	m    *schemas.Message
	w    *wanted
	note func(Kind, string)
	// mentioned are the positions of the subjects of the disclosed items.
	mentioned []int
}

func newContent(m *schemas.Message, w *wanted, note func(Kind, string)) *content {
	k := &content{m: m, w: w, note: note}
	for i := range m.Subjects {
		if slices.ContainsFunc(w.items, func(n int) bool { return n < len(m.Items) && slices.Contains(m.Items[n].Subjects, i) }) {
			k.mentioned = append(k.mentioned, i)
		}
	}
	return k
}

// same notes a value that a copy must have as it stands.
func (k *content) same(field string, ok bool) {
	if !ok {
		k.note(Altered, "the copy's "+field+" is not the message's")
	}
}

// none notes a value that a copy must not have at all.
func (k *content) none(field string, ok bool) {
	if !ok {
		k.note(Leak, "the copy has "+field+", which its decision does not disclose")
	}
}

func (k *content) copy(got *schemas.Message) {
	m := k.m
	whole := len(k.w.items) == m.Parts()
	k.same("id", got.ID == m.ID)
	k.same("envelope", got.Schema == m.Schema && got.Kind == m.Kind && got.Originator == m.Originator && got.Created == m.Created &&
		got.Marking == m.Marking && got.Urgency == m.Urgency && got.Purpose == m.Purpose && got.Review == m.Review)
	k.none("a reference", got.Reference == "" || whole && got.Reference == m.Reference)
	k.none("sectors", len(got.Sectors) == 0 || slices.Equal(got.Sectors, m.Sectors))
	k.none("links", len(got.Links) == 0 || !m.Bare() && k.linked(got.Links, m.Links) && slices.ContainsFunc(k.w.items, func(i int) bool { return len(m.Items[i].Links) == 0 }))
	k.none("a count of what it lacks", got.WithheldItems >= 0 && got.WithheldItems <= m.Parts()-len(k.w.items))
	k.none("the body of a consent", got.Consent == nil)
	k.body(got, whole)
	k.steps(got)
	if m.Bare() {
		k.none("something beside the step", len(got.Items)+len(got.Subjects)+len(got.Links)+len(got.CrimeTypes)+len(got.Jurisdictions) == 0)
		return
	}
	k.codes(got)
	if len(got.Items) != len(k.w.items) {
		k.note(Altered, fmt.Sprintf("the copy has %d items, and the decision discloses %d", len(got.Items), len(k.w.items)))
		return
	}
	places := k.subjects(got)
	for n, i := range k.w.items {
		k.item(&got.Items[n], &m.Items[i], i, places)
	}
}

// codes checks that a copy's crime types and jurisdictions are exactly those of
// its items.
func (k *content) codes(got *schemas.Message) {
	var crimes []schemas.Code
	var areas []schemas.Jurisdiction
	for _, i := range k.w.items {
		crimes = append(crimes, k.m.ItemCrimeTypes(i)...)
		areas = append(areas, k.m.ItemJurisdictions(i)...)
	}
	foreign := slices.ContainsFunc(got.CrimeTypes, func(c schemas.Code) bool { return !slices.Contains(crimes, c) }) ||
		slices.ContainsFunc(got.Jurisdictions, func(c schemas.Jurisdiction) bool { return !slices.Contains(areas, c) })
	missing := slices.ContainsFunc(crimes, func(c schemas.Code) bool { return !slices.Contains(got.CrimeTypes, c) }) ||
		slices.ContainsFunc(areas, func(c schemas.Jurisdiction) bool { return !slices.Contains(got.Jurisdictions, c) })
	k.none("codes of another item", !foreign)
	k.same("list of codes", !missing)
}

func (k *content) body(got *schemas.Message, whole bool) {
	m := k.m
	k.same("body", (got.Tip == nil) == (m.Tip == nil) && (got.Case == nil) == (m.Case == nil))
	if got.Tip != nil && m.Tip != nil {
		bare := got.Tip.Channel == "partner" && got.Tip.Received.IsZero()
		k.same("tip", *got.Tip == *m.Tip || bare)
	}
	if got.Case == nil || m.Case == nil {
		return
	}
	k.same("case", got.Case.Status == m.Case.Status && got.Case.Reason == m.Case.Reason && got.Case.Lead == m.Case.Lead && got.Case.Opened == m.Case.Opened)
	k.none("the name of an operation", got.Case.Operation == "" || whole && got.Case.Operation == m.Case.Operation)
	for _, s := range got.Case.Strands {
		k.none("a strand of another item", slices.Contains(m.Case.Strands, s) && slices.Contains(got.CrimeTypes, s.CrimeType))
	}
}

// subjects matches a copy's subjects with those that its items mention, in
// their order, and returns the positions in the message.
func (k *content) subjects(got *schemas.Message) (places []int) {
	left := k.mentioned
	for n := range got.Subjects {
		at := slices.IndexFunc(left, func(i int) bool { return partOf(&got.Subjects[n], &k.m.Subjects[i]) })
		if at < 0 {
			k.note(Leak, "the copy has a subject that its items do not mention, or with other values")
			places = append(places, -1)
			continue
		}
		places, left = append(places, left[at]), left[at+1:]
	}
	return places
}

// partOf says whether a subject has only values that the other has.
func partOf(got, of *schemas.Subject) bool {
	text := func(a, b string) bool { return a == "" || a == b }
	return got.Kind == of.Kind && got.Name == of.Name && (len(got.Aliases) == 0 || slices.Equal(got.Aliases, of.Aliases)) &&
		(got.Born.IsZero() || got.Born == of.Born) && text(got.Nationality, of.Nationality) && text(got.Position, of.Position) &&
		text(got.Address, of.Address) && text(got.Postcode, of.Postcode) && text(got.Registration, of.Registration) && text(got.Number, of.Number)
}

func (k *content) item(got, of *schemas.Item, index int, places []int) {
	byHub := got.GradedByHub != ""
	k.same("text", got.Text == of.Text)
	k.same("conditions", got.Conditions == of.Conditions)
	k.same("handling codes", slices.Equal(got.Handling, of.Handling) || byHub && len(of.Handling) == 0)
	k.same("grade", got.Source == of.Source && got.Information == of.Information || got.Source == "" && got.Information == 0 || byHub && of.Source == "")
	k.same("item's codes", slices.Equal(got.CrimeTypes, of.CrimeTypes) && slices.Equal(got.Jurisdictions, of.Jurisdictions))
	k.same("way of obtaining", got.ObtainedBy == of.ObtainedBy || got.ObtainedBy == schemas.ByPartner)
	k.none("an origin", got.Origin == "" || got.Origin == of.Origin)
	k.none("claims of consent", len(got.Consents) == 0)
	k.none("indicators", len(got.Indicators) == 0 || slices.Equal(got.Indicators, of.Indicators))
	k.none("an item's links", len(got.Links) == 0 || k.linked(got.Links, of.Links))
	var laws []string
	for _, law := range got.Gateways {
		laws = append(laws, string(law))
	}
	k.same("gateways", slices.Equal(laws, lawsOf(k.w.outcome.Items[index])))
	var mentions []int
	for _, n := range got.Subjects {
		if n < 0 || n >= len(places) {
			k.note(Altered, "the copy's item mentions a subject that is not there")
			return
		}
		mentions = append(mentions, places[n])
	}
	k.none("a subject at an item that does not mention it", !slices.ContainsFunc(mentions, func(n int) bool { return !slices.Contains(of.Subjects, n) }))
}

// linked says whether a copy has the links, or those of which its recipient may
// learn: which that are the tables and the ledger say.
func (k *content) linked(got, of []schemas.Link) bool {
	return slices.Equal(got, of) || guarded(k.m) && within(got, of)
}

// within says whether each of the values is one of the others.
func within[T comparable](part, whole []T) bool {
	return !slices.ContainsFunc(part, func(v T) bool { return !slices.Contains(whole, v) })
}

// different says in what a copy differs from what the tables make of it: a
// value that is there and should not be is a leak.
func different(got, want *schemas.Message) (Kind, string) {
	g, err := schemas.EncodeMsgPack(got)
	w, err2 := schemas.EncodeMsgPack(want)
	if err == nil && err2 == nil && len(g) > len(w) {
		return Leak, "the copy has more than its recipient may have"
	}
	return Altered, "the copy is not what the tables make of the message"
}
