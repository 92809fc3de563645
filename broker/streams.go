package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
func openStreams(ctx context.Context, js jetstream.JetStream, maxStore int64, log *slog.Logger) error {
	for _, want := range streamConfigs(maxStore) {
		if have, err := js.Stream(ctx, want.Name); err == nil && !sameGuards(have.CachedInfo().Config, want) {
			log.Error("the configuration of a stream was changed, and is put back", "stream", want.Name)
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

// openConsumers makes sure that every desk has its durable consumer.
func openConsumers(ctx context.Context, js jetstream.JetStream, desks []accounts.Desk) error {
	stream, err := js.Stream(ctx, ledger.Stream)
	if err != nil {
		return fmt.Errorf("opening the feeds: %w", err)
	}
	have := map[string]bool{}
	names := stream.ConsumerNames(ctx)
	for name := range names.Name() {
		have[name] = true
	}
	if err := names.Err(); err != nil && !errors.Is(err, jetstream.ErrEndOfData) {
		return fmt.Errorf("listing the desks' consumers: %w", err)
	}
	for _, d := range desks {
		if have[d.Account] {
			continue
		}
		if err := openConsumer(ctx, js, d); err != nil {
			return err
		}
	}
	return nil
}

// openConsumer makes sure that a desk has its durable consumer, named after
// its account. A desk that is enrolled again keeps its place.
func openConsumer(ctx context.Context, js jetstream.JetStream, d accounts.Desk) error {
	_, err := js.CreateOrUpdateConsumer(ctx, ledger.Stream, jetstream.ConsumerConfig{
		Durable:           d.Account,
		Description:       string(d.Member) + "/" + d.Name,
		FilterSubject:     fmt.Sprintf("feed.%s.%s.>", d.Member, d.Name),
		DeliverPolicy:     jetstream.DeliverAllPolicy,
		AckPolicy:         jetstream.AckExplicitPolicy,
		AckWait:           30 * time.Second,
		MaxAckPending:     1000,
		MaxDeliver:        -1,
		MaxRequestExpires: 90 * time.Second, // a reply path between accounts lives two minutes
	})
	if err != nil {
		return fmt.Errorf("opening the consumer of %s/%s: %w", d.Member, d.Name, err)
	}
	return nil
}
