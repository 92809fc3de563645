package proof

import "testing"

func BenchmarkVerify(b *testing.B) {
	h, older, docs := documents(b)
	for b.Loop() {
		if _, err := Verify(docs["member"], h.key, older); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewLeaf(b *testing.B) {
	h := newHub(b)
	h.add([]string{"lincolnshire", "ukhtc", "gla", "merseyside", "soca"}, []string{"hmrc", "ukba"})
	key := h.keyOf(h.entries[0])
	b.ReportMetric(float64(len(h.entries[0])), "bytes/entry")
	b.ReportAllocs()
	for b.Loop() {
		leaf, err := NewLeaf(h.entries[0], key)
		if err != nil {
			b.Fatal(err)
		}
		leaf.Hash()
	}
}
