//go:build unix

package main

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"liaison/schemas"
)

// delivery is a line of the log of what a desk got: all bytes of it.
type delivery struct {
	At       time.Time   `json:"at"`
	Sequence uint64      `json:"sequence"`
	Address  string      `json:"address"`
	Reply    string      `json:"reply"`
	Header   nats.Header `json:"header"`
	Data     []byte      `json:"data"`
}

// reader reads a desk's feed with its durable consumer, and acknowledges each
// copy when it is in the log.
type reader struct {
	tr   *trial
	name string
	log  *journal

	mu        sync.Mutex      // guards what follows
	decisions map[string]bool // whose copies are in the log
	latest    time.Time       // of the last line of the log
}

func newReader(tr *trial, name string) (*reader, error) {
	log, err := newJournal(filepath.Join(tr.root, "desk-"+filepath.Base(filepath.Dir(name))+"-"+filepath.Base(name)+".jsonl"))
	if err != nil {
		return nil, err
	}
	tr.t.Cleanup(func() { log.file.Close() })
	return &reader{tr: tr, name: name, log: log, decisions: map[string]bool{}}, nil
}

// run reads until the context ends, through every fault of the broker.
func (d *reader) run(ctx context.Context) {
	nc, err := d.tr.dial(d.name)
	if err != nil {
		d.tr.t.Errorf("%s: %v", d.name, err)
		return
	}
	defer nc.Close()
	js, err := jetstream.NewWithAPIPrefix(nc, schemas.APIPrefix)
	if err != nil {
		d.tr.t.Errorf("%s: %v", d.name, err)
		return
	}
	for ctx.Err() == nil {
		// Whatever goes wrong, the copies are there the next time.
		if err := d.read(ctx, js); err != nil {
			pausing(ctx, 50*time.Millisecond)
		}
	}
}

// read pulls until something goes wrong.
func (d *reader) read(ctx context.Context, js jetstream.JetStream) error {
	asking, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	cons, err := js.Consumer(asking, schemas.FeedName, schemas.ConsumerName)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		batch, err := cons.Fetch(100, jetstream.FetchMaxWait(500*time.Millisecond))
		if err != nil {
			return err
		}
		for m := range batch.Messages() {
			if err := d.take(m); err != nil {
				return err
			}
		}
		if err := batch.Error(); err != nil {
			return err
		}
	}
	return nil
}

// take logs a copy, then acknowledges it.
func (d *reader) take(m jetstream.Msg) error {
	meta, err := m.Metadata()
	if err != nil {
		return err
	}
	now := time.Now()
	err = d.log.write(delivery{At: now, Sequence: meta.Sequence.Stream, Address: m.Subject(), Reply: m.Reply(), Header: m.Headers(), Data: m.Data()})
	if err != nil {
		d.tr.t.Errorf("%s: writing the log: %v", d.name, err)
		return err
	}
	d.mu.Lock()
	d.decisions[m.Headers().Get(schemas.HeaderDecision)] = true
	d.latest = now
	d.mu.Unlock()
	return m.Ack()
}

// has says whether the copies of all these decisions are in the log.
func (d *reader) has(decisions map[string]bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for n := range decisions {
		if !d.decisions[n] {
			return false
		}
	}
	return true
}
