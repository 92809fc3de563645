package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"liaison/agents"
)

// progress adds up what an agent reports: for the eye, a line on the terminal,
// and for machines, metrics. The agent's callbacks own it, one at a time.
type progress struct {
	// terminal takes the line that is drawn again and again; nil means none.
	terminal *row
	began    time.Time
	drawn    time.Time
	// total is what finished files have, and now what each unfinished one has.
	total   agents.FileReport
	now     map[string]agents.FileReport
	backlog agents.Backlog
	counts  meters
}

// meters are what a scraper reads.
type meters struct {
	records *prometheus.CounterVec
	success prometheus.Gauge
	waiting prometheus.Gauge
}

// outcomes are the values of the label outcome.
var outcomes = []string{"accepted", "duplicate", "rejected", "kept"}

func newProgress(terminal *row) *progress {
	p := &progress{terminal: terminal, began: time.Now(), now: map[string]agents.FileReport{}, counts: meters{
		records: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "liaison_agent_records_total",
			Help: "Records by outcome. Those of a file that is read again count again."}, []string{"outcome"}),
		success: prometheus.NewGauge(prometheus.GaugeOpts{Name: "liaison_agent_last_success_timestamp_seconds",
			Help: "When the broker last accepted a record, now or before, or a file was put away; 0 for never."}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{Name: "liaison_agent_files_waiting",
			Help: "Files in the inbox that are not yet put away."}),
	}}
	for _, o := range outcomes {
		p.counts.records.WithLabelValues(o)
	}
	return p
}

// report takes one report of the agent.
func (p *progress) report(r agents.FileReport) {
	before := p.now[r.File]
	if r.Records < before.Records {
		before = agents.FileReport{} // the file is being read again
	}
	answered := r.Accepted+r.Duplicates > before.Accepted+before.Duplicates
	for i, n := range []int{r.Accepted - before.Accepted, r.Duplicates - before.Duplicates, r.Rejected - before.Rejected, r.Kept - before.Kept} {
		p.counts.records.WithLabelValues(outcomes[i]).Add(float64(max(n, 0)))
	}
	if answered || r.Finished {
		p.counts.success.SetToCurrentTime()
	}
	if p.now[r.File] = r; r.Finished {
		delete(p.now, r.File)
		p.total = sum(p.total, r)
	}
	p.draw()
}

// waiting takes what lies in the inbox.
func (p *progress) waiting(b agents.Backlog) {
	p.backlog = b
	p.counts.waiting.Set(float64(b.Files))
	p.draw()
}

// line says how far the agent is, in one line.
func (p *progress) line(now time.Time) string {
	t, left := p.total, p.backlog.Bytes
	for _, r := range p.now {
		t, left = sum(t, r), left+r.Size-r.Read
	}
	rate := float64(t.Records) / max(now.Sub(p.began).Seconds(), 1)
	return fmt.Sprintf("%d records read, %d accepted, %d accepted before, %d rejected, %d kept; %.0f/s; %d files, %.1f MiB to go",
		t.Records, t.Accepted, t.Duplicates, t.Rejected, t.Kept, rate, p.backlog.Files, float64(left)/(1<<20))
}

// draw draws the line anew, ten times a second at most.
func (p *progress) draw() {
	now := time.Now()
	if p.terminal == nil || now.Sub(p.drawn) < 100*time.Millisecond {
		return
	}
	p.drawn = now
	p.terminal.draw(p.line(now))
}

// clear makes room for a line that is to stay.
func (p *progress) clear() {
	if p.terminal != nil {
		p.drawn = time.Time{}
		p.terminal.clear()
	}
}

// row is a terminal of which the last row is drawn again and again, while the
// log writes lines that stay. Several goroutines may use it.
type row struct {
	mu       sync.Mutex
	terminal io.Writer
	drawn    bool // guarded by mu
}

const clearRow = "\r\x1b[K"

func (r *row) draw(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drawn = true
	fmt.Fprint(r.terminal, clearRow+text)
}

func (r *row) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wipe()
}

func (r *row) wipe() {
	if r.drawn {
		r.drawn = false
		fmt.Fprint(r.terminal, clearRow)
	}
}

// Write writes whole lines that stay.
func (r *row) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wipe()
	return r.terminal.Write(p)
}

// terminalOf returns w if a person looks at it, else nil.
func terminalOf(w io.Writer) *row {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "" || os.Getenv("TERM") == "dumb" {
		return nil
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return &row{terminal: f}
}

// serveMetrics answers scrapers at an address until the function that it
// returns is called. Without a host it listens on this computer only.
func (p *progress) serveMetrics(ctx context.Context, address string) (at string, stop func() error, err error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", nil, usageError{fmt.Errorf("--metrics %s: give HOST:PORT, such as 127.0.0.1:9090", address)}
	}
	if host == "" {
		host = "127.0.0.1"
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return "", nil, fmt.Errorf("serving metrics: %w", err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(p.counts.records, p.counts.success, p.counts.waiting) // their names differ
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	s := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	return l.Addr().String(), func() error {
		err := s.Close()
		if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	}, nil
}
