package bench

import "time"

// Plan says how much is measured.
type Plan struct {
	// Repetitions is how often each comparison is made.
	Repetitions int
	// Each is how long one measurement of a rate lasts, about.
	Each time.Duration
	// Backlog is how many messages are routed at a time.
	Backlog int
	// Rules are the sizes of the tables, in rules and as many members, beside
	// the embedded ones.
	Rules []int
	// Latency is how long messages are sent at an even pace at a time.
	Latency time.Duration
	// Stored is how many messages the broker must have taken before its start is
	// timed; if the other parts leave fewer, the rest is sent.
	Stored int
}

// Quick is a look of some 20 seconds.
func Quick() Plan {
	return Plan{Repetitions: 2, Each: 200 * time.Millisecond, Backlog: 4000, Rules: []int{10_000}, Latency: 500 * time.Millisecond}
}

// Usual takes about two minutes.
func Usual() Plan {
	return Plan{Repetitions: 5, Each: 500 * time.Millisecond, Backlog: 12_000, Rules: []int{1000, 10_000}, Latency: 2 * time.Second}
}

// Long is for keeping: it fills the store with a million messages and takes up
// to a quarter of an hour.
func Long() Plan {
	return Plan{Repetitions: 9, Each: 2 * time.Second, Backlog: 40_000, Rules: []int{1000, 10_000}, Latency: 10 * time.Second, Stored: 1_000_000}
}

// Times returns the plan with so many times as much, in the same repetitions.
func (p Plan) Times(f float64) Plan {
	stretch := func(d time.Duration) time.Duration { return max(time.Duration(f*float64(d)), 10*time.Millisecond) }
	p.Each, p.Latency = stretch(p.Each), stretch(p.Latency)
	p.Backlog, p.Stored = max(int(f*float64(p.Backlog)), perBundle), int(f*float64(p.Stored))
	return p
}
