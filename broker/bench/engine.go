package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	server "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// engine is a plain nats-server with one stream.
type engine struct {
	server *server.Server
	js     jetstream.JetStream // within the process
	conns  []*nats.Conn
}

const (
	plainStream  = "PLAIN"
	plainAddress = "plain.message"
	plainReader  = "reader"
	// startWait bounds the start of a server.
	startWait = time.Minute
	// maxStore bounds each store; the streams of both sides get a share of it.
	maxStore = 64 << 30
)

// version is the version of the engine on both sides.
const version = server.VERSION

// startEngine starts a plain server on a folder. With sync it syncs each
// message before it acknowledges it, as the broker's does.
func startEngine(ctx context.Context, dir string, sync bool) (*engine, error) {
	s, err := server.NewServer(&server.Options{ServerName: "plain", Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: dir, SyncAlways: sync, JetStreamMaxStore: maxStore, MaxPayload: 2 << 20})
	if err != nil {
		return nil, fmt.Errorf("starting the plain engine: %w", err)
	}
	e := &engine{server: s}
	s.Start()
	if !s.ReadyForConnections(startWait) {
		e.stop()
		return nil, errors.New("starting the plain engine: it was not ready in time")
	}
	nc, err := e.connect(nats.InProcessServer(s))
	if err == nil {
		e.js, err = jetstream.New(nc)
	}
	if err == nil {
		_, err = e.js.CreateStream(ctx, jetstream.StreamConfig{Name: plainStream, Subjects: []string{"plain.>"}, Storage: jetstream.FileStorage,
			Discard: jetstream.DiscardNew, MaxBytes: maxStore / 4, AllowDirect: true, Duplicates: time.Second})
	}
	if err != nil {
		e.stop()
		return nil, fmt.Errorf("starting the plain engine: %w", err)
	}
	return e, nil
}

// connect makes a connection that ends with the engine: over TCP, unless an
// option says otherwise.
func (e *engine) connect(opts ...nats.Option) (*nats.Conn, error) {
	nc, err := nats.Connect(e.server.ClientURL(), opts...)
	if err != nil {
		return nil, fmt.Errorf("connecting to the plain engine: %w", err)
	}
	e.conns = append(e.conns, nc)
	return nc, nil
}

// empty throws away what the engine has stored, so that the disk does not fill.
func (e *engine) empty(ctx context.Context) error {
	stream, err := e.js.Stream(ctx, plainStream)
	if err == nil {
		err = stream.Purge(ctx)
	}
	if err != nil {
		return fmt.Errorf("emptying the plain stream: %w", err)
	}
	return nil
}

func (e *engine) stop() {
	for _, nc := range e.conns {
		nc.Close()
	}
	e.server.Shutdown()
	e.server.WaitForShutdown()
}
