package agents_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"liaison/agents"
	"liaison/agents/gla"
)

const header = "gla_ref,received_at,source_type,source_grade,intel_grade,handling_code,subject,labour_provider,labour_user,worker_nationality,worker_count,location,narrative,marking\r\n"

func line(n int, narrative, marking string) string {
	return fmt.Sprintf("GLA/INT/09/%d,14/08/2009,Worker,B,2,1,Debt bondage,Example Labour Ltd,,N/K,5,Boston,%s,%s\r\n", n, narrative, marking)
}

func export(from, to int) string {
	var b strings.Builder
	b.WriteString(header)
	for n := from; n < to; n++ {
		b.WriteString(line(n, fmt.Sprintf("SECRETWORD invented %d", n), "RESTRICTED"))
	}
	return b.String()
}

// bench is an agent on an inbox, and the hub that it sends to.
type bench struct {
	t     *testing.T
	hub   *hub
	inbox string
	logs  *syncBuffer

	mu      sync.Mutex
	reports []agents.FileReport
	rejects []agents.Reject
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func newBench(t *testing.T) *bench {
	return &bench{t: t, hub: newHub(t, ""), inbox: t.TempDir(), logs: &syncBuffer{}}
}

func (b *bench) agent(once bool) *agents.Agent {
	b.t.Helper()
	log := slog.New(slog.NewTextHandler(b.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	a, err := agents.NewAgent(agents.AgentConfig{
		Client: connect(b.t, b.hub, agents.Config{Timeout: 2 * time.Second, Log: log}), Adapter: gla.New(), Member: gla.Member,
		Inbox: b.inbox, Settle: 10 * time.Millisecond, Poll: 50 * time.Millisecond, Once: once, Log: log,
		Report: func(r agents.FileReport) { b.mu.Lock(); b.reports = append(b.reports, r); b.mu.Unlock() },
		Reject: func(r agents.Reject) { b.mu.Lock(); b.rejects = append(b.rejects, r); b.mu.Unlock() },
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return a
}

func (b *bench) once() error { b.t.Helper(); return b.agent(true).Run(b.t.Context()) }

func (b *bench) put(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.inbox, name), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) has(name string) bool {
	_, err := os.Lstat(filepath.Join(b.inbox, name))
	return err == nil
}

func (b *bench) linesOf(name string) []string {
	text, err := os.ReadFile(filepath.Join(b.inbox, name))
	if err != nil {
		b.t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

func (b *bench) stored() int { b.hub.mu.Lock(); defer b.hub.mu.Unlock(); return len(b.hub.order) }

func (b *bench) last() agents.FileReport {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.reports) == 0 {
		b.t.Fatal("nothing was reported")
	}
	return b.reports[len(b.reports)-1]
}
