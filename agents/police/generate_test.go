package police_test

import (
	"bytes"
	"io"
	"testing"

	"liaison/agents/adaptertest"
	"liaison/agents/police"
	"liaison/schemas"
)

func TestGeneratedExportsBecomeMessages(t *testing.T) {
	for _, member := range []schemas.MemberID{"lincolnshire", "tayside"} {
		a, err := police.New(member)
		if err != nil {
			t.Fatal(err)
		}
		for name, generate := range map[string]func(io.Writer, int, int64) error{"XML": a.Generate, "forms": a.GenerateForms} {
			var one, again, other bytes.Buffer
			if err := generate(&one, 300, 7); err != nil {
				t.Fatal(err)
			}
			generate(&again, 300, 7)
			generate(&other, 300, 8)
			if one.String() != again.String() || one.String() == other.String() {
				t.Errorf("%s, %s: the export does not follow from the seed", member, name)
			}
			records, fault := adaptertest.Suite{Adapter: a, Member: member}.Read(t, one.Bytes())
			if fault != nil || len(records) != 300 {
				t.Errorf("%s, %s: %d records, %v", member, name, len(records), fault)
			}
			for i, r := range records {
				if (r.Message == nil) != ((i+1)%100 == 0) {
					t.Errorf("%s, %s: record %d: %v", member, name, i, r.Faults)
				}
			}
		}
	}
}
