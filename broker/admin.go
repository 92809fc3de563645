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
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"liaison/broker/accounts"
	"liaison/broker/ledger"
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
	Verify *struct{}           `json:"verify,omitempty"`
	Status *struct{}           `json:"status,omitempty"`
	Load   *tablesQuery        `json:"load,omitempty"`
	Diff   *diffQuery          `json:"diff,omitempty"`
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
	Old   string        `json:"old,omitempty"`
	New   string        `json:"new"`
	Since time.Duration `json:"since"`
}

// response is one line of an answer: values one a line, then done or fault.
type response struct {
	Value json.RawMessage `json:"value,omitempty"`
	Fault string          `json:"fault,omitempty"`
	Done  bool            `json:"done,omitempty"`
}

// listener serves the administration socket.
type listener struct {
	broker *Broker
	socket *net.UnixListener
}

// listen opens the socket. A socket that is left over from a crash is
// replaced: the folder's lock says that nobody else serves it.
func listen(b *Broker) (*listener, error) {
	path := filepath.Join(b.cfg.Dir, socketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("replacing the administration socket: %w", err)
	}
	old := syscall.Umask(0o177) // the socket must never be open to others, not even for a moment
	socket, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	syscall.Umask(old)
	if err != nil {
		return nil, fmt.Errorf("opening the administration socket: %w", err)
	}
	return &listener{broker: b, socket: socket}, nil
}

// run answers commands until the context ends.
func (l *listener) run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { l.socket.Close() })
	defer stop()
	defer l.socket.Close()
	var busy sync.WaitGroup
	defer busy.Wait()
	for {
		conn, err := l.socket.AcceptUnix()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("serving the administration socket: %w", err)
		}
		busy.Go(func() { l.serve(ctx, conn) })
	}
}

// maxRequest and adminWait bound one command.
const (
	maxRequest = 64 << 10
	adminWait  = 10 * time.Minute
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
			err = l.carryOut(ctx, q, caller, out)
		}
	}
	last := response{Done: true}
	if err != nil {
		last = response{Fault: err.Error()}
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
	case q.Verify != nil:
		report, err := l.broker.VerifyLedger(ctx)
		if err != nil {
			return err
		}
		return value(report)
	case q.Status != nil:
		return value(l.broker.Status())
	case q.Load != nil:
		if _, err := l.broker.Load(ctx, os.DirFS(q.Load.Dir), caller); err != nil {
			return err
		}
		return value(l.broker.Status())
	case q.Diff != nil:
		return l.broker.DiffTables(ctx, q.Diff.Old, q.Diff.New, q.Diff.Since, func(c Change) error { return value(c) })
	}
	return errors.New("unknown command: the broker and the command are of different versions")
}

// callerOf names the user at the other end of the socket, by the kernel's word.
func callerOf(conn *net.UnixConn) (string, error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return "", fmt.Errorf("finding out who calls: %w", err)
	}
	var cred *unix.Ucred
	var credErr error
	if err := raw.Control(func(fd uintptr) { cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); err != nil {
		return "", fmt.Errorf("finding out who calls: %w", err)
	}
	if credErr != nil {
		return "", fmt.Errorf("finding out who calls: %w", credErr)
	}
	return UserName(int(cred.Uid)), nil
}

// UserName names a user of the operating system: "root (uid 0)", or only the
// uid where it has no name.
func UserName(uid int) string {
	u, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		return fmt.Sprintf("uid %d", uid)
	}
	return fmt.Sprintf("%s (uid %d)", u.Username, uid)
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
			return fmt.Errorf("hearing from the running broker: %w", err)
		}
		switch {
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
