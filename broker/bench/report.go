package bench

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strconv"
	"time"
)

// Report is what one run measured.
type Report struct {
	When    string `json:"when"`
	Command string `json:"command"`
	Commit  string `json:"commit,omitempty"`
	Machine string `json:"machine"`
	// Engine is the version of nats-server on both sides.
	Engine string `json:"engine"`
	// Sync is the median time of writing and syncing 1 KiB to the disk, in
	// milliseconds: below a hundredth it is no disk that was measured.
	Sync    float64 `json:"sync_ms"`
	Seconds float64 `json:"seconds"`
	// Repetitions is how often each comparison was made.
	Repetitions int      `json:"repetitions"`
	Figures     []Figure `json:"figures"`
}

// Part groups figures.
type Part string

// The parts, in the order in which they are measured.
const (
	Intake  Part = "intake"
	Routing Part = "routing"
	Tables  Part = "tables"
	Whole   Part = "whole"
	Latency Part = "latency"
	Cost    Part = "cost"
	Start   Part = "start"
)

// Parts are all of them, in that order.
var Parts = []Part{Intake, Routing, Tables, Whole, Latency, Cost, Start}

// Spread is the median of some repetitions, the lowest and the highest.
type Spread struct {
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// Figure is one thing measured.
type Figure struct {
	Part Part   `json:"part"`
	Name string `json:"name"`
	// Says is what the figure is, or what the ratio compares, in words.
	Says string `json:"says"`
	// Unit is the unit of the value: "times" for a ratio.
	Unit  string `json:"unit"`
	Value Spread `json:"value"`
	// Ours and Plain are what a ratio compares, in Of; Plain is of the engine,
	// or of whatever else Says names.
	Ours  *Spread `json:"ours,omitempty"`
	Plain *Spread `json:"plain,omitempty"`
	Of    string  `json:"of,omitempty"`
	// AtLeast and AtMost are what is asked; zero asks nothing.
	AtLeast float64 `json:"at_least,omitempty"`
	AtMost  float64 `json:"at_most,omitempty"`
}

// Verdict says what is asked of the figure and whether it is reached, or "" if
// nothing is asked.
func (f Figure) Verdict() string {
	asked, reached := "", false
	switch {
	case f.AtLeast > 0:
		asked, reached = "at least "+short(f.AtLeast), f.Value.Median >= f.AtLeast
	case f.AtMost > 0:
		asked, reached = "at most "+short(f.AtMost), f.Value.Median <= f.AtMost
	default:
		return ""
	}
	if reached {
		return asked + ": reached"
	}
	return asked + ": MISSED"
}

// String is the figure in one line, without what it says.
func (f Figure) String() string {
	text := fmt.Sprintf("%s %s (%s to %s)", short(f.Value.Median), f.Unit, short(f.Value.Low), short(f.Value.High))
	if f.Plain != nil {
		text += fmt.Sprintf(", %s beside %s %s", short(f.Ours.Median), short(f.Plain.Median), f.Of)
	}
	return text
}

// short writes a number with three digits that count.
func short(v float64) string {
	if v >= 100 {
		return strconv.FormatFloat(math.Round(v), 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// spread sums up repetitions.
func spread(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	s := slices.Sorted(slices.Values(values))
	middle := s[len(s)/2]
	if len(s)%2 == 0 {
		middle = (middle + s[len(s)/2-1]) / 2
	}
	return Spread{Median: middle, Low: s[0], High: s[len(s)-1]}
}

// pairs are the repetitions of a comparison.
type pairs struct{ ours, plain []float64 }

func (p *pairs) add(ours, plain float64) {
	p.ours, p.plain = append(p.ours, ours), append(p.plain, plain)
}

// figure completes a figure with the ratios of the pairs.
func (p *pairs) figure(f Figure) Figure {
	ratios := make([]float64, len(p.ours))
	for i := range ratios {
		ratios[i] = p.ours[i] / p.plain[i]
	}
	ours, plain := spread(p.ours), spread(p.plain)
	f.Unit, f.Value, f.Ours, f.Plain = "times", spread(ratios), &ours, &plain
	return f
}

// rate is a count over a time.
func rate(n int, took time.Duration) float64 { return float64(n) / took.Seconds() }

// percentile returns a percentile of times, in milliseconds.
func percentile(times []time.Duration, p float64) float64 {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	i := min(int(p*float64(len(times))), len(times)-1)
	return times[i].Seconds() * 1000
}

func machine() string {
	return fmt.Sprintf("%d cores, %s/%s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}
