package node

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	server "github.com/nats-io/nats-server/v2/server"
)

// Config says how the server runs.
type Config struct {
	// Dir is the folder of the registry; streams are kept in DIR/jetstream.
	// Required.
	Dir string
	// Listen is the address for members' connections, such as
	// "127.0.0.1:4222"; port 0 or -1 takes any free one. Empty means no
	// listener: only this process reaches the server.
	Listen string
	// TLS protects the listener. Nil means none, which is refused for an
	// address that other machines can reach unless Plain is set.
	TLS *tls.Config
	// Plain allows an address that other machines can reach without TLS,
	// because something in front of it encrypts.
	Plain bool
	// Name identifies the server and must stay the same across restarts; empty
	// means "liaison".
	Name string
	// Log takes what the server has to say; nil discards it.
	Log *slog.Logger
	// MaxStore bounds the bytes on disk, of which streams with a limit reserve
	// a part; zero means 16 GiB. The server's own default, a share of the
	// disk, is never used.
	MaxStore int64
	// StartWait bounds the start, which reads all streams after an unclean
	// stop (about 0.5 GB a second); zero means five minutes.
	StartWait time.Duration
}

const (
	defaultName      = "liaison"
	defaultMaxStore  = 16 << 30
	defaultStartWait = 5 * time.Minute
)

// Validate joins everything that is wrong with the configuration.
func (c Config) Validate() error {
	var faults []error
	if c.Dir == "" {
		faults = append(faults, errors.New("no folder given"))
	}
	if c.MaxStore < 0 {
		faults = append(faults, fmt.Errorf("the store cannot have %d bytes", c.MaxStore))
	}
	if c.StartWait < 0 {
		faults = append(faults, fmt.Errorf("the start cannot wait %s", c.StartWait))
	}
	if c.Listen == "" {
		return errors.Join(faults...)
	}
	host, _, err := splitAddress(c.Listen)
	if err != nil {
		faults = append(faults, err)
	} else if c.TLS == nil && !c.Plain && !loopback(host) {
		faults = append(faults, fmt.Errorf("other machines can reach %q and nothing encrypts: "+
			"give a certificate, or say that something in front of it encrypts, or listen on 127.0.0.1", c.Listen))
	}
	return errors.Join(faults...)
}

// withDefaults fills in what is zero.
func (c Config) withDefaults() Config {
	if c.Name == "" {
		c.Name = defaultName
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.MaxStore == 0 {
		c.MaxStore = defaultMaxStore
	}
	if c.StartWait == 0 {
		c.StartWait = defaultStartWait
	}
	return c
}

// splitAddress reads "host:port"; port 0 becomes the server's word for any.
func splitAddress(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err == nil {
		port, err = strconv.Atoi(text)
	}
	if err == nil && (port < -1 || port > 65535) {
		err = fmt.Errorf("there is no port %d", port)
	}
	if err != nil {
		return "", 0, fmt.Errorf("the address %q is not of the form 127.0.0.1:4222: %w", address, err)
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	return host, port, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
