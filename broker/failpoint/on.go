//go:build failpoint

package failpoint

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// env names the place. It is read here and not in package main, so that the
// ordinary program has nothing of it.
const env = "LIAISON_FAILPOINT"

// plan is where the process is to be killed.
type plan struct {
	name  string
	left  atomic.Int64
	after time.Duration
}

var chosen = sync.OnceValue(func() *plan {
	p, err := parse(os.Getenv(env))
	if err != nil {
		panic(fmt.Sprintf("%s: %v", env, err)) // a test that kills nothing shows nothing
	}
	return p
})

// parse reads NAME:COUNT or NAME:COUNT:DELAY; nothing is no plan.
func parse(text string) (*plan, error) {
	if text == "" {
		return &plan{}, nil
	}
	parts := strings.Split(text, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return nil, fmt.Errorf("%q is not NAME:COUNT or NAME:COUNT:DELAY", text)
	}
	count, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || count < 1 {
		return nil, fmt.Errorf("%q is no count", parts[1])
	}
	p := &plan{name: parts[0]}
	p.left.Store(count)
	if len(parts) == 3 {
		if p.after, err = time.ParseDuration(parts[2]); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Here kills the process if this is the place that the environment names, and
// it has been passed often enough.
func Here(name string) {
	p := chosen()
	if p.name != name || p.left.Add(-1) != 0 {
		return
	}
	if p.after > 0 {
		time.AfterFunc(p.after, die)
		return
	}
	die()
}

// die ends the process with nothing written, closed or answered any more.
func die() {
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		self.Signal(syscall.SIGKILL)
	}
	select {} // the signal is on its way
}
