package gla_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"liaison/agents/adaptertest"
	"liaison/agents/gla"
)

var suite = adaptertest.Suite{
	Adapter:  gla.New(),
	Member:   gla.Member,
	Golden:   []string{"intelligence.csv", "fourteen-columns.csv", "no-header.csv", "licences.csv", "inspections.csv", "nine-columns.csv"},
	Generate: generate,
	Hostile: map[string]string{
		"header only quotes": strings.Repeat("\"", 1<<20),
		"unknown column":     "gla_ref,password\r\n1,2\r\n",
		"mixed columns":      "inspection_ref,gla_ref\r\n1,2\r\n",
		"part of a register": "urn,status\r\nEXFL0001,revoked\r\n",
		"columns twice":      "gla_ref,gla_ref\r\n1,2\r\n",
		"open quote":         header + "\"" + strings.Repeat("a,b\r\n", 100_000),
		"long row":           header + strings.Repeat("a", 10<<20) + "\r\n",
		"many fields":        header + strings.Repeat(",", 1<<20) + "\r\n",
	},
}

const header = "gla_ref,received_at,source_type,source_grade,intel_grade,handling_code,subject,labour_provider,labour_user,worker_nationality,worker_count,location,narrative,marking\r\n"

func generate(w io.Writer, n int) {
	io.WriteString(w, header)
	for i := range n {
		fmt.Fprintf(w, "GLA/INT/09/%d,14/08/2009,Worker,B,2,1,Debt bondage,Example Labour Ltd,Invented Farm,N/K,5,Boston,\"record number %d of a\r\nlong export, with \"\"quotes\"\"\",RESTRICTED\r\n", i, i)
	}
}

func TestAdapterConforms(t *testing.T) { suite.Run(t) }

func TestEveryRowOfTheRegisterAndTheInspectionsIsAccountedFor(t *testing.T) {
	for name, want := range map[string]struct{ messages, kept, faulty int }{
		"licences-2009-08.csv": {3, 3, 2}, "inspections-2009-08.csv": {3, 1, 1},
	} {
		export, err := os.ReadFile(filepath.Join("..", "..", "deploy", "samples", "gla", name))
		if err != nil {
			t.Fatal(err)
		}
		got := want
		got.messages, got.kept, got.faulty = 0, 0, 0
		records, _ := suite.Read(t, export)
		for _, r := range records {
			switch {
			case r.Message != nil:
				got.messages++
			case r.Kept != "":
				got.kept++
			default:
				got.faulty++
			}
		}
		if got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}

func TestGeneratedReportsAreReadBack(t *testing.T) { suite.Generated(t, gla.Generate) }
