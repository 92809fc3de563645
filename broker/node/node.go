package node

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	server "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"liaison/broker/accounts"
)

// Node is a running server. Its methods may be used by any number of
// goroutines.
type Node struct {
	cfg      Config // with its defaults; Listen names the port
	url      string // where members connect
	registry *accounts.Registry
	lock     *accounts.Lock
	log      *slog.Logger
	stop     sync.Once
	// current is the server that is open to connections, nil until there is one.
	current atomic.Pointer[server.Server]

	// changing orders refreshes and reopenings, so that the last refresh to
	// return has given the running server the newest claims.
	changing sync.Mutex
	// What follows belongs to the last server that was made; guarded by changing.
	server   *server.Server
	resolver *resolver
	started  chan struct{} // closed when the server's own start has returned
	stuck    bool          // it cannot be stopped: the folder stays locked until the process ends
	// suspended has the accounts that the guard keeps out, and until when.
	suspended map[string]time.Time

	mu    sync.Mutex
	conns []*nats.Conn // the hub's connections; guarded by mu
}

// Start starts the server and returns when it is ready for connections. The
// registry must be that of cfg.Dir and stay open until Stop. Two servers cannot
// have the same folder.
func Start(cfg Config, reg *accounts.Registry) (*Node, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("starting the node: %w", err)
	}
	cfg = cfg.withDefaults()
	o, err := options(cfg, reg)
	if err != nil {
		return nil, fmt.Errorf("starting the node: %w", err)
	}
	n, err := start(cfg, reg, o)
	if err != nil {
		return nil, fmt.Errorf("starting the node: %w", err)
	}
	return n, nil
}

func start(cfg Config, reg *accounts.Registry, o *server.Options) (*Node, error) {
	if err := sameFolder(cfg.Dir, reg.Dir()); err != nil {
		return nil, err
	}
	// The server would make its folders readable by the group.
	if err := os.MkdirAll(storeDir(cfg.Dir, reg), 0o700); err != nil {
		return nil, err
	}
	lock, err := accounts.Acquire(cfg.Dir, "node.lock")
	if err != nil {
		return nil, err
	}
	n := &Node{cfg: cfg, registry: reg, lock: lock, log: cfg.Log}
	if err := n.open(o, roomToStart); err != nil {
		n.Stop()
		return nil, err
	}
	return n, nil
}

// open makes a server on what is on the disk and lets connections in.
func (n *Node) open(o *server.Options, room int64) error {
	if err := putBack(storeDir(n.cfg.Dir, n.registry)); err != nil {
		return err
	}
	if err := try(storeDir(n.cfg.Dir, n.registry), room); err != nil {
		return err
	}
	n.resolver, _ = o.AccountResolver.(*resolver)
	n.suspended = map[string]time.Time{}
	if err := n.run(o); err != nil {
		return err
	}
	if err := errors.Join(health(n.server), n.pin()); err != nil {
		return err
	}
	if err := dropAside(storeDir(n.cfg.Dir, n.registry)); err != nil {
		return err
	}
	n.current.Store(n.server)
	return nil
}

// pin keeps the address that members connect to, so that they find it again
// when the server is opened again.
func (n *Node) pin() error {
	address, ok := n.server.Addr().(*net.TCPAddr)
	if !ok || n.url != "" {
		return nil
	}
	host, _, err := net.SplitHostPort(n.cfg.Listen)
	if err != nil {
		return err
	}
	n.cfg.Listen, n.url = net.JoinHostPort(host, strconv.Itoa(address.Port)), n.server.ClientURL()
	return nil
}

// run creates, starts and checks the server.
func (n *Node) run(o *server.Options) error {
	if err := checkOptions(o); err != nil {
		return err
	}
	var err error
	if n.server, err = server.NewServer(o); err != nil {
		return err
	}
	// Once more: the server fills in what it thinks is missing.
	if err := checkOptions(o); err != nil {
		return err
	}
	log := newLogger(n.log)
	n.server.SetLoggerV2(log, false, false, false)
	if err := n.await(log, n.cfg.StartWait); err != nil {
		return err
	}
	if _, err := n.server.LookupAccount(n.registry.HubAccount()); err != nil {
		return fmt.Errorf("opening the hub's account: %w", err)
	}
	if err := checkServer(n.server, n.registry); err != nil {
		return err
	}
	n.log.Info("trying to connect without credentials, which must fail")
	return checkDoor(n.server)
}

// await starts the server and waits until it is ready, gives up or takes too
// long.
func (n *Node) await(log *logger, wait time.Duration) error {
	deadline := time.NewTimer(wait)
	defer deadline.Stop()
	n.started = make(chan struct{})
	go func() { defer close(n.started); n.server.Start() }()
	for {
		select {
		case err := <-log.fatal:
			return err
		case <-deadline.C:
			return fmt.Errorf("the server was not ready within %s", wait)
		case <-n.started:
			if n.server.ReadyForConnections(readyStep) {
				return nil
			}
		}
	}
}

// readyStep is how long one look at the server's readiness lasts.
const readyStep = 20 * time.Millisecond

// hubQueue bounds the messages of one answer that wait for their reader: more
// than any question of the broker asks for. The client library makes room for
// all of them with each question, and its default of half a megabyte costs more
// than the question.
const hubQueue = 4096

// Hub connects as the hub's own user, within the process. The connection
// belongs to the node, which closes it at Stop; closing it earlier is allowed.
// It reconnects by itself, and never keeps a publication for later.
func (n *Node) Hub(name string) (*nats.Conn, error) {
	login, err := n.registry.HubLogin()
	if err != nil {
		return nil, fmt.Errorf("connecting %s to the hub: %w", name, err)
	}
	token := func() (string, error) { return login.Token, nil }
	nc, err := nats.Connect("", nats.InProcessServer(door{n}), nats.Name(name), nats.UserJWT(token, login.Sign),
		nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond), nats.ReconnectBufSize(-1), nats.IgnoreAuthErrorAbort(),
		nats.SyncQueueLen(hubQueue),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			n.log.Warn("hub connection", "name", name, "err", err)
		}))
	if err != nil {
		return nil, fmt.Errorf("connecting %s to the hub: %w", name, err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.conns = append(n.conns, nc)
	return nc, nil
}

// door lets the hub's connections in at whichever server runs.
type door struct{ node *Node }

// InProcessConn connects to the server that is open now.
func (d door) InProcessConn() (net.Conn, error) {
	s := d.node.current.Load()
	if s == nil {
		return nil, errors.New("the message server is being opened again")
	}
	return s.InProcessConn()
}

// Heard says whether anybody listens at an address of the hub's, within its
// account or through an import of another.
func (n *Node) Heard(address string) bool {
	s := n.current.Load()
	if s == nil {
		return false
	}
	hub, err := s.LookupAccount(n.registry.HubAccount())
	return err == nil && hub.SubscriptionInterest(address)
}

// URL is where members connect, such as "nats://127.0.0.1:4222", or empty if
// the server does not listen.
func (n *Node) URL() string { return n.url }

// Refresh makes the server act on what the registry now says of a desk, and
// returns when it does: a new desk can connect, and whoever was revoked is cut
// off and stays out. It must follow every Enrol and Revoke. It does nothing if
// the server knows already.
func (n *Node) Refresh(d accounts.Desk) error {
	n.changing.Lock()
	defer n.changing.Unlock()
	if err := n.refresh(d.Account); err != nil {
		return fmt.Errorf("refreshing the account of %s: %w", d, err)
	}
	return nil
}

func (n *Node) refresh(key string) error {
	if n.server == nil {
		return nil // the next one asks the registry when it is opened
	}
	// First the account, which may be new to the server: claims that are read
	// afterwards are never older than those it has.
	account, err := n.server.LookupAccount(key)
	if err != nil {
		return err
	}
	claims, err := n.registry.AccountClaims(key)
	if err != nil {
		return err
	}
	if _, out := n.suspended[key]; out {
		claims.Limits.Conn = 0
	}
	print := fingerprint(claims.Account)
	if !n.resolver.current(key, print) {
		n.server.UpdateAccountClaims(account, claims)
		n.resolver.show(key, print)
	}
	return n.verify(key, claims.Revocations)
}

// verify asks the server what it holds an account to.
func (n *Node) verify(key string, revoked map[string]int64) error {
	got, err := n.server.Accountz(&server.AccountzOptions{Account: key})
	if err != nil {
		return err
	}
	held := got.Account
	if held == nil || held.Expired || !held.Complete {
		return errors.New("the server does not have it complete")
	}
	if held.JetStream {
		return errors.New("it has JetStream, and only the hub may")
	}
	for user, at := range revoked {
		if held.RevokedUser[user].Unix() != at {
			return errors.New("the server did not take a revocation: stop it")
		}
	}
	return nil
}

// Stop closes the hub's connections and stops the server; everything that was
// acknowledged is on disk. It returns when nothing runs any more. Stopping
// twice does nothing.
func (n *Node) Stop() {
	n.stop.Do(func() {
		n.mu.Lock()
		conns := n.conns
		n.mu.Unlock()
		for _, nc := range conns {
			nc.Close()
		}
		n.changing.Lock()
		defer n.changing.Unlock()
		if !n.halt() {
			return // the folder stays locked, and the end of the process frees it
		}
		if err := n.lock.Release(); err != nil {
			n.log.Error("releasing the folder", "err", err)
		}
	})
}

// starting says that the server's start goes on although it was told to stop:
// it cannot be called off. The folder then stays locked until the process ends,
// so that no second server meets the first one there.
func (n *Node) starting() bool {
	if n.started == nil {
		return false
	}
	select {
	case <-n.started:
		return false
	case <-time.After(startGrace):
		return true
	}
}

// startGrace is how long a start that failed may take to return.
const startGrace = 10 * time.Second

// sameFolder says whether two names are of one folder.
func sameFolder(a, b string) error {
	first, err := os.Stat(a)
	if err != nil {
		return err
	}
	second, err := os.Stat(b)
	if err != nil {
		return err
	}
	if !os.SameFile(first, second) {
		return fmt.Errorf("the registry is that of %s, not of %s", b, a)
	}
	return nil
}
