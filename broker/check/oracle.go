package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"liaison/schemas"
)

// oracle judges every item for every member by the tables, and holds the
// decision against it. A disclosure that the tables do not support is severe;
// a withholding that they do not require is a note.
func (c *checker) oracle(j *judged) {
	if j.entry.Protected != j.protected() {
		j.found(Entry, "says otherwise than the tables whether the message's existence is protected")
	}
	said := map[schemas.MemberID]schemas.Outcome{}
	for _, o := range j.entry.Outcomes {
		if o.Member != "" {
			said[o.Member] = o
		}
		if o.Member == "" && (o.Reason == "undecidable" || o.Reason == "too-large") && len(j.entry.Outcomes) == 1 {
			j.found(Reasons, "is held without having been judged: "+string(o.Reason))
			return
		}
	}
	members := make([]schemas.MemberID, 0, len(j.tables.members))
	for id := range j.tables.members {
		members = append(members, id)
	}
	for _, id := range j.holders {
		if _, ok := j.tables.members[id]; !ok && j.owedWord(id) && !slices.Contains(members, id) {
			members = append(members, id)
		}
	}
	for id := range said {
		if _, ok := j.tables.members[id]; !ok && !j.owedWord(id) {
			j.found(Unlawful, fmt.Sprintf("has an outcome for %s, which is no member", id))
		}
	}
	slices.SortFunc(members, func(a, b schemas.MemberID) int { return cmp.Compare(a, b) })
	for _, id := range members {
		o, there := said[id]
		c.judgeMember(j, id, o, there)
	}
	j.safeguards()
}

// judgeMember holds what the decision says of one member against the tables.
func (c *checker) judgeMember(j *judged, id schemas.MemberID, o schemas.Outcome, there bool) {
	rules, concerned := make([][]string, j.message.Parts()), false
	for i := range rules {
		rules[i] = j.concerns(id, i)
		concerned = concerned || len(rules[i]) > 0
	}
	c.report.Judged += uint64(len(rules))
	before := slices.IndexFunc(j.earlier, func(e schemas.Outcome) bool { return e.Member == id && e.Outcome == schemas.Disclosed })
	if !concerned && before >= 0 && there && sameOutcome(o, j.earlier[before]) {
		return // it is concerned no longer, and has what it has
	}
	owed := j.owedWord(id)
	if owed && !there {
		j.found(Lost, fmt.Sprintf("says nothing of %s, which has something of what it is about", id))
	}
	for i := range rules {
		if !there && len(rules[i]) > 0 && len(j.mandatory(id, i)) > 0 {
			j.found(Lost, fmt.Sprintf("does not tell %s of item %d, which it is told of in every case: %s", id, i, rules[i][0]))
		}
	}
	if there != (concerned || owed) {
		j.found(Reasons, fmt.Sprintf("says otherwise than the tables whether it concerns %s", id))
	}
	for i := range rules {
		right := ruling{reason: notConcerned}
		if len(rules[i]) > 0 {
			right = j.rule(id, i)
		} else if owed && !j.takesPart(id) {
			right.reason = noMember
		}
		var is schemas.ItemOutcome
		if i < len(o.Items) {
			is = o.Items[i]
		}
		if was, ok := outcomeOf(j.earlier, id, i); ok && is == was {
			continue // what was disclosed stays disclosed
		}
		if is.Outcome == schemas.Disclosed {
			c.report.Open++
			j.disclosed(id, i, is, right, rules[i])
		} else if there || right.reason == open {
			j.withheld(id, i, is, right)
		}
	}
}

// disclosed holds a disclosure against the tables: the item must be open, under
// the rule and by gateways that they support.
func (j *judged) disclosed(id schemas.MemberID, item int, is schemas.ItemOutcome, right ruling, rules []string) {
	if right.reason != open {
		j.found(Unlawful, fmt.Sprintf("discloses item %d to %s, and the tables withhold it: %s", item, id, right.reason))
		return
	}
	if !slices.Contains(rules, string(is.Rule)) {
		j.found(Unlawful, fmt.Sprintf("discloses item %d to %s under a rule that does not match: %s", item, id, is.Rule))
	} else if string(is.Rule) != rules[0] {
		j.found(Reasons, fmt.Sprintf("discloses item %d to %s under another rule than the first", item, id))
	}
	var laws, statutes []string
	for n, leg := range right.legs {
		if n > 0 && leg[0]["id"] == right.legs[0][0]["id"] {
			continue
		}
		laws, statutes = append(laws, leg[0]["id"]), append(statutes, leg[0]["statute"])
	}
	if is.Gateway == strings.Join(laws, "+") && is.Statute == strings.Join(statutes, "; ") && is.Reason == open {
		return
	}
	named := lawsOf(is)
	for _, leg := range right.legs {
		if !slices.ContainsFunc(leg, func(g row) bool { return slices.Contains(named, g["id"]) }) {
			j.found(Unlawful, fmt.Sprintf("discloses item %d to %s by a gateway that does not lead there: %q", item, id, is.Gateway))
			return
		}
	}
	j.found(Entry, fmt.Sprintf("discloses item %d to %s, and names the reason, the gateway or the statute otherwise than the tables", item, id))
}

// withheld holds a withholding against the tables.
func (j *judged) withheld(id schemas.MemberID, item int, is schemas.ItemOutcome, right ruling) {
	later := is.Reason == noDesk || is.Reason == victimFirst
	if right.reason == open && !later && j.message.Recall != nil {
		j.found(Lost, fmt.Sprintf("keeps a recall from %s, which may have it", id))
	} else if right.reason == open && !later {
		j.found(Overcautious, fmt.Sprintf("withholds item %d from %s, and the tables open it", item, id))
	}
	if right.reason != open && string(is.Reason) != right.reason {
		j.found(Reasons, fmt.Sprintf("withholds item %d from %s as %s, and the tables say %s", item, id, is.Reason, right.reason))
	}
}

// safeguards checks that nobody got what is new of a message before those who
// must have it first.
func (j *judged) safeguards() {
	for _, s := range j.tables.rows["safeguards"] {
		if !s.on(j.day) {
			continue
		}
		if _, on := j.tables.member(j.message.Originator, j.day); on && j.tables.names(s["first"], j.message.Originator) {
			continue
		}
		reached := j.reached(s)
		for _, o := range j.entry.Outcomes {
			if !j.tables.names(s["waiting"], o.Member) {
				continue
			}
			if len(j.newly(o)) > 0 && !reached {
				j.found(Unlawful, fmt.Sprintf("discloses to %s before those who must have it first: %s", o.Member, s["id"]))
			}
			waits := func(it schemas.ItemOutcome) bool { return it.Reason == victimFirst && string(it.Rule) == s["id"] }
			if reached && slices.ContainsFunc(o.Items, waits) {
				j.found(Overcautious, fmt.Sprintf("lets %s wait for those who have it", o.Member))
			}
		}
	}
}

// reached says whether one of those who must have them first has each item
// that a safeguard is about.
func (j *judged) reached(s row) bool {
	for i := range j.message.Items {
		about := s["indicators"] == "any" && len(j.message.Items[i].Indicators) > 0 ||
			slices.ContainsFunc(j.message.ItemCrimeTypes(i), func(c schemas.Code) bool {
				return schemas.CrimeTypes().WithinAny(c, s.codes("crime_types"))
			})
		has := func(o schemas.Outcome) bool {
			return j.tables.names(s["first"], o.Member) && gave(j.entry.Outcomes, o.Member, i)
		}
		if about && !slices.ContainsFunc(j.entry.Outcomes, has) {
			return false
		}
	}
	return true
}

// protected says whether not even the message's existence may be told.
func (j *judged) protected() bool {
	for i := range j.message.Items {
		if j.itemProtected(i) {
			return true
		}
	}
	return false
}

func (j *judged) itemProtected(i int) bool {
	return slices.ContainsFunc(j.tables.rows["bars"], func(b row) bool {
		return b["existence"] == "protected" && b.on(j.day) && aboutSort(b, j.message, string(j.message.Items[i].ObtainedBy))
	})
}
