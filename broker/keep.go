package broker

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/node"
	"liaison/schemas"
)

// keeper is what is known of the disk that the streams are on.
type keeper struct {
	fault    atomic.Pointer[string] // why the store does not work; "" if it does, nil before the first look
	looking  atomic.Int64           // when the look that goes on began, in Unix nanoseconds; 0 between two
	reopened atomic.Uint64          // how often the store was opened again
	// What follows belongs to the goroutine of keep.
	wait   time.Duration // before the next try to open the store
	opened time.Time     // when it was opened again last
}

const (
	// lookEvery is how often the keeper asks whether the streams work, and
	// lookLate how long an answer may take before the disk counts as hanging.
	lookEvery = 100 * time.Millisecond
	lookLate  = time.Second
	// Between two tries to open the store again the keeper waits, longer each
	// time, and from the beginning again once the store has worked for a while.
	minReopenWait = 250 * time.Millisecond
	maxReopenWait = 2 * time.Second
	calm          = time.Minute
)

// ErrLost says that the disk has lost what it had confirmed. Going on would give
// new messages the numbers of old ones, so a person must look into it.
var ErrLost = errors.New("the disk has lost what it had confirmed")

// keep routes, and opens the store again whenever the disk has failed, until the
// context ends. An error says that the process cannot heal itself.
func (b *Broker) keep(ctx context.Context) error {
	for {
		routing, stop := context.WithCancel(ctx)
		routed := make(chan error, 1)
		go func() { routed <- b.scrub.guard(routing, b.route, b.record) }()
		fault := b.watch(ctx)
		stop()
		err := <-routed
		if fault == nil {
			return err
		}
		if err := b.heal(ctx, fault); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
	}
}

// watch returns why a stream does not work, or nil when the context ends.
func (b *Broker) watch(ctx context.Context) error {
	for tick := time.NewTicker(lookEvery); ; {
		b.keeper.looking.Store(time.Now().UnixNano())
		err := b.node.Healthy()
		b.keeper.looking.Store(0)
		if err != nil && !errors.Is(err, node.ErrNoAnswer) {
			tick.Stop()
			return err
		}
		b.keeper.say(err)
		select {
		case <-tick.C:
		case <-ctx.Done():
			tick.Stop()
			return nil
		}
	}
}

// say keeps the fault for whoever asks.
func (k *keeper) say(fault error) {
	text := ""
	if fault != nil {
		text = fault.Error()
	}
	k.fault.Store(&text)
}

// storeFault returns nil if the store works, else what is wrong with it.
func (b *Broker) storeFault() error {
	said := b.keeper.fault.Load()
	if said == nil {
		return b.node.Healthy() // nobody keeps it: Run was not called
	}
	if *said != "" {
		return errors.New(*said)
	}
	if began := b.keeper.looking.Load(); began != 0 {
		if since := time.Since(time.Unix(0, began)); since > lookLate {
			return fmt.Errorf("the disk has not answered for %s", since.Round(time.Second))
		}
	}
	return nil
}

// heal refuses everything until the disk works, then opens the store again. It
// returns nil when that is done or the context ends.
//
// The message server stays up as long as the disk fails, so that senders hear a
// refusal with its reason and not only silence. It is stopped when the disk has
// shown that it works: connections are cut then, and come back by themselves.
func (b *Broker) heal(ctx context.Context, fault error) error {
	began := time.Now()
	b.refuse(fault)
	b.cfg.Log.Error("the store has stopped: nothing is accepted until the disk works", "err", fault)
	if time.Since(b.keeper.opened) > calm {
		b.keeper.wait = 0
	}
	for said := ""; ; {
		select {
		case <-time.After(b.keeper.wait):
		case <-ctx.Done():
			return nil
		}
		b.keeper.wait = min(max(2*b.keeper.wait, minReopenWait), maxReopenWait)
		err := b.reopen(ctx)
		if err == nil {
			break
		}
		if errors.Is(err, node.ErrStuck) || errors.Is(err, ErrLost) {
			return b.giveUp(ctx, err)
		}
		b.refuse(fmt.Errorf("%w; opening it again: %w", fault, err))
		if err.Error() != said {
			said = err.Error()
			b.cfg.Log.Warn("the store cannot be opened again yet", "err", err)
		}
	}
	b.keeper.opened = time.Now()
	b.keeper.reopened.Add(1)
	b.keeper.say(nil)
	b.intake.Open()
	b.cfg.Log.Info("the store works again", "after", time.Since(began).Round(time.Millisecond).String(), "times", b.keeper.reopened.Load())
	return nil
}

// refuse shuts the intake and says why.
func (b *Broker) refuse(fault error) {
	b.keeper.say(fault)
	if errors.Is(fault, syscall.ENOSPC) || errors.Is(fault, syscall.EDQUOT) {
		b.intake.Shut(schemas.RefusedFull, "the broker's disk is full and nothing was accepted: send again later, the broker goes on by itself when there is room")
		return
	}
	b.intake.Shut(schemas.RefusedStorage, "the broker's disk does not work and nothing was accepted: send again later, the broker goes on by itself; "+
		"if it was stored after all, you get the receipt of a duplicate")
}

// giveUp keeps the intake shut when the store cannot be opened by this process.
// A server that cannot be stopped ends the broker, so that whoever supervises it
// starts it anew. Lost data does not: a new start would not even know of it.
func (b *Broker) giveUp(ctx context.Context, fault error) error {
	b.refuse(fault)
	b.cfg.Log.Error("the store cannot be opened again by itself", "err", fault)
	if errors.Is(fault, ErrLost) {
		<-ctx.Done()
	}
	return fault
}

// reopen opens the store again if the disk takes what would be written.
func (b *Broker) reopen(ctx context.Context) error {
	if err := b.node.Probe(); err != nil {
		return err
	}
	b.changing.Lock()
	defer b.changing.Unlock()
	if err := b.node.Reopen(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, openWait)
	defer cancel()
	if err := b.reconnected(ctx); err != nil {
		return err
	}
	if err := b.openStore(ctx, nil); err != nil {
		return err
	}
	if err := b.node.Healthy(); err != nil {
		return err
	}
	return b.nothingLost(ctx)
}

// reconnected waits until all connections of the hub are back.
func (b *Broker) reconnected(ctx context.Context) error {
	for _, nc := range b.conns {
		for !nc.IsConnected() || nc.FlushTimeout(time.Second) != nil {
			select {
			case <-time.After(5 * time.Millisecond):
			case <-ctx.Done():
				return fmt.Errorf("waiting for the hub's connections: %w", ctx.Err())
			}
		}
	}
	return nil
}

// nothingLost holds the streams against what was confirmed since the start.
func (b *Broker) nothingLost(ctx context.Context) error {
	intake, err := b.js.Stream(ctx, schemas.IntakeName)
	if err != nil {
		return fmt.Errorf("reading the end of the intake: %w", err)
	}
	last, _, err := b.ledger.Last(ctx)
	if err != nil {
		return fmt.Errorf("reading the end of the ledger: %w", err)
	}
	end := intake.CachedInfo().State.LastSeq
	if end < b.intake.Last() || last.Intake < b.router.Place() {
		return fmt.Errorf("%w: the intake ends at %d and receipts name %d; the ledger decides up to %d and %d was decided; "+
			"look into the disk, and restore a backup or go on by a new start", ErrLost, end, b.intake.Last(), last.Intake, b.router.Place())
	}
	return nil
}

// settled returns nil once the intake is durable up to a sequence. What a receipt
// named is: that was said after the engine had synced it. The engine shows
// readers a batch before it has synced it, but answers no look-up meanwhile: when
// this one is answered the batch is durable, or the stream has stopped.
func (b *Broker) settled(ctx context.Context, upTo uint64) error {
	if upTo <= b.intake.Last() {
		return nil
	}
	_, err := b.intakeStream.GetLastMsgForSubject(ctx, schemas.IntakeAddress("-", "-"))
	if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		return err
	}
	return b.node.Healthy()
}

// openStore opens the streams and the desks' consumers; moved are the desks
// whose place was changed while the broker did not run.
func (b *Broker) openStore(ctx context.Context, moved map[string]bool) error {
	if err := openStreams(ctx, b.js, b.cfg); err != nil {
		return err
	}
	desks := b.registry.Desks()
	if err := b.openConsumers(ctx, b.js, desks, moved); err != nil {
		return err
	}
	b.directory.set(desks)
	return nil
}
