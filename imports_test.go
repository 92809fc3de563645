package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport is who may import whom of our own packages. An arrow that is not
// here is a fault of the design; add one in review, with its reason.
var mayImport = map[string][]string{
	".":                        {"*"}, // wiring and printing only
	"schemas":                  {},
	"schemas/proof":            {"schemas"}, // what a proof is and how it is verified: part of the contract, so that agents may
	"agents":                   {"schemas"},
	"agents/native":            {"schemas"},
	"agents/adaptertest":       {"schemas", "agents"},
	"agents/gla":               {"schemas", "agents", "agents/native"},
	"agents/police":            {"schemas", "agents", "agents/native", "agents/native/fivebyfive", "agents/native/markup"},
	"agents/soca":              {"schemas", "agents", "agents/native", "agents/native/fivebyfive", "agents/native/markup"},
	"agents/ukba":              {"schemas", "agents", "agents/native", "agents/native/markup"},
	"agents/hmrc":              {"schemas", "agents", "agents/native", "agents/native/markup"},
	"agents/eas":               {"schemas", "agents", "agents/native"},
	"agents/helpline":          {"schemas", "agents", "agents/native"},
	"agents/crimestoppers":     {"schemas", "agents", "agents/native"},
	"agents/native/markup":     {"agents", "agents/native"},                                    // records out of XML, for every adapter that reads it
	"agents/native/fivebyfive": {"schemas", "agents", "agents/native", "agents/native/markup"}, // the report that police and SOCA share
	"broker":                   {"schemas", "broker/*"},
	"broker/accounts":          {"schemas", "broker/policy", "broker/failpoint"},
	"broker/failpoint":         {}, // where crashes are tried out; empty in every ordinary build
	"broker/node":              {"schemas", "broker/accounts"},
	"broker/policy":            {"schemas", "broker/policy/table"},
	"broker/policy/table":      {}, // the strict reader alone: knows nothing of what tables say
	"broker/ledger":            {"schemas", "schemas/proof"},
	"broker/ledger/tree":       {"schemas", "schemas/proof", "broker/ledger"}, // follows the ledger; the ledger does not know it
	"broker/intake":            {"schemas", "broker/policy", "broker/ledger", "broker/failpoint"},
	"broker/router":            {"schemas", "broker/policy", "broker/ledger", "broker/failpoint"},
	"broker/docket":            {"schemas", "broker/policy", "broker/ledger", "broker/failpoint"},
	// erases what the docket says is in the way of nobody; walks what the docket keeps of it
	"broker/retention": {"schemas", "broker/policy", "broker/ledger", "broker/docket", "broker/failpoint"},
	"broker/ask":       {"schemas", "broker/ledger"}, // reads; decides nothing, so no policy
	"broker/check":     {"schemas", "broker/ledger"}, // the second opinion: no code of router and policy
	// measures the parts by themselves and the broker as a whole
	"broker/bench": {"schemas", "broker", "broker/accounts", "broker/intake", "broker/ledger", "broker/node", "broker/policy", "broker/router"},
	// both sides, as their users see them
	"demo":            {"schemas", "agents", "broker", "broker/accounts", "broker/ledger", "deploy/protocol", "deploy/samples"},
	"deploy/protocol": {},
	"deploy/evidence": {}, // only tests record
	"deploy/samples":  {},
}

// testsMayImport are further arrows of test files.
var testsMayImport = map[string][]string{
	"agents/gla":           {"agents/adaptertest", "deploy/samples"},
	"agents/police":        {"agents/adaptertest", "deploy/samples"},
	"agents/eas":           {"agents/adaptertest", "deploy/samples"},
	"agents/hmrc":          {"agents/adaptertest", "deploy/samples"},
	"agents/ukba":          {"agents/adaptertest", "deploy/samples"},
	"agents/soca":          {"agents/adaptertest", "deploy/samples"},
	"agents/helpline":      {"agents/adaptertest", "deploy/samples"},
	"agents/crimestoppers": {"agents/adaptertest", "deploy/samples"},
	"agents":               {"agents/gla", "agents/police", "agents/native"},
	"broker":               {"deploy/protocol", "deploy/evidence", "schemas/proof"},
	"broker/ledger/tree":   {"deploy/evidence"},
	"broker/node":          {"deploy/evidence"},
	"broker/check":         {"deploy/evidence", "broker", "broker/accounts", "broker/policy", "demo", "agents", "agents/*", "deploy/protocol"}, // checks what a real broker did
	"broker/policy":        {"deploy/protocol"},
	"broker/docket":        {"deploy/protocol", "deploy/evidence"},
	"broker/router":        {"deploy/protocol", "broker/node", "broker/accounts"},
	"broker/intake":        {"deploy/protocol", "broker/node", "broker/accounts"},
	"broker/accounts":      {"broker/node", "deploy/protocol"},
	"deploy/samples":       {"agents", "agents/*", "schemas"},
}

// onlyThere are libraries that only some of our packages may import.
var onlyThere = map[string][]string{
	"github.com/nats-io/nats-server/v2":   {"broker/node", "broker/bench"}, // bench: the plain engine beside the broker
	"github.com/nats-io/jwt/v2":           {"broker/accounts"},
	"github.com/nats-io/nkeys":            {"broker/accounts"},
	"github.com/vmihailenco/msgpack/v5":   {"schemas"},
	"github.com/go-json-experiment/json":  {"schemas"},
	"github.com/spf13/cobra":              {"."},
	"github.com/spf13/pflag":              {"."}, // cobra's flags
	"go.etcd.io/bbolt":                    {"broker/docket"},
	"github.com/prometheus/client_golang": {"."}, // what an agent shows to a scraper
	"golang.org/x/mod":                    {".", "schemas/proof", "broker/ledger/tree"},
}

func TestImportsFollowTheTable(t *testing.T) {
	seen := map[string]bool{}
	for file, imports := range importsOf(t) {
		pkg := path.Dir(file)
		seen[pkg] = true
		isTest := strings.HasSuffix(file, "_test.go")
		allowed, ok := mayImport[pkg]
		if !ok {
			t.Errorf("%s: the package %s is not in the table", file, pkg)
			continue
		}
		if isTest {
			allowed = slices.Concat(allowed, testsMayImport[pkg])
		}
		for _, imp := range imports {
			own, isOurs := strings.CutPrefix(imp, "liaison/")
			switch {
			case isOurs && own != pkg && !permits(allowed, own):
				t.Errorf("%s: %s may not import %s", file, pkg, own)
			case !isOurs && !isTest && !permitsLibrary(pkg, imp):
				t.Errorf("%s: %s may not import %s", file, pkg, imp)
			}
		}
	}
	for pkg := range mayImport {
		if !seen[pkg] {
			t.Errorf("the table has the package %s, which is not there", pkg)
		}
	}
}

func permits(allowed []string, own string) bool {
	for _, a := range allowed {
		if prefix, wild := strings.CutSuffix(a, "*"); a == own || wild && strings.HasPrefix(own, prefix) {
			return true
		}
	}
	return false
}

func permitsLibrary(pkg, imp string) bool {
	for library, only := range onlyThere {
		if (imp == library || strings.HasPrefix(imp, library+"/")) && !slices.Contains(only, pkg) {
			return false
		}
	}
	return true
}

// importsOf reads the imports of every Go file below the module's root.
func importsOf(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "tools") {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(name) != ".go" {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, imp := range f.Imports {
			p, err := strconv.Unquote(imp.Path.Value)
			if err != nil {
				return err
			}
			found[filepath.ToSlash(name)] = append(found[filepath.ToSlash(name)], p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
