package main

import (
	"context"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"liaison": main})
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
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("NATS_URL", "")
			env.Setenv("NATS_CREDS", "")
			return nil
		},
	})
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
