package schemas

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"one JSON message", `{"schema":1}`, `{"schema":1}`},
		{"one message after white space", " \n{}", " \n{}"},
		{"a bundle", `[{"a":1},{"b":[1,2]}]`, `{"a":1}|{"b":[1,2]}`},
		{"white space everywhere", " [ {} ,\n{ } ] \n", `{}|{ }`},
		{"brackets and quotes in texts", `[{"a":"]}\"[{\\"},{}]`, `{"a":"]}\"[{\\"}|{}`},
		{"a malformed message between good ones", `[{},{"a":tru,e},{"a" 1},{}]`, `{}|{"a":tru,e}|{"a" 1}|{}`},
		{"what is no message", `[1,"x",null,[{}],{}]`, `1|"x"|null|[{}]|{}`},
		{"one MessagePack message", "\x80", "\x80"},
		{"a MessagePack bundle", "\x92\x81\xa1a\x01\x80", "\x81\xa1a\x01|\x80"},
		{"a long form of its length", "\xdd\x00\x00\x00\x01\x80", "\x80"},
		{"malformed messages with intact ends", "\x94\x82\xa1a\x01\xa1a\x01\xa1\xff\xd6\xff\x00\x00\x00\x00\x80", "\x82\xa1a\x01\xa1a\x01|\xa1\xff|\xd6\xff\x00\x00\x00\x00|\x80"},
	} {
		parts, err := Split([]byte(tt.in))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if diff := cmp.Diff(tt.want, string(bytes.Join(parts, []byte("|")))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestSplitRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     Code
	}{
		{"nothing", "", MalformedEncoding},
		{"white space", "  ", MalformedEncoding},
		{"a text", `"x"`, MalformedEncoding},
		{"nil", "\xc0", MalformedEncoding},
		{"an empty bundle", "[ ]", MalformedCount},
		{"an empty MessagePack bundle", "\x90", MalformedCount},
		{"no end", `[{}`, MalformedEnd},
		{"no end of a message", `[{}, {`, MalformedEnd},
		{"no end of a text", `[{"a":"}]`, MalformedEnd},
		{"no end after a comma", `[{},`, MalformedEnd},
		{"a comma too many", `[{},]`, MalformedEncoding},
		{"a comma at the start", `[,{}]`, MalformedEncoding},
		{"no comma", `[{}{}]`, MalformedEncoding},
		{"something behind", `[{}] {}`, MalformedTrailing},
		{"something behind nothing", `[]]`, MalformedTrailing},
		{"a byte behind", "\x91\x80\x80", MalformedTrailing},
		{"fewer than announced", "\x93\x80\x80", MalformedEnd},
		{"a head cut short", "\xdc\x00", MalformedEnd},
		{"2^32-1 announced", "\xdd\xff\xff\xff\xff\x80", MalformedEnd},
		{"a length beyond the end", "\x91\x81\xa1a\xdb\xff\xff\xff\xff", MalformedEnd},
		{"the byte that is never used", "\x91\xc1", MalformedEncoding},
		{"501 messages", "[" + strings.Repeat("{},", MaxBundle) + "{}]", MalformedSize},
		{"501 MessagePack messages", "\xdc\x01\xf5" + strings.Repeat("\x80", MaxBundle+1), MalformedSize},
		{"more than a megabyte", "[" + strings.Repeat(" ", MaxBundleBytes) + "{}]", MalformedSize},
	} {
		parts, err := Split([]byte(tt.in))
		bad, ok := err.(*MalformedError)
		if !ok || parts != nil {
			t.Errorf("%s: got %d parts and %v", tt.name, len(parts), err)
			continue
		}
		if bad.Code != tt.want || bad.Oversize != (tt.want == MalformedSize) {
			t.Errorf("%s: got %v, want %s", tt.name, bad, tt.want)
		}
	}
}

func TestSplitTakesTheLargestBundle(t *testing.T) {
	for _, in := range []string{
		"[" + strings.Repeat("{},", MaxBundle-1) + "{}]",
		"\xdc\x01\xf4" + strings.Repeat("\x80", MaxBundle),
	} {
		if parts, err := Split([]byte(in)); err != nil || len(parts) != MaxBundle {
			t.Errorf("%d parts, %v", len(parts), err)
		}
	}
}
