package node

import (
	"errors"
	"fmt"
	"time"

	server "github.com/nats-io/nats-server/v2/server"
)

// ErrStuck says that the server could not be stopped: it may still write to the
// folder, and nothing in this process may open it again. Only the end of the
// process helps.
var ErrStuck = errors.New("the message server cannot be stopped")

// stopWait is how long a server may take to stop before it counts as stuck.
const stopWait = time.Minute

// ErrNoAnswer says that the server did not even say how its streams are: it is
// starting, or the machine has no time for it. It says nothing about the disk.
var ErrNoAnswer = errors.New("the message server does not say how it is")

// looks is how often Healthy asks: the server gives itself a millisecond to
// find out whether it listens, which a busy machine may not give it.
const looks = 20

// Healthy returns nil if the server runs and every stream works, else what
// does not. After a disk error a stream stays stopped until Reopen.
func (n *Node) Healthy() error {
	s := n.current.Load()
	if s == nil {
		return errors.New("the message server is being opened again")
	}
	return health(s)
}

func health(s *server.Server) error {
	var faults []error
	for range looks {
		faults = nil
		for _, e := range s.Healthz(&server.HealthzOptions{Details: true}).Errors {
			if e.Type == server.HealthzErrorConn {
				faults = append(faults, fmt.Errorf("%w: %s", ErrNoAnswer, e.Error))
				continue
			}
			faults = append(faults, errors.New(e.Error))
		}
		if err := errors.Join(faults...); !errors.Is(err, ErrNoAnswer) {
			return err
		}
	}
	return errors.Join(faults...)
}

// Probe returns nil if the folder takes what the server would write after
// Reopen. It makes a file of that size durable and deletes it: an error names
// what stands in the way, among them a quota, a limit of the process on the
// size of files and a disk mounted read-only.
func (n *Node) Probe() error { return try(storeDir(n.cfg.Dir, n.registry), roomToReopen) }

// Reopen stops the server and opens it again on what is on the disk, which is
// the only cure after a write failed: the server stops the stream, rightly,
// because it cannot know which part of the file is durable.
//
// Before the server reads the end of a stream again, that end is written out
// once more: after a failed sync the kernel may show pages that it will never
// write, and what was decided on them would be gone with the next power cut.
//
// The hub's connections and everybody else's are cut and come back by
// themselves. After an error other than ErrStuck no server runs, and Reopen may
// be called again.
func (n *Node) Reopen() error {
	n.changing.Lock()
	defer n.changing.Unlock()
	n.current.Store(nil)
	if !n.halt() {
		return fmt.Errorf("reopening the node: %w within %s", ErrStuck, stopWait)
	}
	if err := settle(storeDir(n.cfg.Dir, n.registry)); err != nil {
		return fmt.Errorf("reopening the node: making the ends of the streams durable: %w", err)
	}
	o, err := options(n.cfg, n.registry)
	if err != nil {
		return fmt.Errorf("reopening the node: %w", err)
	}
	if err := n.open(o, roomToReopen); err != nil {
		return fmt.Errorf("reopening the node: %w", err)
	}
	return nil
}

// halt stops the last server and says whether nothing of it runs any more.
func (n *Node) halt() bool {
	if n.server == nil || n.stuck {
		return !n.stuck
	}
	if err := setAside(storeDir(n.cfg.Dir, n.registry)); err != nil {
		n.log.Error("keeping unfinished batches", "err", err)
	}
	s, halted := n.server, make(chan struct{})
	go func() {
		defer close(halted)
		s.Shutdown()
		s.WaitForShutdown()
	}()
	select {
	case <-halted:
		n.stuck = n.starting()
	case <-time.After(stopWait):
		n.stuck = true
	}
	if n.stuck {
		return false
	}
	n.server = nil
	return true
}
