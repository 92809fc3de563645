package crimestoppers_test

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"liaison/agents"
	"liaison/agents/adaptertest"
	"liaison/agents/crimestoppers"
	"liaison/schemas"
)

const (
	begin = "==== CRIMESTOPPERS REPORT CS/09/0000001 ====\r\n"
	end   = "==== END OF REPORT ====\r\n"
)

var suite = adaptertest.Suite{
	Adapter:  crimestoppers.New(),
	Member:   crimestoppers.Member,
	Golden:   []string{"log.txt"},
	Generate: generate,
	Hostile: map[string]string{
		"only begins":   strings.Repeat(begin, 20_000),
		"only ends":     strings.Repeat(end, 100_000),
		"long text":     begin + "INFORMATION:\r\n" + strings.Repeat("x", 10<<20) + "\r\n" + end,
		"many lines":    begin + "INFORMATION:\r\n" + strings.Repeat("\n", 1<<20) + end,
		"many fields":   begin + strings.Repeat("SUSPECT: Example\r\n", 100_000) + end,
		"no fields":     begin + end,
		"no colon":      begin + strings.Repeat("x\r\n", 100_000) + end,
		"not ended":     begin + "INFORMATION:\r\ntext\r\n",
		"text before":   "log\r\n" + begin + end,
		"an empty name": begin + "SUSPECT: MR\r\n" + end,
	},
}

func generate(w io.Writer, n int) {
	for i := range n {
		fmt.Fprintf(w, "==== CRIMESTOPPERS REPORT CS/09/%07d ====\r\nRECEIVED: 17/08/2009 22:14\r\nCATEGORY: Gangmaster\r\nLOCATION: Boston\r\nINFORMATION:\r\nrecord number %d of a\r\nlong: log\r\n%s", i, i, end)
	}
}

func TestAdapterConforms(t *testing.T) { suite.Run(t) }

// read reads a good report with other lines before the text, and another text.
func read(t *testing.T, lines, text string) agents.Record {
	t.Helper()
	for _, standard := range []string{"RECEIVED: 17/08/2009 22:14", "CATEGORY: People trafficking", "LOCATION: Wisbech"} {
		name, _, _ := strings.Cut(standard, ":")
		if !strings.Contains(lines, name+":") {
			lines += "\r\n" + standard
		}
	}
	records, fault := suite.Read(t, []byte("\xef\xbb\xbf"+begin+lines+"\r\nINFORMATION:\r\n"+text+"\r\n"+end))
	if fault != nil || len(records) != 1 {
		t.Fatalf("%d records, %v", len(records), fault)
	}
	return records[0]
}

func TestAFieldThatMayTellWhoCalledIsAReject(t *testing.T) {
	for _, line := range []string{
		"CALLER: Example Person", "CALLER:", "Caller : N/K", "CALLER NAME: x", "CALLERS NUMBER: 07700 900111", "INFORMANT: x", "NAME: x", "PHONE: 07700 900111",
		"TEL: 07700 900111", "ADDRESS: x", "SOURCE: x", "REWARD CODE: 12", "CLI: 07700 900111", "SUSPECT ADDRESS: x",
	} {
		if r := read(t, line, "A text."); r.Message != nil {
			t.Errorf("%s: accepted", line)
		}
	}
	if r := read(t, "SUSPECT PHONE: 07700 900111\r\nOPERATOR: 7", "A text."); r.Message == nil || len(r.Dropped) != 1 {
		t.Errorf("the suspect's telephone was refused: %v", r.Faults)
	}
}

func TestATextThatTellsWhoCalledIsAReject(t *testing.T) {
	for text, good := range map[string]bool{
		"Caller says that men are moved at night.":          true,
		"The caller fears the owner.":                       true,
		"Name: Example Person One, who owns the house.":     true,
		"They call on Sundays, from 9 to 5.":                true,
		"Caller: Example Person":                            false,
		"Men are moved.\r\n  CALLER ID: 7":                  false,
		"A text.\r\nCLI: withheld":                          false,
		"The caller's name is Example Person.":              false,
		"Caller\u2019s mobile 07700 900111":                 false,
		"caller gave his name":                              false,
		"Caller on 07700 900111 would like to hear.":        false,
		"My name is Example Person and I live next door.":   false,
		"Men are moved.\r\nPlease ring me on 07700 900111.": false,
		"Please call her back.":                             false,
		"Reward code 12 was given.":                         false,
	} {
		if r := read(t, "", text); (r.Message != nil) != good {
			t.Errorf("%q: got %v", text, r.Faults)
		}
	}
}

func TestTheGradeIsFixed(t *testing.T) {
	m := read(t, "SUSPECT: EXAMPLE, Person One\r\nMARKING: Confidential\r\nPRIORITY: Immediate", "EVALUATION: A1\r\nHANDLING CODE: 3").Message
	it := m.Items[0]
	if it.Source != "E" || it.Information != 4 || len(it.Handling) != 1 || it.Handling[0] != 1 || it.ObtainedBy != schemas.ByPublic || m.Tip.Channel != "crimestoppers" {
		t.Errorf("got %v, handling %v, channel %s", it, it.Handling, m.Tip.Channel)
	}
	if m.Marking != schemas.Confidential || m.Urgency != schemas.Immediate || m.Subjects[0].Name != "Person One EXAMPLE" {
		t.Errorf("got %s, %s, %q", m.Marking, m.Urgency, m.Subjects[0].Name)
	}
}

func TestAreasAreNeverGuessed(t *testing.T) {
	for _, c := range []struct{ lines, want string }{
		{"LOCATION: Wisbech; King's Lynn", "cambridgeshire norfolk"},
		{"LOCATION: N/K", "uk"},
		{"LOCATION: N/K\r\nFORCE: 35", "cambridgeshire"},
		{"LOCATION: Invented Hamlet\r\nFORCE: 32", "lincolnshire"},
		{"LOCATION: Invented Hamlet", ""},
		{"LOCATION:", ""},
		{"LOCATION: Boston\r\nFORCE: 99", ""},
	} {
		var got []string
		if m := read(t, c.lines, "A text.").Message; m != nil {
			for _, j := range m.Jurisdictions {
				got = append(got, string(j.Code))
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q: got %v, want %s", c.lines, got, c.want)
		}
	}
}

func TestSamplesAndGeneratedRecordsReadAsIntended(t *testing.T) {
	sample, err := os.ReadFile("../../deploy/samples/crimestoppers/log-2009-08.txt")
	if err != nil {
		t.Fatal(err)
	}
	suite.Count(t, "sample", sample, 9, 3)
	suite.Generated(t, crimestoppers.Generate)
}
