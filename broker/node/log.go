package node

import (
	"errors"
	"fmt"
	"log/slog"

	server "github.com/nats-io/nats-server/v2/server"
)

// logger hands the server's log lines to slog. The server writes about
// connections, accounts and addresses, never about content: tracing is off.
type logger struct {
	log *slog.Logger
	// fatal takes the first fault that makes the server give up. The server
	// expects Fatalf to end the process; here it ends the start instead.
	fatal chan error
}

var _ server.Logger = (*logger)(nil)

func newLogger(log *slog.Logger) *logger {
	return &logger{log: log, fatal: make(chan error, 1)}
}

// Noticef takes what the server says about starting and stopping.
func (l *logger) Noticef(format string, v ...any) {
	l.log.Debug("nats", "text", fmt.Sprintf(format, v...))
}

// Warnf takes warnings.
func (l *logger) Warnf(format string, v ...any) {
	l.log.Warn("nats", "text", fmt.Sprintf(format, v...))
}

// Errorf takes errors, among them every refused connection, publication and
// subscription. They are warnings here: one member's mistake is no fault of
// the broker.
func (l *logger) Errorf(format string, v ...any) {
	l.log.Warn("nats", "text", fmt.Sprintf(format, v...))
}

// Fatalf takes what the server cannot start with. It returns.
func (l *logger) Fatalf(format string, v ...any) {
	text := fmt.Sprintf(format, v...)
	l.log.Error("nats", "text", text)
	select {
	case l.fatal <- errors.New(text):
	default: // the first one counts
	}
}

// Debugf discards: it names clients and addresses, and nobody asked.
func (l *logger) Debugf(string, ...any) {}

// Tracef discards: it holds content.
func (l *logger) Tracef(string, ...any) {}
