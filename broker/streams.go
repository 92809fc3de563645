package broker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"liaison/broker/accounts"
	"liaison/broker/ledger"
	"liaison/schemas"
)

// streamConfigs are the two logs. Both refuse new messages when full, keep
// everything until an operator erases it, and can neither be purged nor rolled
// up. Durability is the server's setting: it syncs before it acknowledges.
func streamConfigs(maxStore int64) []jetstream.StreamConfig {
	common := jetstream.StreamConfig{
		Retention: jetstream.LimitsPolicy, Storage: jetstream.FileStorage, Replicas: 1,
		Discard: jetstream.DiscardNew, DenyPurge: true, AllowDirect: true, AllowAtomicPublish: true,
		Duplicates: time.Second, // ids are looked up for ever; the window adds nothing
	}
	intake, disclosures := common, common
	intake.Name, intake.Subjects = schemas.IntakeName, []string{"intake.>"}
	intake.Description, intake.MaxBytes = "accepted messages, one for each record", maxStore/4
	disclosures.Name, disclosures.Subjects = ledger.Stream, []string{ledger.Address, "feed.>"}
	disclosures.Description, disclosures.MaxBytes = "decisions, and the copies they release", maxStore/4*3
	return []jetstream.StreamConfig{intake, disclosures}
}

// openStreams creates the streams, or brings them to the configuration of this
// version, and says so: whoever could change one could switch its durability
// off. It refuses to go on with a stream that cannot be brought back.
func openStreams(ctx context.Context, js jetstream.JetStream, cfg Config) error {
	for _, want := range streamConfigs(cfg.MaxStore) {
		have, err := js.Stream(ctx, want.Name)
		switch {
		case errors.Is(err, jetstream.ErrStreamNotFound):
			if err := checkNew(cfg.Dir, want.Name); err != nil {
				return err
			}
		case err == nil && !sameGuards(have.CachedInfo().Config, want):
			cfg.Log.Error("the configuration of a stream was changed, and is put back", "stream", want.Name)
		}
		s, err := js.CreateOrUpdateStream(ctx, want)
		if err != nil {
			return fmt.Errorf("opening the stream %s: %w", want.Name, err)
		}
		if got := s.CachedInfo().Config; !sameGuards(got, want) {
			return fmt.Errorf("the stream %s is configured differently and cannot be changed: restore a backup, or look into who changed it", want.Name)
		}
	}
	return nil
}

// sameGuards compares what the guarantees rest on.
func sameGuards(got, want jetstream.StreamConfig) bool {
	return got.Storage == want.Storage && got.Retention == want.Retention && got.Discard == want.Discard &&
		got.DenyPurge == want.DenyPurge && got.AllowAtomicPublish == want.AllowAtomicPublish &&
		got.MaxAge == 0 && got.MaxMsgs == -1 && !got.AllowRollup && !got.AllowMsgTTL && !got.AllowMsgSchedules &&
		!got.Sealed && got.Mirror == nil && len(got.Sources) == 0 && got.RePublish == nil && got.SubjectTransform == nil &&
		got.PersistMode == want.PersistMode
}

// checkNew refuses to make a stream anew of which messages are on disk: the
// engine passes over a stream whose description is damaged.
func checkNew(dir, stream string) error {
	blocks, err := blocksOf(dir, stream)
	if err != nil {
		return err
	}
	for _, b := range blocks {
		if info, err := os.Stat(b); err != nil || info.Size() > 0 {
			return fmt.Errorf("the stream %s is on disk and the message server cannot open it: its description is damaged; restore a backup", stream)
		}
	}
	return nil
}

// openConsumers makes sure that every desk has its durable consumer as it must
// be. A consumer whose place the engine lost, or that was moved behind its back,
// goes on from where the desk is known to have read: what it read since then
// comes again. So does what was handed out under a clock that was ahead.
func (b *Broker) openConsumers(ctx context.Context, js jetstream.JetStream, desks []accounts.Desk, moved map[string]bool) error {
	have, err := consumersOf(ctx, js)
	if err != nil {
		return err
	}
	clockWentBack := b.note.At.After(b.cfg.Now())
	for _, d := range desks {
		info, floor := have[d.Account], b.note.Floors[d.Account]
		lost := info == nil && floor > 0 || moved[d.Account] || info != nil && info.AckFloor.Stream < floor
		if info == nil || !asWanted(info.Config, d) {
			if err := openConsumer(ctx, js, d); err != nil {
				return err
			}
		}
		switch {
		case lost:
			b.cfg.Log.Error("the place of a desk is damaged; its copies come again from where it had read", "member", d.Member, "desk", d.Name, "sequence", floor)
		case clockWentBack && info != nil && info.NumAckPending > 0:
			floor = info.AckFloor.Stream
		default:
			continue
		}
		if _, err := js.ResetConsumerToSequence(ctx, ledger.Stream, d.Account, floor+1); err != nil {
			return fmt.Errorf("putting back the place of %s/%s: %w", d.Member, d.Name, err)
		}
	}
	return nil
}

// consumersOf lists the durable consumers of the feeds by name.
func consumersOf(ctx context.Context, js jetstream.JetStream) (map[string]*jetstream.ConsumerInfo, error) {
	stream, err := js.Stream(ctx, ledger.Stream)
	if err != nil {
		return nil, fmt.Errorf("opening the feeds: %w", err)
	}
	have := map[string]*jetstream.ConsumerInfo{}
	list := stream.ListConsumers(ctx)
	for info := range list.Info() {
		if info.Config.Durable != "" {
			have[info.Name] = info
		}
	}
	if err := list.Err(); err != nil && !errors.Is(err, jetstream.ErrEndOfData) {
		return nil, fmt.Errorf("listing the desks' consumers: %w", err)
	}
	return have, nil
}

// asWanted compares what a desk's reading rests on.
func asWanted(got jetstream.ConsumerConfig, d accounts.Desk) bool {
	want := consumerOf(d)
	return got.FilterSubject == want.FilterSubject && len(got.FilterSubjects) == 0 && got.DeliverPolicy == want.DeliverPolicy &&
		got.AckPolicy == want.AckPolicy && got.AckWait == want.AckWait && got.MaxAckPending == want.MaxAckPending &&
		got.MaxDeliver == want.MaxDeliver && got.MaxRequestExpires == want.MaxRequestExpires && !got.HeadersOnly &&
		got.InactiveThreshold == 0 && len(got.BackOff) == 0 && got.PauseUntil == nil && !got.MemoryStorage
}

// openConsumer makes sure that a desk has its durable consumer, named after
// its account. A desk that is enrolled again keeps its place.
func openConsumer(ctx context.Context, js jetstream.JetStream, d accounts.Desk) error {
	if _, err := js.CreateOrUpdateConsumer(ctx, ledger.Stream, consumerOf(d)); err != nil {
		return fmt.Errorf("opening the consumer of %s/%s: %w", d.Member, d.Name, err)
	}
	return nil
}

// consumerOf is the configuration of a desk's consumer.
func consumerOf(d accounts.Desk) jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable:           d.Account,
		Description:       string(d.Member) + "/" + d.Name,
		FilterSubject:     fmt.Sprintf("feed.%s.%s.>", d.Member, d.Name),
		DeliverPolicy:     jetstream.DeliverAllPolicy,
		AckPolicy:         jetstream.AckExplicitPolicy,
		AckWait:           30 * time.Second,
		MaxAckPending:     1000,
		MaxDeliver:        -1,
		MaxRequestExpires: 90 * time.Second, // a reply path between accounts lives two minutes
	}
}
