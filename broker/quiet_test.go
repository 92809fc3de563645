package broker

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"

	"liaison/broker/accounts"
)

func TestNobodyFillsTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		text := &lines{}
		log := slog.New(newQuiet(slog.NewTextHandler(text, nil))).With("part", "intake")
		for i := range 10_000 {
			log.Info("refused", "id", i, "member", "flooder")
			log.Warn("nats", "text", fmt.Sprintf("cid:%d - User %q", i, "U"+strings.Repeat("A", 55)))
		}
		for i := range 3 * quietKinds {
			log.Info("refused", "member", i)
		}
		if n := strings.Count(text.String(), "\n"); n > quietKinds+3*quietLines {
			t.Errorf("%d lines are written", n)
		}
		if !strings.Contains(text.String(), "member=0") {
			t.Error("the first line about another member is left out")
		}
		time.Sleep(quietTime)
		log.Info("refused", "member", "flooder", "id", "last")
		for _, want := range []string{"text=refused of=flooder count=9980", "of=U" + strings.Repeat("A", 55) + " count=9980", "id=last", "part=intake"} {
			if !strings.Contains(text.String(), want) {
				t.Errorf("the log does not say %s", want)
			}
		}
	})
}

// TestViolationsDoNotFillTheLog has a real member refused in each way.
func TestViolationsDoNotFillTheLog(t *testing.T) {
	text := &lines{}
	s := startLogging(t, t.TempDir(), text)
	s.enrol("kent", accounts.Enrolment{})
	nc := s.connect(attacker)
	nc.SetErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}) // hears of each violation
	for range 500 {
		for _, address := range []string{"submit", "intake.gla.x", "$JS.API.INFO"} {
			if err := nc.PublishRequest(address, "_INBOX.x", []byte("?")); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	if _, err := nc.Request("submit", []byte("?"), 10*time.Second); err != nil && err != nats.ErrTimeout {
		t.Fatal(err)
	}
	refused, violations := strings.Count(text.String(), "msg=refused"), strings.Count(text.String(), "Violation")
	if refused == 0 || refused > quietLines || violations == 0 || violations > quietLines {
		t.Errorf("the log has %d refusals and %d violations, want at most %d:\n%.3000s", refused, violations, quietLines, text)
	}
}
