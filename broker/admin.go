package broker

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	"liaison/broker/accounts"
	"liaison/broker/ledger"
	"liaison/broker/policy"
	"liaison/broker/retention"
	"liaison/schemas"
)

// socketName is the file in a broker's folder through which the operator's
// commands reach it. Only the owner of the folder may open it.
const socketName = "admin.sock"

// request is one line from an operator's command. Exactly one field is set.
type request struct {
	Enrol  *accounts.Enrolment `json:"enrol,omitempty"`
	Revoke *revocation         `json:"revoke,omitempty"`
	Ledger *ledgerQuery        `json:"ledger,omitempty"`
	Prove  *ProofQuery         `json:"prove,omitempty"`
	Verify *struct{}           `json:"verify,omitempty"`
	Check  *struct{}           `json:"check,omitempty"`
	Docket *ClocksOf           `json:"docket,omitempty"`
	// Support is answered as for a member.
	Support   *schemas.SupportQuery `json:"support,omitempty"`
	Thread    *schemas.MessageRef   `json:"thread,omitempty"`
	Named     *OperationOf          `json:"operation,omitempty"`
	Status    *struct{}             `json:"status,omitempty"`
	Load      *tablesQuery          `json:"load,omitempty"`
	Diff      *diffQuery            `json:"diff,omitempty"`
	Erase     *Erasing              `json:"erase,omitempty"`
	Gap       *GapQuery             `json:"gap,omitempty"`
	Retention *RetentionQuery       `json:"retention,omitempty"`
}

type revocation struct {
	Member schemas.MemberID `json:"member"`
	Desk   string           `json:"desk"`
}

type ledgerQuery struct {
	ID schemas.ID `json:"id,omitempty"`
}

// tablesQuery names a folder of tables on the broker's own machine.
type tablesQuery struct {
	Dir string `json:"dir"`
}

type diffQuery struct {
	Old   string        `json:"old"`
	New   string        `json:"new"`
	Since time.Duration `json:"since"`
}

// diffAnswer is a difference, or at the end how many messages were decided.
type diffAnswer struct {
	Difference *policy.Difference `json:"difference,omitempty"`
	Messages   int                `json:"messages,omitempty"`
}

// response is one line of an answer: values one a line, then done or fault.
type response struct {
	Value json.RawMessage `json:"value,omitempty"`
	Fault string          `json:"fault,omitempty"`
	// Refused says that the fault is a refusal.
	Refused bool `json:"refused,omitempty"`
	Done    bool `json:"done,omitempty"`
}

// listener serves the administration socket.
type listener struct {
	broker *Broker
	path   string
	socket door
}

// door is the open socket, as far as a listener needs it.
type door interface {
	AcceptUnix() (*net.UnixConn, error)
	Close() error
}

// checkSocketPath refuses a folder whose path is so long that the operating
// system could not name a socket in it.
func checkSocketPath(dir string) error {
	room := len(syscall.RawSockaddrUnix{}.Path) - 1
	if path := bindPath(dir); len(path) > room {
		return fmt.Errorf("the folder's path is too long: this system allows %d bytes for the administration socket, and %s has %d; "+
			"choose a shorter path, or a symbolic link to the folder", room, path, len(path))
	}
	return nil
}

// bindPath is where the socket is made, before it gets its name. The folder of
// keys is closed to others, as the registry has verified, so the socket is never
// open to them, not even for a moment. Windows gives it the folder's access list.
func bindPath(dir string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(dir, socketName)
	}
	return filepath.Join(dir, "keys", socketName)
}

// listen opens the socket. A socket that is left over from a crash is
// replaced: the folder's lock says that nobody else serves it.
func listen(b *Broker) (*listener, error) {
	bound, path := bindPath(b.cfg.Dir), filepath.Join(b.cfg.Dir, socketName)
	for _, old := range []string{bound, path} {
		if err := os.Remove(old); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("replacing the administration socket: %w", err)
		}
	}
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: bound, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("opening the administration socket: %w", err)
	}
	l := &listener{broker: b, path: path, socket: socket}
	if bound == path {
		return l, nil
	}
	socket.SetUnlinkOnClose(false) // run removes it under its final name
	if err := errors.Join(os.Chmod(bound, 0o600), os.Rename(bound, path)); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the administration socket: %w", err), socket.Close())
	}
	return l, nil
}

// acceptPause is how long the listener waits after it could not take a caller,
// because the process has no file descriptor left or the caller went away.
const acceptPause = 100 * time.Millisecond

// run answers commands until the context ends.
func (l *listener) run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { l.socket.Close() })
	defer stop()
	defer os.Remove(l.path)
	defer l.socket.Close()
	var busy sync.WaitGroup
	defer busy.Wait()
	for {
		conn, err := l.socket.AcceptUnix()
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, net.ErrClosed) {
			return fmt.Errorf("serving the administration socket: %w", err)
		}
		if err != nil {
			l.broker.cfg.Log.Warn("taking an operator's command; trying again", "err", err)
			select {
			case <-time.After(acceptPause):
			case <-ctx.Done():
			}
			continue
		}
		busy.Go(func() { l.serve(ctx, conn) })
	}
}

// maxRequest and adminWait bound one command; verifyWait bounds the one that
// reads and judges everything there is.
const (
	maxRequest = 64 << 10
	adminWait  = 10 * time.Minute
	verifyWait = 12 * time.Hour
)

func (l *listener) serve(ctx context.Context, conn *net.UnixConn) {
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	conn.SetDeadline(time.Now().Add(adminWait))
	out := json.NewEncoder(conn)
	caller, err := callerOf(conn)
	if err == nil {
		var q request
		err = json.NewDecoder(io.LimitReader(conn, maxRequest)).Decode(&q)
		if errors.Is(err, io.EOF) {
			return // somebody only looked whether a broker runs
		}
		if err == nil {
			if q.Check != nil {
				conn.SetDeadline(time.Now().Add(verifyWait))
			}
			err = l.carryOut(ctx, q, caller, out)
		}
	}
	last := response{Done: true}
	if err != nil {
		last = response{Fault: err.Error(), Refused: Refused(err)}
	}
	if err := out.Encode(last); err != nil && ctx.Err() == nil {
		l.broker.cfg.Log.Warn("answering an operator's command", "err", err)
	}
}

func (l *listener) carryOut(ctx context.Context, q request, caller string, out *json.Encoder) error {
	value := func(v any) error {
		raw, err := json.Marshal(v)
		if err != nil {
			return err
		}
		return out.Encode(response{Value: raw})
	}
	log := l.broker.cfg.Log
	switch {
	case q.Enrol != nil:
		e := *q.Enrol
		e.By, e.At = caller, l.broker.cfg.Now()
		issued, err := l.broker.Enrol(ctx, e)
		if err != nil {
			return err
		}
		log.Info("enrolled", "member", e.Member, "desk", issued.Desk.Name, "by", caller)
		return value(issued)
	case q.Revoke != nil:
		d, err := l.broker.Revoke(ctx, q.Revoke.Member, q.Revoke.Desk)
		if err != nil {
			return err
		}
		log.Info("revoked", "member", d.Member, "desk", d.Name, "by", caller)
		return value(d)
	case q.Ledger != nil:
		return l.broker.ShowLedger(ctx, q.Ledger.ID, func(e ledger.Entry) error { return value(e) })
	case q.Prove != nil:
		proof, err := l.broker.Prove(ctx, *q.Prove)
		if err != nil {
			return err
		}
		return value(proof)
	case q.Verify != nil:
		report, err := l.broker.VerifyLedger(ctx)
		if err != nil {
			return err
		}
		return value(report)
	case q.Check != nil:
		report, err := l.broker.Verify(ctx)
		if err != nil {
			return err
		}
		return value(report)
	case q.Docket != nil:
		return l.broker.ShowDocket(ctx, *q.Docket, func(c schemas.Clock) error { return value(c) })
	case q.Support != nil:
		a, err := l.broker.AskSupport(ctx, *q.Support)
		if err != nil {
			return err
		}
		return value(a)
	case q.Thread != nil:
		t, err := l.broker.ShowThread(ctx, *q.Thread)
		if err != nil {
			return err
		}
		return value(t)
	case q.Named != nil:
		o, err := l.broker.ShowOperation(ctx, *q.Named)
		if err != nil {
			return err
		}
		return value(o)
	case q.Status != nil:
		return value(l.broker.Status())
	case q.Load != nil:
		if _, err := l.broker.Load(ctx, os.DirFS(q.Load.Dir), caller); err != nil {
			return err
		}
		return value(l.broker.Status())
	case q.Erase != nil:
		e := *q.Erase
		e.By = caller
		entry, err := l.broker.Erase(ctx, e)
		if err != nil {
			return err
		}
		log.Info("erased", "id", e.Of.ID, "member", e.Of.Originator, "by", caller)
		return value(entry)
	case q.Retention != nil:
		return l.broker.ShowRetention(ctx, *q.Retention, func(d retention.Due) error { return value(d) })
	case q.Gap != nil:
		g := *q.Gap
		g.By = caller
		entry, err := l.broker.AcceptGap(ctx, g)
		if err != nil {
			return err
		}
		log.Warn("a gap was accepted", "stream", g.Stream, "from", g.From, "to", g.To, "by", caller)
		return value(entry)
	case q.Diff != nil:
		messages, err := l.broker.DiffTables(ctx, q.Diff.Old, q.Diff.New, q.Diff.Since, func(d policy.Difference) error {
			return value(diffAnswer{Difference: &d})
		})
		if err != nil {
			return err
		}
		return value(diffAnswer{Messages: messages})
	}
	return errors.New("unknown command: the broker and the command are of different versions")
}

// callerOf names the user at the other end of the socket, by the kernel's word
// where it gives one.
func callerOf(conn *net.UnixConn) (string, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return "", fmt.Errorf("finding out who calls: %w", err)
	}
	var name string
	var nameErr error
	if err := raw.Control(func(fd uintptr) { name, nameErr = peer(fd) }); err != nil {
		return "", fmt.Errorf("finding out who calls: %w", err)
	}
	if nameErr != nil {
		return "", fmt.Errorf("finding out who calls: %w", nameErr)
	}
	return name, nil
}

// Remote is a broker that another process runs, reached through its socket.
type Remote struct{ path string }

// Reach returns the broker that runs on a folder, or false if none does.
func Reach(dir string) (*Remote, bool) {
	r := &Remote{path: filepath.Join(dir, socketName)}
	conn, err := net.Dial("unix", r.path)
	if err != nil {
		return nil, false
	}
	conn.Close()
	return r, true
}

// ask sends one request and calls fn with every value of the answer.
func (r *Remote) ask(ctx context.Context, q request, fn func(json.RawMessage) error) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", r.path)
	if err != nil {
		return fmt.Errorf("reaching the running broker: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if err := json.NewEncoder(conn).Encode(q); err != nil {
		return fmt.Errorf("asking the running broker: %w", err)
	}
	in := json.NewDecoder(bufio.NewReader(conn))
	for {
		var a response
		if err := in.Decode(&a); err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return fmt.Errorf("hearing from the running broker: %w", err)
		}
		switch {
		case a.Refused:
			return &remoteRefusal{a.Fault}
		case a.Fault != "":
			return errors.New(a.Fault)
		case a.Done:
			return nil
		}
		if err := fn(a.Value); err != nil {
			return err
		}
	}
}
