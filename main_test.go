package main

import (
	"context"
	"os"
	"os/signal"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"liaison": mainAt})
}

// clockFile names the variable of the environment that has the file with a
// script's time.
const clockFile = "SCRIPT_CLOCK"

// mainAt is main by the clock of a script, if it has one. The shipped program
// knows no clock but the system's.
func mainAt() {
	file := os.Getenv(clockFile)
	if file == "" {
		main()
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr, func() time.Time {
		raw, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		at, err := time.Parse(time.RFC3339, string(raw))
		if err != nil {
			panic(err)
		}
		return at
	})
	stop()
	os.Exit(code)
}

// TestScripts runs the program as its users do: see testdata/*.txt.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: false,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serving":    serving,
			"exits":      exits,
			"eventually": eventually,
			"clock":      clock,
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("NATS_URL", "")
			env.Setenv("NATS_CREDS", "")
			env.Setenv("LATER", time.Now().AddDate(0, 0, 200).Format(time.DateOnly))
			return nil
		},
	})
}

// clock TIME sets the script's clock, which stands still until the next one, to a
// time in London such as 2009-11-27T10:00, and $NOW to the same. A broker of the
// script goes by it, and sees within a second that it was set.
func clock(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: clock TIME")
	}
	london, err := time.LoadLocation("Europe/London")
	ts.Check(err)
	at, err := time.ParseInLocation("2006-01-02T15:04", args[0], london)
	ts.Check(err)
	now := at.UTC().Format(time.RFC3339)
	file := ts.MkAbs("clock")
	// Readers must never see half a time.
	ts.Check(os.WriteFile(file+".new", []byte(now), 0o600))
	ts.Check(os.Rename(file+".new", file))
	ts.Setenv(clockFile, file)
	ts.Setenv("NOW", now)
}

// serving DIR waits until the broker on a folder is ready and sets NATS_URL.
func serving(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: serving DIR")
	}
	s, err := awaitReady(context.Background(), ts.MkAbs(args[0]), 30*time.Second)
	ts.Check(err)
	if !s.Ready {
		ts.Fatalf("the broker is not ready: %s", s.Fault)
	}
	ts.Setenv("NATS_URL", s.URL)
}

// exits CODE COMMAND... runs the program and requires its exit code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want := map[string]int{"0": exitDone, "1": exitFault, "2": exitUsage, "3": exitRefused}[args[0]]
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if coded, ok := err.(interface{ ExitCode() int }); ok {
		got = coded.ExitCode()
	} else if err != nil {
		ts.Fatalf("running %v: %v", args[1:], err)
	}
	if got != want {
		ts.Fatalf("%v: exit code %d, want %d", args[1:], got, want)
	}
}

// eventually COMMAND... runs a command until it succeeds, for ten seconds at most.
func eventually(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: eventually COMMAND...")
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		err := ts.Exec(args[0], args[1:]...)
		if err == nil {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("%v never succeeded: %v", args, err)
		}
	}
}
