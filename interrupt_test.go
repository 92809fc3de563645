package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// until runs the program and interrupts it when the condition holds, or at once
// without one. It returns the exit code and what it said.
func until(t *testing.T, ready func() bool, args ...string) (int, string) {
	t.Helper()
	ctx, interrupt := context.WithCancel(t.Context())
	var out, errs bytes.Buffer
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, args, &out, &errs, time.Now) }()
	for ready != nil && !ready() {
		time.Sleep(10 * time.Millisecond)
	}
	interrupt()
	select {
	case code := <-ended:
		return code, errs.String()
	case <-time.After(20 * time.Second):
		t.Fatalf("%v does not stop", args)
		return 0, ""
	}
}

func TestAnInterruptedCommandIsNotDone(t *testing.T) {
	dir := t.TempDir()
	if code := run(t.Context(), []string{"enrol", "gla", "--dir", filepath.Join(dir, "broker"), "--out", filepath.Join(dir, "gla.creds")}, &bytes.Buffer{}, &bytes.Buffer{}, time.Now); code != exitDone {
		t.Fatal("enrol failed")
	}
	stdin, feeder, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer feeder.Close()
	old := os.Stdin
	os.Stdin = stdin
	defer func() { os.Stdin = old }()
	for _, args := range [][]string{
		{"lint", "-"},
		{"protocol", "explain", "-"},
		{"status", "--wait", "1m", "--dir", filepath.Join(dir, "broker")},
		{"ledger", "verify", "--dir", filepath.Join(dir, "broker")},
		{"demo", "--once"},
	} {
		if code, said := until(t, nil, args...); code != exitFault || !strings.Contains(said, "interrupted") {
			t.Errorf("%v ends with %d and %q, want %d and that it was interrupted", args, code, said, exitFault)
		}
	}
	serving, stop := context.WithCancel(t.Context())
	served := make(chan int, 1)
	go func() {
		served <- run(serving, []string{"serve", "--dir", filepath.Join(dir, "broker"), "--listen", "127.0.0.1:0"}, &bytes.Buffer{}, &bytes.Buffer{}, time.Now)
	}()
	s, err := awaitReady(t.Context(), filepath.Join(dir, "broker"), 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	ready := false
	code, said := until(t, func() bool { was := ready; ready = true; return was }, "send", "-", "--creds", filepath.Join(dir, "gla.creds"), "--server", s.URL)
	if code != exitFault || !strings.Contains(said, "interrupted") {
		t.Errorf("send ends with %d and %q", code, said)
	}
	code, said = until(t, nil, "agent", "gla", "--once", "--inbox", dir, "--creds", filepath.Join(dir, "gla.creds"), "--server", s.URL)
	if code != exitFault || !strings.Contains(said, "interrupted") {
		t.Errorf("agent --once ends with %d and %q", code, said)
	}
	if code, said := until(t, nil, "watch", "--creds", filepath.Join(dir, "gla.creds"), "--server", s.URL); code != exitDone {
		t.Errorf("watch ends with %d and %q", code, said)
	}
	stop()
	<-served
	// These go on until they are told to stop.
	for _, args := range [][]string{
		{"serve", "--dir", filepath.Join(dir, "broker"), "--listen", "127.0.0.1:0"},
		{"demo"},
	} {
		if code, said := until(t, nil, args...); code != exitDone {
			t.Errorf("%v ends with %d and %q, want %d", args, code, said, exitDone)
		}
	}
}

// TestEveryCommandTeaches walks all commands.
func TestEveryCommandTeaches(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if c.RunE != nil && !strings.Contains(c.Example, "liaison") {
			t.Errorf("%q has no example", c.CommandPath())
		}
		if c.Short == "" {
			t.Errorf("%q does not say what it does", c.CommandPath())
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newRoot(time.Now))
}
