package node

import (
	"time"

	server "github.com/nats-io/nats-server/v2/server"

	"liaison/broker/accounts"
)

// Limits of the server. Each is set on purpose: a default of the server that
// matters here is never relied on.
const (
	maxConnections = 4096
	maxPending     = 64 << 20 // of one connection: the router's reader has whole batches on the way
	maxControlLine = 4096     // a CONNECT line holds the user's token
	// maxConsumers of a stream: one for each desk, and the broker's own readers.
	maxConsumers = accounts.MaxDesks + 200
	maxMemory    = 64 << 20
	// maxBatch is the most entries of one atomic batch.
	maxBatch = 5000
)

// options are the server's options for a configuration with its defaults.
func options(cfg Config, reg *accounts.Registry) (*server.Options, error) {
	operators, err := reg.Operators()
	if err != nil {
		return nil, err
	}
	o := &server.Options{
		ServerName:             cfg.Name,
		NoSigs:                 true,
		NoLog:                  true, // until SetLoggerV2
		DisableJetStreamBanner: true,

		TrustedOperators: operators,
		SystemAccount:    reg.SystemAccount(),
		AccountResolver:  &resolver{registry: reg, shown: make(map[string]string)},
		AuthTimeout:      2,
		TLSTimeout:       2,
		TLSConfig:        cfg.TLS,
		TLS:              cfg.TLS != nil,

		MaxConn:          maxConnections,
		MaxPayload:       accounts.MaxPayload,
		MaxPending:       maxPending,
		MaxControlLine:   maxControlLine,
		MaxSubTokens:     16,
		PingInterval:     30 * time.Second,
		MaxPingsOut:      2,
		WriteDeadline:    10 * time.Second,
		MaxClosedClients: 100,
		MaxTracedMsgLen:  1, // tracing is off; if it ever were not, no content
	}
	if err := listen(o, cfg.Listen); err != nil {
		return nil, err
	}
	store(o, cfg)
	return o, nil
}

func listen(o *server.Options, address string) (err error) {
	if address == "" {
		o.DontListen = true
		return nil
	}
	o.Host, o.Port, err = splitAddress(address)
	return err
}

// store sets the options of JetStream.
func store(o *server.Options, cfg Config) {
	o.JetStream = true
	o.StoreDir = cfg.Dir // the server adds "jetstream"
	o.SyncAlways = true
	o.JetStreamMaxStore = cfg.MaxStore
	o.JetStreamMaxMemory = maxMemory
	o.JetStreamLimits = server.JSLimitOpts{
		MaxBatchSize: maxBatch,
		// Intake and router each have one batch on the way; a batch that was
		// cut off keeps its place until the timeout.
		MaxBatchInflightPerStream: 16,
		MaxBatchInflightTotal:     64,
		MaxBatchTimeout:           10 * time.Second,
		DefaultMaxConsumers:       maxConsumers,
	}
}
