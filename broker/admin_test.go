package broker

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
)

func TestAFolderTooLongForTheSocketIsRefusedAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("d", 120))
	_, err := Open(t.Context(), Config{Dir: dir, Listen: "127.0.0.1:0", Default: fstest.MapFS{}, Log: slog.New(slog.DiscardHandler)})
	if err == nil || !strings.Contains(err.Error(), "too long") || !strings.Contains(err.Error(), "shorter path") {
		t.Errorf("opened: %v, want the folder refused with advice", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("a folder that is refused was made")
	}
}

func TestOnlyTheOwnerReachesTheSocket(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("access lists instead of modes")
	}
	s := start(t, t.TempDir())
	for _, ok := Reach(s.dir); !ok; _, ok = Reach(s.dir) {
		runtime.Gosched()
	}
	info, err := os.Stat(filepath.Join(s.dir, socketName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket has mode %v, %v", info.Mode(), err)
	}
	s.stop()
	if _, err := os.Stat(filepath.Join(s.dir, socketName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after the end the socket is still there: %v", err)
	}
}

// crowded is a door behind which the process has no file descriptor left, for
// the first callers.
type crowded struct {
	*net.UnixListener
	faults int
}

func (c *crowded) AcceptUnix() (*net.UnixConn, error) {
	if c.faults > 0 {
		c.faults--
		return nil, &net.OpError{Op: "accept", Net: "unix", Err: errors.New("too many open files")}
	}
	return c.UnixListener.AcceptUnix()
}

func TestAFaultInTakingACommandDoesNotEndTheBroker(t *testing.T) {
	dir := t.TempDir()
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, socketName), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	b := &Broker{cfg: Config{Dir: dir, Log: slog.New(slog.DiscardHandler)}}
	l := &listener{broker: b, path: filepath.Join(dir, socketName), socket: &crowded{socket, 2}}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.run(ctx) }()
	remote, ok := Reach(dir)
	if !ok {
		t.Fatal("nobody listens")
	}
	// An unknown command is answered: the listener goes on.
	if err := remote.ask(t.Context(), request{}, nil); err == nil || !strings.Contains(err.Error(), "unknown command") {
		t.Errorf("answered %v", err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
}
