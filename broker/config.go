package broker

import (
	"cmp"
	"crypto/tls"
	"errors"
	"io/fs"
	"log/slog"
	"time"
)

// Config says how a broker runs.
type Config struct {
	// Dir holds everything the broker keeps: keys, accounts, streams and the
	// administration socket. Required; it is created if it is not there.
	Dir string
	// Listen is the address for members' connections, such as
	// "127.0.0.1:4222"; port 0 takes any free one. Empty means no listener:
	// only this process reaches the broker.
	Listen string
	// TLS encrypts members' connections; nil means that they are not encrypted,
	// which a listener that other machines can reach refuses unless Plain says
	// that something in front of the broker does it.
	TLS   *tls.Config
	Plain bool
	// Tables are the protocol tables to use; nil means those that an operator
	// loaded into the folder, or else Default.
	Tables fs.FS
	// Default are the tables where nobody has chosen any. Required.
	Default fs.FS
	// MaxStore bounds the bytes on disk; zero means what RememberMaxStore kept in
	// the folder, or else 16 GiB. A quarter of it is for the intake, the rest for
	// decisions and copies.
	MaxStore int64
	// Log takes what the broker has to say. Required.
	Log *slog.Logger
	// Now is the clock; nil means the system's.
	Now func() time.Time
}

const defaultMaxStore = 16 << 30

// minMaxStore is the least that two streams can work with.
const minMaxStore = 16 << 20

// withDefaults returns the configuration with every zero filled in, or all
// that is wrong with it.
func (c Config) withDefaults() (Config, error) {
	var faults []error
	if c.Dir == "" {
		faults = append(faults, errors.New("a broker needs a folder: give --dir"))
	}
	if c.Listen != "" { // without a listener nobody calls Run, and there is no socket
		faults = append(faults, checkSocketPath(c.Dir))
	}
	if c.Default == nil {
		faults = append(faults, errors.New("a broker needs protocol tables"))
	}
	if c.Log == nil {
		faults = append(faults, errors.New("a broker needs a log"))
	}
	if c.MaxStore == 0 && c.Dir != "" {
		chosen, err := rememberedMaxStore(c.Dir)
		if err != nil {
			faults = append(faults, err)
		}
		c.MaxStore = cmp.Or(chosen, defaultMaxStore)
	}
	if c.Dir != "" && c.MaxStore < minMaxStore {
		faults = append(faults, errors.New("the store must be allowed at least 16 MiB"))
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, errors.Join(faults...)
}
