package schemas

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vmihailenco/msgpack/v5"
)

// filled returns a message in which every field of every type is set, found
// by reflection, so that a field added to a struct cannot be forgotten in the
// codec.
func filled(t *testing.T) *Message {
	t.Helper()
	m := new(Message)
	n := 0
	fill(t, reflect.ValueOf(m).Elem(), &n)
	return m
}

func fill(t *testing.T, v reflect.Value, n *int) {
	*n++
	switch x := v.Addr().Interface().(type) {
	case *Time:
		x.UnmarshalText([]byte("2009-08-14T09:30:00Z"))
		return
	case *Date:
		*x = Date{2009, 1 + *n%12, 0}
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(strings.Repeat("x", *n))
	case reflect.Int:
		v.SetInt(int64(*n * 37))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(t, v.Index(i), n)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), n)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), n)
		}
	default:
		t.Fatalf("no way to fill a %s", v.Type())
	}
}

// TestEveryFieldTravels holds the three lists of field names against each
// other: the struct tags, by which JSON is written; the writers of
// MessagePack; and the readers of both.
func TestEveryFieldTravels(t *testing.T) {
	want := filled(t)
	for name, encode := range map[string]func(*Message) ([]byte, error){"JSON": EncodeJSON, "MessagePack": EncodeMsgPack} {
		b, err := encode(want)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := Decode(b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s lost or changed something (-want +got):\n%s", name, diff)
		}
	}
}

// TestMsgPackAgreesWithTheLibrary lets the library's reflection read, by the
// struct tags, what the canonical encoding wrote.
func TestMsgPackAgreesWithTheLibrary(t *testing.T) {
	want := filled(t)
	b, err := EncodeMsgPack(want)
	if err != nil {
		t.Fatal(err)
	}
	var generic map[string]any
	if err := msgpack.Unmarshal(b, &generic); err != nil {
		t.Fatal(err)
	}
	j, err := EncodeJSON(want)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	rt := reflect.TypeFor[Message]()
	for i := range rt.NumField() {
		name, _, _ := strings.Cut(rt.Field(i).Tag.Get("json"), ",")
		names = append(names, name)
		if _, ok := generic[name]; !ok || !strings.Contains(string(j), `"`+name+`":`) {
			t.Errorf("field %q is not in both encodings", name)
		}
	}
	if len(generic) != len(names) {
		t.Errorf("MessagePack has %d fields, the struct has %d", len(generic), len(names))
	}
}

func TestAnEmptyMessageTravels(t *testing.T) {
	want := new(Message)
	for name, encode := range map[string]func(*Message) ([]byte, error){"JSON": EncodeJSON, "MessagePack": EncodeMsgPack} {
		b, err := encode(want)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := Decode(b)
		if err != nil {
			t.Fatalf("%s: %v (%s)", name, err, b)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
