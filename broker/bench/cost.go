package bench

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/metrics"
	"time"
)

// meter is what was used up at one time.
type meter struct {
	cpu  time.Duration
	disk int64
}

func (s *site) meter() meter { return meter{cpuTime(), diskUsed(s.dir)} }

// since returns what was used since then.
func (m meter) since(s *site) meter {
	now := s.meter()
	return meter{now.cpu - m.cpu, now.disk - m.disk}
}

// usage is what repetitions used for 10,000 messages each.
type usage struct{ cpu, disk, memory []float64 }

func (u *usage) add(m meter, messages int) {
	per := 10_000 / float64(messages)
	u.cpu, u.disk = append(u.cpu, m.cpu.Seconds()*per), append(u.disk, float64(m.disk)/(1<<20)*per)
	u.memory = append(u.memory, memory())
}

// addCost adds what the whole way costs.
func (b *bench) addCost(fanOut int, u usage) {
	name := fmt.Sprintf("fan-out %d", fanOut)
	if cpuTime() > 0 {
		b.add(Figure{Part: Cost, Name: name + ", processor", Unit: "s", Value: spread(u.cpu),
			Says: "processor seconds for 10,000 messages all the way, those of the sending clients included, " + name})
	}
	b.add(Figure{Part: Cost, Name: name + ", disk", Unit: "MiB", Value: spread(u.disk),
		Says: "disk for 10,000 messages: intake, decisions and copies, " + name})
	b.add(Figure{Part: Cost, Name: name + ", memory", Unit: "MiB", Value: spread(u.memory),
		Says: "memory of the process behind 10,000 messages, the plain engines and the clients included, " + name})
}

// diskUsed sums up the files of a folder. Those that vanish meanwhile count nothing.
func diskUsed(dir string) (sum int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil
		}
		if info, err := d.Info(); err == nil {
			sum += info.Size()
		}
		return nil
	})
	return sum
}

// memory returns the memory that the Go runtime has of the system, in MiB.
func memory() float64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return float64(s[0].Value.Uint64()-s[1].Value.Uint64()) / (1 << 20)
}

// startUp times the start of the broker on what the other parts stored.
func (b *bench) startUp(ctx context.Context) error {
	stored := b.site.counter.Load()
	var clean, unclean []float64
	err := b.repeat("the start", func(bool) error {
		took, err := b.timeStart(ctx)
		if err != nil {
			return err
		}
		clean = append(clean, took.Seconds())
		if err := removeIndexes(b.site.dir); err != nil {
			return err
		}
		if took, err = b.timeStart(ctx); err != nil {
			return err
		}
		unclean = append(unclean, took.Seconds())
		return nil
	})
	if err != nil {
		return err
	}
	says := fmt.Sprintf("from opening the folder until a member's first message has its receipt, with %d messages accepted and decided (%.0f MiB), ", stored, float64(diskUsed(b.site.dir))/(1<<20))
	b.add(Figure{Part: Start, Name: "after a clean stop", Unit: "s", Value: spread(clean), Says: says + "after a clean stop"})
	b.add(Figure{Part: Start, Name: "without indexes", Unit: "s", Value: spread(unclean), Says: says + "without the engine's indexes, as after a kill"})
	return nil
}

func (b *bench) timeStart(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	r, err := b.site.runBroker(ctx)
	if err != nil {
		return 0, err
	}
	took := time.Since(began)
	return took, errors.Join(b.site.awaitDecided(ctx, r), r.stop())
}

// removeIndexes takes away what the engine writes at a clean stop and does
// without, so that it reads the messages themselves.
func removeIndexes(dir string) error {
	found, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", "*", "msgs", "index.db"))
	if err == nil && len(found) == 0 {
		err = errors.New("there is none")
	}
	for _, name := range found {
		err = errors.Join(err, os.Remove(name))
	}
	if err != nil {
		return fmt.Errorf("removing the engine's indexes: %w", err)
	}
	return nil
}
