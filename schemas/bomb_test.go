package schemas

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"
	"time"
)

// allocated returns how many bytes of memory a call asks for in all.
func allocated(call func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	call()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// readEveryWay lets every reader of foreign bytes have the input.
func readEveryWay(b []byte) {
	if parts, err := Split(b); err == nil {
		for _, p := range parts {
			Decode(p)
		}
	}
	DecodeCopy(b)
	if m, err := Decode(b); err == nil {
		Validate(m, time.Unix(1250000000, 0))
	}
}

// bombs are inputs that claim or hide much more than they are.
func bombs() map[string][]byte {
	repeat := bytes.Repeat
	in := map[string][]byte{
		"JSON arrays":            repeat([]byte("["), 1024),
		"JSON objects":           repeat([]byte(`{"a":`), 200),
		"JSON unknown arrays":    []byte(`{"x":` + string(repeat([]byte("["), 500)) + string(repeat([]byte("]"), 500)) + "}"),
		"JSON empty items":       []byte(`{"items":[` + string(repeat([]byte("{},"), 330)) + "{}]}"),
		"JSON bundle of nothing": append(append([]byte("["), repeat([]byte("0,"), 500)...), "0]"...),
		"JSON long number":       []byte(`{"schema":` + string(repeat([]byte("9"), 1000)) + "}"),
		"list in bundle":         {0x91, 0xdd, 0xff, 0xff, 0xff, 0xff},
		"lists":                  repeat([]byte{0x91}, 1024),
		"maps":                   repeat([]byte{0x81, 0xa1, 'x'}, 340),
		"bundle of 2^32-1":       {0xdd, 0xff, 0xff, 0xff, 0xff},
		"bundle of 65535":        append([]byte{0xdc, 0xff, 0xff}, repeat([]byte{0x80}, 1000)...),
		"map of 2^31":            {0xdf, 0x80, 0, 0, 0},
	}
	for _, list := range []string{"items", "subjects", "links", "jurisdictions"} {
		head := append([]byte{0x81, 0xa0 | byte(len(list))}, list...)
		in["empty "+list] = append(append(head, 0xdc, 3, 0xe8), repeat([]byte{0x80}, 1000)...)
	}
	return in
}

func TestSmallHostileInputTakesLittleMemory(t *testing.T) {
	readEveryWay([]byte("{}")) // reads the code lists
	in := bombs()
	for _, v := range readVectors(t) {
		for form, b := range v.inputs() {
			if v.expect != "accept" && len(b) <= 2048 {
				in[v.name+" "+form] = b
			}
		}
	}
	for name, b := range in {
		if got := allocated(func() { readEveryWay(b) }); got > 512<<10 {
			t.Errorf("%s: %d bytes of input took %d of memory", name, len(b), got)
		}
	}
}

// TestLargestMessageTakesBoundedMemory packs as many of the costliest values
// as possible into a message: empty maps, one byte each.
func TestLargestMessageTakesBoundedMemory(t *testing.T) {
	item := []byte{0x82, 0xad}
	item = append(item, "jurisdictions"...)
	item = append(item, 0xdc, 0, MaxJurisdictions)
	item = append(item, bytes.Repeat([]byte{0x80}, MaxJurisdictions)...)
	item = append(item, 0xa5)
	item = append(item, "links"...)
	item = append(item, 0xdc, 0, MaxLinks)
	item = append(item, bytes.Repeat([]byte{0x80}, MaxLinks)...)
	b := []byte{0x82, 0xa5}
	b = append(b, "items"...)
	b = append(b, 0xdc, 0, MaxItems)
	b = append(b, bytes.Repeat(item, MaxItems)...)
	b = append(b, 0xa8)
	b = append(b, "subjects"...)
	b = append(b, 0xdc, 0, MaxSubjects)
	b = append(b, bytes.Repeat([]byte{0x80}, MaxSubjects)...)
	m, err := Decode(b)
	if err != nil || len(m.Items) != MaxItems {
		t.Fatal(err)
	}
	if got := allocated(func() { Decode(b) }); got > 1<<20 {
		t.Errorf("a message of %d bytes took %d of memory", len(b), got)
	}
	if got := allocated(func() { Validate(m, time.Now()) }); got > 1<<20 {
		t.Errorf("validating a message of %d bytes took %d of memory", len(b), got)
	}
}

func TestFaultsAreCountedBeyondTheirBound(t *testing.T) {
	m := &Message{Items: make([]Item, MaxItems)}
	faults := Validate(m, time.Now())
	if len(faults) != MaxFaults+1 {
		t.Fatalf("%d faults, want %d", len(faults), MaxFaults+1)
	}
	// 11 of the message but for its items, and 2 of each item.
	want := fmt.Sprintf("there are %d more faults", 10+2*MaxItems-MaxFaults)
	if last := faults[MaxFaults]; last.Code != FaultMore || last.Problem != want {
		t.Errorf("the last fault is %q, want %q", last, want)
	}
}

// BenchmarkCheckMsgPackHostile is the worst that is known for the search for
// repeated keys: maps with as many as are permitted, all alike at first.
func BenchmarkCheckMsgPackHostile(b *testing.B) {
	m := []byte{0xde, 0, maxKeys}
	for i := range maxKeys {
		m = append(m, 0xa4, 'a', byte(i), 'a', 'a', 0)
	}
	in := append([]byte{0xdc, 0, 160}, bytes.Repeat(m, 160)...)
	benchmarkBytes(b, in, func(in []byte) error {
		if err := checkMsgPack(in); err != nil {
			return err
		}
		return nil
	})
}

// BenchmarkValidateHostile is a message with as many wrong codes as fit.
func BenchmarkValidateHostile(b *testing.B) {
	wrong := make([]Code, MaxIndicators)
	for i := range wrong {
		wrong[i] = Code(fmt.Sprintf("trafficking-forced-labouq-%d", i))
	}
	m := &Message{Items: make([]Item, MaxItems)}
	for i := range m.Items {
		m.Items[i] = Item{Indicators: wrong, CrimeTypes: wrong[:MaxCrimeTypes], ObtainedBy: "trafficking-forced-labouq"}
	}
	b.ReportAllocs()
	for b.Loop() {
		Validate(m, benchNow)
	}
}
