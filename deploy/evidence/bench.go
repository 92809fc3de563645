package evidence

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Bench is what `liaison bench --json` writes, as far as it is shown.
type Bench struct {
	When        string   `json:"when"`
	Command     string   `json:"command"`
	Commit      string   `json:"commit"`
	Machine     string   `json:"machine"`
	Engine      string   `json:"engine"`
	Sync        float64  `json:"sync_ms"`
	Repetitions int      `json:"repetitions"`
	Figures     []Figure `json:"figures"`
}

// Figure is one thing measured; a ratio has what it compares, Ours and Plain.
type Figure struct {
	Part    string  `json:"part"`
	Name    string  `json:"name"`
	Says    string  `json:"says"`
	Unit    string  `json:"unit"`
	Value   Spread  `json:"value"`
	Ours    *Spread `json:"ours"`
	Plain   *Spread `json:"plain"`
	Of      string  `json:"of"`
	AtLeast float64 `json:"at_least"`
	AtMost  float64 `json:"at_most"`
}

// Spread is the median of the repetitions, the lowest and the highest.
type Spread struct {
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// ParseBench reads what `liaison bench --json` wrote. It refuses a report that
// lacks what makes it a record of a run.
func ParseBench(b []byte) (Bench, error) {
	var r Bench
	if err := json.Unmarshal(b, &r); err != nil {
		return r, fmt.Errorf("reading the bench report: %w", err)
	}
	if r.When == "" || r.Command == "" || r.Commit == "" || r.Machine == "" || r.Repetitions == 0 || len(r.Figures) == 0 {
		return r, fmt.Errorf("reading the bench report: it is not the record of a run of a built program: %q on %q, commit %q", r.Command, r.Machine, r.Commit)
	}
	return r, nil
}

// asked says what is asked of a figure, and whether it is reached.
func (f Figure) asked() (asked, reached string) {
	var ok bool
	switch {
	case f.AtLeast > 0:
		asked, ok = "≥ "+short(f.AtLeast), f.Value.Median >= f.AtLeast
	case f.AtMost > 0:
		asked, ok = "≤ "+short(f.AtMost), f.Value.Median <= f.AtMost
	default:
		return "", ""
	}
	if ok {
		return asked, "yes"
	}
	return asked, "**no**"
}

// RenderBench writes the report as a section with a table.
func RenderBench(r Bench) []byte {
	var w bytes.Buffer
	fmt.Fprintf(&w, "\n## How fast\n\nMeasured beside nats-server %s by\n\n    %s\n\non %s at commit %s (%s), where writing and syncing 1 KiB takes %s ms. "+
		"Both sides in turns in one run: the median of %d repetitions, with the lowest and the highest.\n\n", r.Engine, r.Command, r.When, r.Commit, r.Machine, short(r.Sync), r.Repetitions)
	fmt.Fprintf(&w, "| | Measured | Asked | Reached | Liaison | Beside | What it is |\n|---|--:|--:|---|--:|--:|---|\n")
	for _, f := range r.Figures {
		asked, reached := f.asked()
		unit, ours, plain := " "+f.Unit, "", ""
		if f.Unit == "times" {
			unit = " ×"
		}
		if f.Ours != nil && f.Plain != nil {
			ours, plain = short(f.Ours.Median)+" "+f.Of, short(f.Plain.Median)+" "+f.Of
		}
		fmt.Fprintf(&w, "| %s: %s | %s%s (%s to %s) | %s | %s | %s | %s | %s |\n", f.Part, f.Name, short(f.Value.Median), unit,
			short(f.Value.Low), short(f.Value.High), asked, reached, ours, plain, f.Says)
	}
	return w.Bytes()
}

// short writes a number with three digits that count.
func short(v float64) string {
	if math.Abs(v) >= 100 {
		return strconv.FormatFloat(math.Round(v), 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
