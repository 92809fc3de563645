package main

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"liaison/agents"
)

func TestProgressAddsUp(t *testing.T) {
	var terminal bytes.Buffer
	p := newProgress(&row{terminal: &terminal})
	at, stop, err := p.serveMetrics(t.Context(), ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	}()
	if !strings.HasPrefix(at, "127.0.0.1:") {
		t.Errorf("metrics are served at %s, beyond this computer", at)
	}
	if got := scrape(t, at); !strings.Contains(got, `liaison_agent_records_total{outcome="kept"} 0`) || !strings.Contains(got, "liaison_agent_last_success_timestamp_seconds 0\n") {
		t.Errorf("before anything happened:\n%s", got)
	}
	p.waiting(agents.Backlog{Files: 3, Bytes: 5 << 20})
	p.report(agents.FileReport{File: "a", Size: 4 << 20, Read: 1 << 20, Records: 9, Accepted: 5, Rejected: 1})
	p.report(agents.FileReport{File: "b", Size: 4 << 20, Read: 4 << 20, Records: 7, Duplicates: 3, Kept: 4, Finished: true})
	if got, want := p.line(p.began.Add(4*time.Second)), "16 records read, 5 accepted, 3 accepted before, 1 rejected, 4 kept; 4/s; 3 files, 8.0 MiB to go"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	p.report(agents.FileReport{File: "a", Size: 4 << 20, Read: 4 << 20, Records: 10, Accepted: 8, Rejected: 2, Finished: true})
	got := scrape(t, at)
	for _, want := range []string{`records_total{outcome="accepted"} 8`, `records_total{outcome="duplicate"} 3`, `records_total{outcome="rejected"} 2`,
		`records_total{outcome="kept"} 4`, "files_waiting 3", "# TYPE liaison_agent_records_total counter"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, "last_success_timestamp_seconds 0\n") {
		t.Error("no success was noted")
	}
	if p.total.Records != 17 || len(p.now) != 0 || !strings.HasPrefix(terminal.String(), "\r\x1b[K") {
		t.Errorf("%+v, %q", p.total, terminal.String())
	}
}

// TestALogLineHasARowOfItsOwn logs while a progress line stands on the terminal.
func TestALogLineHasARowOfItsOwn(t *testing.T) {
	var terminal bytes.Buffer
	p := newProgress(&row{terminal: &terminal})
	log := slog.New(slog.NewTextHandler(p.terminal, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
	p.waiting(agents.Backlog{Files: 1})
	log.Warn("the link is down")
	log.Warn("the link is up")
	lines := strings.Split(terminal.String(), "\n")
	if want := "level=WARN msg=\"the link is up\""; len(lines) != 3 || lines[1] != want || !strings.HasSuffix(lines[0], "to go"+clearRow+"level=WARN msg=\"the link is down\"") {
		t.Errorf("got %q", lines)
	}
}

func TestPrintedRecordsDoNotMoveTheCursor(t *testing.T) {
	if got, want := printable("a\x1b[2J\tb\r\nc\rd\xff"), "a\ufffd[2J\tb\nc\ufffdd\ufffd"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func scrape(t *testing.T, at string) string {
	t.Helper()
	r, err := http.Get("http://" + at + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%s, %v", r.Status, err)
	}
	return string(b)
}
