package broker

import (
	"context"
	"log/slog"
	"regexp"
	"sync"
	"time"
)

const (
	// quietLines is how many lines that say the same of the same member are
	// written in a quietTime; the rest are counted.
	quietLines = 20
	quietTime  = time.Minute
	// quietKinds is the most kinds of lines that are told apart in a quietTime.
	quietKinds = 2000
)

// quiet writes a log that no member can fill: every refusal and every violation
// is a line, and a member can cause as many as it likes. What is left out is
// counted, and the count written when the time is over and another line comes.
type quiet struct {
	slog.Handler
	said *said
}

// said is what has been written lately, shared by all handlers of one log.
type said struct {
	mu    sync.Mutex // guards what follows
	began time.Time
	lines map[kindOfLine]int
}

// kindOfLine is what a line says, and of whom. Messages are constants.
type kindOfLine struct {
	level        slog.Level
	message, who string
}

func newQuiet(h slog.Handler) quiet {
	return quiet{h, &said{lines: map[kindOfLine]int{}}}
}

// Handle writes a line, or counts it.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	k := kindOf(r)
	write, over := q.said.note(k, r.Time)
	for k, lines := range over {
		if lines <= quietLines {
			continue
		}
		left := slog.NewRecord(r.Time, k.level, "lines like others were left out of the log", 0)
		left.AddAttrs(slog.String("text", k.message), slog.String("of", k.who), slog.Int("count", lines-quietLines))
		if err := q.Handler.Handle(ctx, left); err != nil {
			return err
		}
	}
	if !write {
		return nil
	}
	return q.Handler.Handle(ctx, r)
}

// WithAttrs keeps the count that all have in common.
func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quiet{q.Handler.WithAttrs(attrs), q.said}
}

// WithGroup keeps the count that all have in common.
func (q quiet) WithGroup(name string) slog.Handler {
	return quiet{q.Handler.WithGroup(name), q.said}
}

// note counts a line and says whether to write it, and what was counted in the
// time that is over, if one is.
func (s *said) note(k kindOfLine, now time.Time) (write bool, over map[kindOfLine]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.began) >= quietTime {
		over, s.lines, s.began = s.lines, map[kindOfLine]int{}, now
	}
	if _, known := s.lines[k]; !known && len(s.lines) >= quietKinds {
		k = kindOfLine{message: "any other"}
	}
	s.lines[k]++
	return s.lines[k] <= quietLines, over
}

// natsUser is how the server names who a line is about.
var natsUser = regexp.MustCompile(`\bU[A-Z2-7]{55}\b`)

// kindOf tells lines apart by what they say and of whom: a member, a desk, a
// connection of the broker's, or a user in a line of the server's.
func kindOf(r slog.Record) kindOfLine {
	k := kindOfLine{level: r.Level, message: r.Message}
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "member", "desk", "account", "name":
			k.who = a.Value.String()
		case "text":
			k.who = natsUser.FindString(a.Value.String())
		}
		return true
	})
	return k
}
