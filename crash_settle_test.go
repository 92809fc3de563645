//go:build unix

package main

import (
	"strconv"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// settle drives everything to its end: what was sent is sent again until it has
// an answer, everything accepted is decided, and every desk has read all there
// is for it. Then desks and broker are stopped.
func (tr *trial) settle() {
	tr.t.Helper()
	tr.stopPublishers()
	tr.running.Wait()
	var last uint64
	for _, p := range tr.publishers {
		last = max(last, p.last)
	}
	tr.await("the last decision", func() bool {
		s, err := askStatus(tr.t.Context(), tr.dir)
		return err == nil && s.Ready && s.Place >= last
	})
	owed := tr.owed()
	for _, d := range tr.desks {
		tr.await("the last copy at "+d.name, func() bool { return d.has(owed[d.name]) })
	}
	tr.stopDesks()
	tr.reading.Wait()
	tr.stop()
}

// owed asks the ledger which decisions released a copy to each desk.
func (tr *trial) owed() map[string]map[string]bool {
	tr.t.Helper()
	owed := map[string]map[string]bool{}
	open := map[string]bool{}
	err := tr.remote().ShowLedger(tr.t.Context(), "", func(e ledger.Entry) error {
		for _, o := range e.Outcomes {
			if !opens(open, e.Message, o) {
				continue // it may name desks that had their copy before
			}
			for _, desk := range o.Desks {
				name := string(o.Member) + "/" + desk
				if owed[name] == nil {
					owed[name] = map[string]bool{}
				}
				owed[name][strconv.FormatUint(e.Number, 10)] = true
			}
		}
		return nil
	})
	if err != nil {
		tr.fatalf("reading the ledger: %v", err)
	}
	return owed
}

// opens notes the items that an outcome discloses, and says whether any of them
// was not disclosed to that member before.
func opens(open map[string]bool, id schemas.ID, o schemas.Outcome) (more bool) {
	for _, it := range o.Items {
		key := itemOf(o.Member, id, it.Index)
		if it.Outcome == schemas.Disclosed && !open[key] {
			open[key], more = true, true
		}
	}
	return more
}

func itemOf(m schemas.MemberID, id schemas.ID, item int) string {
	return string(m) + " " + string(id) + " " + strconv.Itoa(item)
}
