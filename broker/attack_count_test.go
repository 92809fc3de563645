package broker

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"liaison/deploy/evidence"
)

// countedGroups are the tests whose subtests are attempts. Those of package
// node that are negative controls as a whole say so in their names.
const countedGroups = "^(TestAttack.*|TestEavesdroppersHearNothing|TestTheHubCouldHear|TestForeignImportsAreRefused|TestTracesStayOnThisSide|" +
	"TestGroupsTakeNothing|TestFloodsStayOutside|TestPrivateInbox|TestEveryTrapIsRefused|TestTheGuardShutsOutWhoFloodsAlone)$"

// TestEveryAttemptIsCounted runs all attacks on the wall and on the whole
// broker as a command of their own, and counts what really ran and passed.
func TestEveryAttemptIsCounted(t *testing.T) {
	if os.Getenv("LIAISON_LOAD") != "1" {
		t.Skip("NOT RUN: takes minutes; set LIAISON_LOAD=1")
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-json", "-run", countedGroups, "./node", ".")
	cmd.Env = append(os.Environ(), "LIAISON_LOAD=", "LIAISON_EVIDENCE=")
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("the attacks: %v", err)
	}
	passed := map[string]bool{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var e struct{ Action, Package, Test string }
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Test == "" {
			continue
		}
		switch e.Action {
		case "pass":
			passed[e.Package+" "+e.Test] = true
		case "fail":
			t.Errorf("%s %s got through", e.Package, e.Test)
		}
	}
	attempts, controls, groups := 0, 0, map[string]int{}
	for name := range passed {
		if slices.ContainsFunc(slices.Collect(maps.Keys(passed)), func(other string) bool { return strings.HasPrefix(other, name+"/") }) {
			continue // not a leaf
		}
		if strings.Contains(name, "/control/") || strings.Contains(name, "TestAttacksWorkWithoutTheWall") || strings.Contains(name, "TestTheHubCouldHear") {
			controls++
			continue
		}
		attempts++
		_, test, _ := strings.Cut(name, " ")
		group, _, _ := strings.Cut(test, "/")
		groups[strings.TrimPrefix(group, "Test")]++
	}
	if attempts < 1000 || controls < 40 {
		t.Errorf("%d attempts and %d controls: attacks are missing", attempts, controls)
	}
	var list []string
	for _, g := range slices.Sorted(maps.Keys(groups)) {
		list = append(list, fmt.Sprintf("%s %d", g, groups[g]))
	}
	evidence.Record(t, evidence.Row{Name: "attacks", Part: "attack", Fault: "a member with good credentials, or a stranger, misuses what it can reach",
		How:     "named attempts by real clients and through raw sockets, on the wall between the accounts and on a whole broker; whatever reached anybody else, or changed what is stored, fails the run",
		Command: "LIAISON_LOAD=1 LIAISON_EVIDENCE=1 go test -run TestEveryAttemptIsCounted -timeout 0 ./broker", Runs: attempts,
		Note: fmt.Sprintf("and %d negative controls, which must succeed where the protection is not; %s", controls, strings.Join(list, ", "))})
}
