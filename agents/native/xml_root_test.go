package native

import "testing"

func TestXMLRootTellsFilesApart(t *testing.T) {
	for head, want := range map[string]string{
		`<all/>`: "all", "\xef\xbb\xbf<?xml version='1.0'?>\n<!-- <no/> -->\n<all id='1'>": "all",
		"\xff\xfe<\x00a\x00l\x00l\x00>\x00": "all", "<!-- never closed <all>": "", "<<<": "", "notice_no,employer": "", "": "",
	} {
		if got, xml := XMLRoot([]byte(head)); got != want || (want != "" && !xml) {
			t.Errorf("%q: got %q, %v", head, got, xml)
		}
	}
}
