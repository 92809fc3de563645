package native

import (
	"bytes"
	"regexp"
)

var (
	beforeRoot = regexp.MustCompile(`(?s)<\?.*?\?>|<!--.*?-->`)
	rootName   = regexp.MustCompile(`^<([A-Za-z_][A-Za-z0-9_.-]*)`)
)

// XMLRoot finds the name of the root element in the first bytes of a file, in
// whichever encoding, for an adapter that tells its files apart by it. It is
// empty where none can be seen there; xml says whether the first sign is "<".
func XMLRoot(head []byte) (name string, xml bool) {
	for _, mark := range []string{"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"} {
		head = bytes.TrimPrefix(head, []byte(mark))
	}
	head = bytes.TrimSpace(bytes.ReplaceAll(head, []byte{0}, nil))
	xml = bytes.HasPrefix(head, []byte("<"))
	if m := rootName.FindSubmatch(bytes.TrimSpace(beforeRoot.ReplaceAll(head, nil))); m != nil {
		name = string(m[1])
	}
	return name, xml
}
