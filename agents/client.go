package agents

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/nats-io/nats.go"
)

// The faults of a client that its caller may want to tell apart.
var (
	// ErrUnreachable means that no broker answers: try again later.
	ErrUnreachable = errors.New("the broker cannot be reached")
	// ErrCredentials means that the broker, or this computer, does not accept
	// the credentials: trying again is of no use until a person acts.
	ErrCredentials = errors.New("the credentials are refused")
	// ErrPermission means that the credentials are good but may not do that.
	ErrPermission = errors.New("the credentials do not permit that")
)

// Config says where the broker is and who calls. Only Server and Creds matter
// to most programs.
type Config struct {
	// Server is the broker's address; empty means nats://127.0.0.1:4222.
	Server string
	// Creds is the path of the .creds file that the broker's operator gave
	// out. Empty means no credentials, which only a test server accepts. The
	// file is read again at each connection, so a renewed one is taken up.
	Creds string
	// CA is the path of a file of PEM certificates that vouch for the server;
	// empty means those that the operating system trusts.
	CA string
	// Name tells the broker's operator which program this is; empty means
	// "liaison".
	Name string
	// Timeout bounds the wait for a connection and for each answer; zero
	// means 30 seconds.
	Timeout time.Duration
	// Patient makes Connect wait for as long as its context lasts when the
	// broker cannot be reached, instead of giving up.
	Patient bool
	// Log takes what happens to the link; nil means nowhere.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Server == "" {
		c.Server = nats.DefaultURL
	}
	if c.Name == "" {
		c.Name = "liaison"
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Client is a member's link to the broker. Once connected it reconnects for
// ever, and what cannot be done meanwhile fails with ErrUnreachable. Its
// methods may be called from any number of goroutines.
type Client struct {
	link    link
	log     *slog.Logger
	timeout time.Duration
	denied  *denials
	// wakes are told of each new connection.
	wakes *bells
}

// Connect opens the link. It reports ErrUnreachable and ErrCredentials in
// words that say what to do.
func Connect(ctx context.Context, cfg Config) (*Client, error) {
	cfg = cfg.withDefaults()
	if err := checkCreds(cfg.Creds); err != nil {
		return nil, err
	}
	c := &Client{log: cfg.Log, timeout: cfg.Timeout, denied: newDenials(), wakes: newBells()}
	for pause := (backoff{}); ; {
		nc, err := c.dial(cfg)
		if err == nil {
			c.link.replace(nc)
			return c, nil
		}
		err = connectFault(cfg, err)
		if !cfg.Patient || !errors.Is(err, ErrUnreachable) {
			return nil, err
		}
		cfg.Log.Warn("the broker cannot be reached; waiting", "server", redactServer(cfg.Server), "err", err)
		if err := pause.wait(ctx); err != nil {
			return nil, err
		}
	}
}

// dial connects with the inbox that is private to the user of the credentials:
// at the desk's shared one its other users could overhear the answers.
func (c *Client) dial(cfg Config) (*nats.Conn, error) {
	user := userOf(cfg.Creds)
	opts := append(c.options(cfg), nats.ReconnectHandler(func(nc *nats.Conn) {
		c.log.Info("the link to the broker is up again")
		if userOf(cfg.Creds) != user {
			c.renew(cfg, nc)
		}
		c.wakes.ring()
	}))
	if user != "" {
		opts = append(opts, nats.CustomInboxPrefix("_INBOX_"+user))
	}
	return nats.Connect(cfg.Server, opts...)
}

// renew puts a new connection in the place of one whose credentials are those of
// another user by now, who may not read the old one's inbox.
func (c *Client) renew(cfg Config, old *nats.Conn) {
	fresh, err := c.dial(cfg)
	if err != nil {
		c.log.Warn("the link to the broker cannot be made with the renewed credentials; trying on", "err", err)
		old.ForceReconnect() // fails only when it is closed
		return
	}
	c.link.replace(fresh)
	c.denied.cut()
}

func (c *Client) options(cfg Config) []nats.Option {
	opts := []nats.Option{
		nats.Name(cfg.Name),
		nats.Timeout(min(cfg.Timeout, 10*time.Second)),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(time.Second),
		nats.ReconnectJitter(time.Second, time.Second),
		// A revoked desk may be enrolled again under the same file name.
		nats.IgnoreAuthErrorAbort(),
		// Nothing is kept back while the link is down: whoever sends must
		// know that it was not sent.
		nats.ReconnectBufSize(-1),
		nats.PermissionErrOnSubscribe(true),
		nats.PingInterval(20 * time.Second),
		nats.MaxPingsOutstanding(2),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				c.log.Warn("the link to the broker is down", "err", err)
			}
			c.denied.cut()
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			c.log.Warn("the link to the broker reports a fault", "err", err)
			c.denied.note(err)
		}),
	}
	if cfg.Creds != "" {
		opts = append(opts, nats.UserCredentials(cfg.Creds))
	}
	if cfg.CA != "" {
		opts = append(opts, nats.RootCAs(cfg.CA))
	}
	return opts
}

// Close ends the link. What waits for an answer fails.
func (c *Client) Close() { c.link.close() }

// ask sends one request and returns the one answer.
func (c *Client) ask(ctx context.Context, address string, body []byte) (*nats.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	ctx, done := c.denied.watch(ctx, address)
	defer done()
	m, err := c.link.now().RequestWithContext(ctx, address, body)
	if err != nil {
		return nil, askFault(ctx, address, err)
	}
	return m, nil
}

// askFault says in words why there was no answer.
func askFault(ctx context.Context, address string, err error) error {
	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, ErrPermission), errors.Is(cause, errCut):
		return cause
	case errors.Is(cause, context.Canceled):
		return cause
	case errors.Is(err, nats.ErrNoResponders):
		return fmt.Errorf("%w: a server answers, but nothing there takes %q; the broker is starting, or this is another server", ErrUnreachable, address)
	case errors.Is(err, nats.ErrReconnectBufExceeded), errors.Is(err, nats.ErrConnectionReconnecting):
		return fmt.Errorf("%w: the link is down", ErrUnreachable)
	case errors.Is(err, nats.ErrConnectionClosed):
		return fmt.Errorf("%w: the link has been closed", ErrUnreachable)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout):
		return fmt.Errorf("%w: no answer to %q in time", ErrUnreachable, address)
	}
	return fmt.Errorf("asking %q: %w", address, err)
}

func connectFault(cfg Config, err error) error {
	server := redactServer(cfg.Server)
	switch {
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthRevoked),
		errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAccountAuthExpired):
		return fmt.Errorf("%w by %s (%v); ask its operator whether the desk was revoked, or for new ones (liaison enrol)", ErrCredentials, server, err)
	case errors.Is(err, nats.ErrNkeysNotSupported), errors.Is(err, nats.ErrSecureConnRequired):
		return fmt.Errorf("%s is not a broker as expected: %w", server, err)
	}
	return fmt.Errorf("%w at %s (%v); check the address and that the broker runs", ErrUnreachable, server, err)
}

// redactServer hides a password that was written into the address.
func redactServer(server string) string {
	if u, err := url.Parse(server); err == nil {
		return u.Redacted()
	}
	return "the given address"
}
