//go:build unix

package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"liaison/deploy/evidence"
	"liaison/schemas"
)

// TestPoisonUnderLoad is the small form of TestPoisonForLong that runs each time.
func TestPoisonUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	poisonUnderLoad(t, 150, 200*time.Millisecond)
}

// TestPoisonForLong sends LIAISON_LOAD_POISONS poisonous submissions (10,000
// unless it says otherwise) between good ones:
//
//	LIAISON_LOAD=1 go test -run TestPoisonForLong -timeout 0 -v .
func TestPoisonForLong(t *testing.T) {
	onDemand(t)
	poisons := numberOf(t, "LIAISON_LOAD_POISONS", 10_000)
	v, memory := poisonUnderLoad(t, poisons, 20*time.Millisecond)
	evidence.Record(t, evidence.Row{Name: "poison", Part: "crash", Fault: "malformed and malicious messages between good ones",
		How: "the contract's vectors, MessagePack and JSON bombs of up to 1 MiB, bit flips and truncations of a good message, by a member over its own connection; " +
			"each is refused with its reason, and the broker never restarts",
		Command: onDemandCommand("TestPoisonForLong", "LIAISON_LOAD_POISONS", poisons),
		Runs:    poisons, Messages: v.Messages, Acknowledged: v.Acked, Lost: v.Lost, Doubled: v.Doubled, Leaked: v.Leaked,
		Note: fmt.Sprintf("at most %d MiB of memory; good ones acknowledged after %s; %s", memory>>20, spread(v.latencies), v.note())})
}

func poisonUnderLoad(t *testing.T, poisons int, pace time.Duration) (v judgement, memory int64) {
	tr := newTrial(t, "")
	tr.start()
	tr.enrol("metropolitan/main", "")
	tr.load(pace)
	tr.routes(tr.place())
	all := poisonsOf(t, tr.gla())
	var sending sync.WaitGroup
	const senders = 4
	for s := range senders {
		nc, err := tr.dial("metropolitan/main")
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		sending.Go(func() {
			for i := s; i < poisons; i += senders {
				refusedAs(t, nc, all[i%len(all)])
			}
		})
	}
	sending.Wait()
	tr.routes(tr.place()) // and the good ones flow
	tr.settle()
	memory = peakMemory(tr.serve.ProcessState)
	if memory > 1<<30 {
		t.Errorf("the broker had %d MiB of memory", memory>>20)
	}
	return tr.judge(), memory
}

// poison is a submission that must be refused, with one of these codes.
type poison struct {
	name  string
	body  []byte
	codes []schemas.Code
}

// refusedAs submits a poison and requires its refusal, for a reason that the
// sender can mend and not for the store's sake.
func refusedAs(t *testing.T, nc *nats.Conn, p poison) {
	for try := 1; ; try++ {
		msg, err := nc.Request(schemas.SubmitAddress, p.body, 30*time.Second)
		if err != nil {
			t.Errorf("%s: no answer: %v", p.name, err)
			return
		}
		var a schemas.Answer
		if err := json.Unmarshal(msg.Data, &a); err != nil || a.Error == nil || len(a.Receipts) == 0 {
			t.Errorf("%s: answered %.300s", p.name, msg.Data)
			return
		}
		if a.Error.Status == 503 && try < 20 {
			time.Sleep(50 * time.Millisecond) // too much of this sender's waits
			continue
		}
		for _, r := range a.Receipts {
			if r.Refusal == nil || !slices.Contains(p.codes, r.Refusal.Code) || r.Refusal.Advice == "" {
				t.Errorf("%s: want a refusal as %v with advice, got %+v", p.name, p.codes, r.Refusal)
			}
		}
		return
	}
}

// poisonsOf are the vectors that must be refused, the bombs, and behind them a
// thousand damaged forms of a good message.
func poisonsOf(t *testing.T, p *publisher) []poison {
	t.Helper()
	all := append(badVectors(t), bombs()...)
	good, err := schemas.EncodeMsgPack(p.message(1))
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := schemas.EncodeJSON(p.message(1))
	if err != nil {
		t.Fatal(err)
	}
	// Damage that leaves a valid message leaves it somebody else's.
	codes := []schemas.Code{schemas.RefusedMalformed, schemas.RefusedOversize, schemas.RefusedInvalid, schemas.RefusedOriginator, schemas.RefusedMarking}
	for i := range 500 {
		for _, body := range [][]byte{good, asJSON} {
			damaged := bytes.Clone(body)
			if i%5 == 0 {
				damaged = damaged[:1+rand.N(len(damaged)-1)]
			}
			for range 1 + rand.N(4) {
				damaged[rand.N(len(damaged))] ^= 1 << rand.N(8)
			}
			all = append(all, poison{name: fmt.Sprintf("damaged %x", damaged), body: damaged, codes: codes})
		}
	}
	return all
}

// badVectors are the contract's vectors that are not to be accepted, on any day.
func badVectors(t *testing.T) (found []poison) {
	t.Helper()
	paths, err := filepath.Glob("schemas/testdata/vectors/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		v := map[string]string{}
		for line := range strings.Lines(string(text)) {
			key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			v[key] = value
		}
		if v["expect"] == "accept" || v["now"] != "" || v["append-spaces"] != "" {
			continue
		}
		codes := []schemas.Code{schemas.Code(v["expect"])}
		for _, key := range []string{"json-hex", "msgpack"} {
			if body, err := hex.DecodeString(v[key]); err != nil {
				t.Fatalf("%s: %v", path, err)
			} else if len(body) > 0 {
				found = append(found, poison{name: v["name"] + " " + key, body: body, codes: codes})
			}
		}
		if v["json"] != "" {
			found = append(found, poison{name: v["name"] + " json", body: []byte(v["json"]), codes: codes})
		}
	}
	return found
}

// bombs are small bytes that claim to be large, and deep ones, each of which
// ends a process that decodes it without a check.
func bombs() []poison {
	const large = 1 << 20
	deep := func(open string, n int) []byte { return bytes.Repeat([]byte(open), n) }
	field := func(value []byte) []byte { return append([]byte("\x82\xa6schema\x01\xa5items"), value...) }
	unknown := func(value []byte) []byte { return append([]byte("\x82\xa6schema\x01\xa7unknown"), value...) }
	bodies := map[string][]byte{
		"array of 2^32-1":              []byte("\xdd\xff\xff\xff\xff"),
		"map of 2^32-1":                []byte("\xdf\xff\xff\xff\xff"),
		"bytes of 2 GiB":               []byte("\xc6\x7f\xff\xff\xff\x00"),
		"text of 4 GiB":                []byte("\xdb\xff\xff\xff\xffa"),
		"items, 2^32-1":                field([]byte("\xdd\xff\xff\xff\xff")),
		"unknown field, map of 2^31":   unknown([]byte("\xdf\x7f\xff\xff\xff")),
		"nested arrays, 1 MiB":         deep("\x91", large),
		"nested maps, 1 MiB":           deep("\x81\xa1a", large/3),
		"items, nested arrays, 1 MiB":  field(deep("\x91", large-20)),
		"unknown field, nested, 1 MiB": unknown(deep("\x91", large-20)),
		"items, 1 MiB of nils":         field(append([]byte("\xdd\x00\x0f\x00\x00"), deep("\xc0", 0xf0000)...)),
		"items, 1 MiB of empty maps":   field(append([]byte("\xdd\x00\x0f\x00\x00"), deep("\x80", 0xf0000)...)),
		"bundle of 65535 nils":         append([]byte("\xdc\xff\xff"), deep("\xc0", 65535)...),
		"arrays that claim the rest":   deep("\xdd\x00\x00\xff\xff", 1000),
		"JSON, nested arrays, 1 MiB":   deep("[", large),
		"JSON, nested objects, 1 MiB":  deep(`{"a":`, large/5),
		"JSON, one number, 1 MiB":      append([]byte(`{"schema":`), deep("9", large-20)...),
		"JSON, one text, 1 MiB":        append([]byte(`{"schema":1,"id":"`), deep("a", large-30)...),
		"nothing":                      {},
		"one byte":                     {0xc1},
		"bundle of nothing":            {0x90},
	}
	var all []poison
	for name, body := range bodies {
		all = append(all, poison{name: name, body: body, codes: []schemas.Code{schemas.RefusedMalformed, schemas.RefusedOversize, schemas.RefusedInvalid}})
	}
	return all
}
