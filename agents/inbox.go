package agents

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/fsnotify/fsnotify"
)

// Backlog is what lies in an inbox.
type Backlog struct {
	// Files are all that are to be put away: those that are being read, those
	// that may be read, and those that are waited for.
	Files int
	// Bytes are those of the files of which no reading has begun.
	Bytes int64
}

// readers is how many files an agent reads at the same time. The order is kept
// within a file; between files there is none.
const readers = 4

// inbox is the work on a folder. One goroutine owns it, and the folder; it puts
// files away and calls the agent's callbacks. Readers only read, send, and tell
// the owner.
type inbox struct {
	agent  *Agent
	folder *folder
	// said is what readers have to say. The owner calls what it gets.
	said chan func()
	// queue are files that may be read, waiting those that may not yet.
	queue   []string
	waiting int
	// unread are the bytes of the files of which no reading has begun, as of the
	// last look and what has happened since: nobody counts them file by file.
	unread  int64
	looked  time.Time
	reading int
	// faults are those of files that were given up.
	faults []error
}

func (a *Agent) runInbox(ctx context.Context) error {
	if a.cfg.Inbox == "" {
		return nil
	}
	f, err := openFolder(a.cfg.Inbox, a.cfg.Settle, a.log)
	if err != nil {
		return err
	}
	defer f.close()
	if err := a.ownDesk(ctx); err != nil {
		return err
	}
	if err := f.takeBackMissed(time.Now()); err != nil {
		return err
	}
	bell := make(chan struct{}, 1)
	if stop, err := a.listen(bell); err != nil {
		a.log.Warn("the system does not tell of new files; looking at intervals", "err", err)
	} else {
		defer stop()
	}
	ctx, cancel := context.WithCancel(ctx)
	in := &inbox{agent: a, folder: f, said: make(chan func())}
	err = in.run(ctx, bell)
	cancel()
	for in.reading > 0 {
		(<-in.said)()
	}
	return err
}

// ownDesk makes sure that the credentials are those of the member whose records
// lie in the inbox. With another's, every record would be refused for good, and
// the files put away as if they were dealt with.
func (a *Agent) ownDesk(ctx context.Context) error {
	var pause backoff
	for tries := 1; ; tries++ {
		self, err := a.cfg.Client.Self(ctx)
		switch {
		case err == nil && self.Member != a.cfg.Member:
			return fmt.Errorf("the credentials are those of %s, and the records in the inbox those of %s: nothing was sent", self.Member, a.cfg.Member)
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !passing(err), a.cfg.Once && tries >= onceTries:
			return fmt.Errorf("asking whose desk it is: %w", err)
		}
		a.log.Warn("waiting for the broker", "err", err)
		if err := pause.wait(ctx); err != nil {
			return err
		}
	}
}

func (in *inbox) run(ctx context.Context, bell <-chan struct{}) error {
	for {
		if err := in.look(time.Now()); err != nil && in.agent.cfg.Once {
			return err
		}
		in.begin(ctx)
		if in.agent.cfg.Once && in.reading+len(in.queue)+in.waiting == 0 {
			return errors.Join(in.faults...)
		}
		if err := in.await(ctx, bell); err != nil {
			return err
		}
	}
}

// look finds what is there; not more often than files settle as long as there
// is something to do, because a folder may hold thousands.
func (in *inbox) look(now time.Time) error {
	if len(in.queue) > 0 && now.Sub(in.looked) < in.agent.cfg.Settle {
		return nil
	}
	names, waiting, err := in.folder.ready(now)
	if err != nil {
		in.agent.log.Error("the inbox cannot be read", "err", err)
		return err
	}
	in.queue, in.waiting, in.unread, in.looked = names, waiting, in.folder.unread(), now
	return nil
}

// begin starts readers for as many files as may be read at a time.
func (in *inbox) begin(ctx context.Context) {
	for len(in.queue) > 0 && in.reading < readers {
		name := in.queue[0]
		in.queue = in.queue[1:]
		r := &reading{agent: in.agent, name: name, sight: in.folder.seen[name], say: func(say func()) { in.said <- say }}
		r.report = FileReport{File: shownName(name), Size: r.sight.size}
		in.folder.away[name] = true
		in.unread -= r.sight.size
		in.reading++
		go func() {
			err := r.run(ctx, in.folder)
			in.said <- func() { in.ended(ctx, r, err) }
		}()
	}
	in.tellWaiting()
}

// shownName is a file's name as people may see it: a name can hold what moves the
// cursor of their terminal, or begins a line of a list.
func shownName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(name, "\uFFFD"))
}

// ended puts a file away, or off until later.
func (in *inbox) ended(ctx context.Context, r *reading, err error) {
	in.reading--
	delete(in.folder.away, r.name)
	if err == nil {
		err = r.finish(in.folder)
	}
	r.close()
	if report := in.agent.cfg.Report; report != nil && r.report.Finished {
		report(r.report)
	}
	switch {
	case err == nil || ctx.Err() != nil:
	case in.agent.cfg.Once:
		in.folder.away[r.name] = true
		in.agent.log.Error("a file could not be dealt with; it stays in the inbox", "file", r.name, "err", err)
		in.faults = append(in.faults, err)
	default:
		in.unread += r.sight.size
		in.folder.later(r.name, time.Now())
		in.agent.log.Error("a file could not be dealt with; it will be tried again", "file", r.name, "err", err)
	}
}

func (in *inbox) tellWaiting() {
	if in.agent.cfg.Waiting == nil {
		return
	}
	in.agent.cfg.Waiting(Backlog{Files: in.waiting + len(in.queue) + in.reading, Bytes: in.unread})
}

// await listens to the readers until it is time to look or to begin another
// file: one has ended, the bell rings, or enough time has passed.
func (in *inbox) await(ctx context.Context, bell <-chan struct{}) error {
	pause := in.agent.cfg.Poll
	if in.waiting+len(in.queue) > 0 {
		pause = min(pause, in.agent.cfg.Settle)
	}
	t := time.NewTimer(pause)
	defer t.Stop()
	for before := in.reading; in.reading == before; {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case say := <-in.said:
			say()
		case <-bell:
			return nil
		case <-t.C:
			return nil
		}
	}
	return nil
}

// listen strikes the bell when the operating system tells of a change.
func (a *Agent) listen(bell chan struct{}) (stop func(), err error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	if err := w.Add(a.cfg.Inbox); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case _, open := <-w.Events:
				if !open {
					return
				}
				strike(bell)
			case _, open := <-w.Errors:
				if !open {
					return
				}
				strike(bell) // an overflow: look for oneself
			}
		}
	})
	return func() { w.Close(); wg.Wait() }, nil
}
