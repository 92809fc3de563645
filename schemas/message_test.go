package schemas

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDeriveTakesTheItemsCodesInOrder(t *testing.T) {
	uk, kent := Jurisdiction{"uk", RoleIncident}, Jurisdiction{"kent", RoleTransit}
	m := &Message{Originator: "gla", Items: []Item{
		{CrimeTypes: []Code{"b", "a"}, Jurisdictions: []Jurisdiction{kent}},
		{},
		{CrimeTypes: []Code{"a", "c"}, Jurisdictions: []Jurisdiction{kent, uk}, Origin: "eas", Links: []Link{{ID: "x"}}},
	}}
	for range 2 {
		m.Derive()
		if diff := cmp.Diff([]Code{"b", "a", "c"}, m.CrimeTypes); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]Jurisdiction{kent, uk}, m.Jurisdictions); diff != "" {
			t.Error(diff)
		}
	}
	if diff := cmp.Diff(m.CrimeTypes, m.ItemCrimeTypes(1)); diff != "" {
		t.Errorf("an item without crime types has the message's: %s", diff)
	}
	if diff := cmp.Diff([]Jurisdiction{kent}, m.ItemJurisdictions(0)); diff != "" {
		t.Error(diff)
	}
	if m.ItemOrigin(0) != "gla" || m.ItemOrigin(2) != "eas" {
		t.Error("the origin is the item's own, or the originator")
	}
	if len(m.ItemLinks(0)) != 0 || len(m.ItemLinks(2)) != 1 {
		t.Error("the links are the item's own, or the message's")
	}
	given := &Message{CrimeTypes: []Code{"z"}, Items: m.Items}
	if given.Derive(); len(given.CrimeTypes) != 1 {
		t.Error("Derive changed what the sender gave")
	}
}

// TestDigestIsOfTheMessageAndNotOfItsForm: derived or written out, JSON or
// MessagePack.
func TestDigestIsOfTheMessageAndNotOfItsForm(t *testing.T) {
	left, err := readVector("testdata/vectors/accept-derived.txt")
	if err != nil {
		t.Fatal(err)
	}
	m, err := Decode(left.msgPack)
	if err != nil {
		t.Fatal(err)
	}
	m.Derive()
	written, err := EncodeJSON(m)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Decode(written)
	if err != nil {
		t.Fatal(err)
	}
	again.Derive()
	a, errA := DigestOf(m)
	b, errB := DigestOf(again)
	if errA != nil || errB != nil || a != b || fmt.Sprintf("%x", a) != left.digest {
		t.Errorf("%x %v, %x %v, want %s", a, errA, b, errB, left.digest)
	}
	again.Items[0].Text += "."
	if c, _ := DigestOf(again); c == a {
		t.Error("other content has the same digest")
	}
}

// TestNothingLogsContent: neither printing nor logging a message, or a part of
// one, shows what it says.
func TestNothingLogsContent(t *testing.T) {
	const secret = "Invented Person"
	m := &Message{ID: "6f1d0c9e", Kind: KindTip, Originator: "gla",
		Items:    []Item{{Text: secret, Conditions: secret}},
		Subjects: []Subject{{Kind: PersonSubject, Name: secret, Aliases: []string{secret}, Address: secret}}}
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, nil))
	log.Info("test", "message", m, "item", m.Items[0], "subject", m.Subjects[0])
	for _, format := range []string{"%v", "%+v", "%s"} {
		fmt.Fprintf(&out, format+format+format, m, m.Items[0], m.Subjects[0])
	}
	if strings.Contains(out.String(), "Invented") {
		t.Errorf("content came out: %s", out.String())
	}
	if !strings.Contains(out.String(), "6f1d0c9e") {
		t.Error("the id did not")
	}
}

// TestNoErrorQuotesContent: whatever is wrong, no error, problem or advice
// repeats what stood in the message.
func TestNoErrorQuotesContent(t *testing.T) {
	const secret = "invented-person"
	good, err := readVector("testdata/vectors/accept-case-many-areas.txt")
	if err != nil {
		t.Fatal(err)
	}
	words := bytes.Split(good.json, []byte(`"`))
	for i := 1; i < len(words); i += 2 {
		spoilt := make([][]byte, len(words))
		copy(spoilt, words)
		spoilt[i] = []byte(secret)
		b := bytes.Join(spoilt, []byte(`"`))
		_, refusal := Read(b, good.now)
		if refusal != nil && strings.Contains(fmt.Sprintf("%+v %v", *refusal, refusal), secret) {
			t.Errorf("instead of %s: %v", words[i], refusal)
		}
	}
}

func TestEncodeRefusesWhatCannotBeRead(t *testing.T) {
	for name, m := range map[string]*Message{
		"no message":      nil,
		"text not UTF-8":  {Reference: "Caf\xe9"},
		"code not UTF-8":  {CrimeTypes: []Code{"\xff"}},
		"alias not UTF-8": {Subjects: []Subject{{Aliases: []string{"\xe9"}}}},
	} {
		if b, err := EncodeMsgPack(m); err == nil || b != nil {
			t.Errorf("%s: MessagePack %x, %v", name, b, err)
		}
		if b, err := EncodeJSON(m); err == nil {
			t.Errorf("%s: JSON %s", name, b)
		}
		if _, err := DigestOf(m); err == nil {
			t.Errorf("%s: has a digest", name)
		}
	}
}
