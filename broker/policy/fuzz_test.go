package policy_test

import (
	"slices"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"liaison/broker/policy"
	"liaison/broker/policy/table"
	"liaison/schemas"
)

// FuzzLoad puts anything at all in the place of one table. Either the set is
// refused, or it is one: loading it again gives the same hash and the same
// decisions, each of which it can explain, and another hash than any other set.
func FuzzLoad(f *testing.F) {
	whole := tables(f)
	names := make([]string, 0, len(whole))
	for name := range whole {
		names = append(names, name)
	}
	slices.Sort(names)
	for i, name := range names {
		f.Add(uint8(i), whole[name].Data)
		f.Add(uint8(i), whole[name].Data[:len(whole[name].Data)/2])
		f.Add(uint8(i), append(slices.Clone(whole[name].Data), "x,\"\n"...))
		f.Add(uint8(i), append([]byte("\xef\xbb\xbf"), whole[name].Data...))
	}
	original := load(f).Hash()
	message, err := schemas.Decode([]byte(exampleTip))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, n uint8, data []byte) {
		name := names[int(n)%len(names)]
		set := fstest.MapFS{}
		for k, v := range whole {
			set[k] = v
		}
		set[name] = &fstest.MapFile{Data: data}
		p, err := policy.Load(set)
		if err != nil {
			if p != nil {
				t.Fatal("a policy with an error")
			}
			return
		}
		if len(data) > table.MaxBytes {
			t.Fatal("a table beyond its bound is taken")
		}
		again, err := policy.Load(set)
		if err != nil || again.Hash() != p.Hash() {
			t.Fatalf("loaded again it is another set: %v", err)
		}
		if same := string(data) == string(whole[name].Data); same != (p.Hash() == original) {
			t.Fatalf("the same content is %v and the same hash is %v", same, p.Hash() == original)
		}
		checkExplains(t, p, again, message)
	})
}

// checkExplains has two policies of one set decide and explain alike.
func checkExplains(t *testing.T, p, again *policy.Policy, m *schemas.Message) {
	t.Helper()
	decided := p.DecideAll(m, august)
	if diff := cmp.Diff(decided, again.DecideAll(m, august)); diff != "" {
		t.Fatalf("the same set decides differently:\n%s", diff)
	}
	if diff := cmp.Diff(p.Explain(m, august, policy.Recorded{}), again.Explain(m, august, policy.Recorded{})); diff != "" {
		t.Fatalf("the same set explains differently:\n%s", diff)
	}
	for _, o := range decided {
		p.Minimise(m, o, august)
	}
}
