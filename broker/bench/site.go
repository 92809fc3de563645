package bench

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"liaison/broker"
	"liaison/broker/accounts"
	"liaison/schemas"
)

const (
	// members is how many members have a desk.
	members = 60
	// reserved is how many forces hear only of the tips whose delay is timed.
	reserved = 4
	listen   = "127.0.0.1:0"
	hub      = schemas.MemberID("ukhtc")
)

// senders are the members that send; none of them is concerned by a tip.
var senders = []schemas.MemberID{"gla", "eas", "ukba", "british-transport-police"}

// site is the folder of a broker with its members enrolled.
type site struct {
	dir    string
	tables fs.FS
	log    *slog.Logger
	creds  map[schemas.MemberID][]byte
	// areas are those of the forces that hear of tips; quiet are those of the
	// reserved ones.
	areas, quiet []schemas.Code
	run          string
	// counter counts the messages that were sent to the broker.
	counter atomic.Uint64
}

// newSite makes the folder and enrols the members.
func newSite(ctx context.Context, dir string, tables fs.FS, log *slog.Logger) (*site, error) {
	s := &site{dir: dir, tables: tables, log: log, creds: map[schemas.MemberID][]byte{}, run: newRun()}
	b, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	var enrolled []schemas.MemberID
	for _, m := range b.Members() {
		switch {
		case m.Kind != "police" && m.Kind != "non-territorial" && m.ID != hub && m.ID != "soca" && !slices.Contains(senders, m.ID):
			continue
		case m.Kind == "police" && !slices.Contains(elsewhere, schemas.Code(m.ID)):
			s.areas = append(s.areas, m.Areas[0].Code)
		}
		enrolled = append(enrolled, m.ID)
	}
	if len(enrolled) != members {
		return nil, fmt.Errorf("the tables have %d members of the kinds that take part, not %d", len(enrolled), members)
	}
	s.areas, s.quiet = s.areas[reserved:], s.areas[:reserved]
	for _, m := range enrolled {
		issued, err := b.Enrol(ctx, accounts.Enrolment{Member: m, Role: accounts.Both, At: time.Now(), By: broker.ThisUser()})
		if err != nil {
			return nil, err
		}
		s.creds[m] = issued.Creds
	}
	return s, nil
}

// open opens the broker on the folder.
func (s *site) open(ctx context.Context) (*broker.Broker, error) {
	return broker.Open(ctx, broker.Config{Dir: s.dir, Listen: listen, Default: s.tables, MaxStore: maxStore, Log: s.log})
}

// connect connects as a member, over TCP with its credentials.
func (s *site) connect(url string, m schemas.MemberID) (*nats.Conn, error) {
	nc, err := nats.Connect(url, nats.UserCredentialBytes(s.creds[m]))
	if err != nil {
		return nil, fmt.Errorf("connecting as %s: %w", m, err)
	}
	return nc, nil
}

// supplies makes what each sender sends, counted by a counter.
func (s *site) supplies(counter *atomic.Uint64, fanOut int, areas []schemas.Code) ([]*supply, error) {
	var all []*supply
	for _, m := range senders {
		one, err := newSupply(s.run, counter, m, fanOut, areas)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// doors are the senders' connections to a broker.
type doors []*nats.Conn

func (s *site) doors(url string) (doors, error) {
	var d doors
	for _, m := range senders {
		nc, err := s.connect(url, m)
		if err != nil {
			d.close()
			return nil, err
		}
		d = append(d, nc)
	}
	return d, nil
}

func (d doors) close() {
	for _, nc := range d {
		nc.Close()
	}
}
