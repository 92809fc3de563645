package broker

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"liaison/broker/accounts"
	"liaison/schemas"
)

// TestADiskThatLostWhatItConfirmedStaysShut takes the end of the intake away
// behind the broker's back, as a disk does that says it has synced and has not.
// The broker opens the store again and must not go on: new messages would get
// the numbers of those that receipts name.
func TestADiskThatLostWhatItConfirmedStaysShut(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	s.enrol("gla", accounts.Enrolment{})
	nc := s.connect("gla/main")
	for n := range 3 {
		if a := submit(t, nc, "submit", encodeMsgPack(t, farm(n)), nil); a.Error != nil {
			t.Fatalf("a good tip is answered with %+v", a.Error)
		}
	}
	s.routed(3)
	s.halt()
	blocks, err := blocksOf(dir, schemas.IntakeName)
	if err != nil || len(blocks) != 1 {
		t.Fatalf("the intake has the blocks %v: %v", blocks, err)
	}
	info, err := os.Stat(blocks[0])
	if err == nil {
		err = os.Truncate(blocks[0], info.Size()/3*2)
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.heal(ctx, syscall.EIO) }()
	for said := ""; !strings.Contains(said, ErrLost.Error()); {
		select {
		case err := <-ended:
			t.Fatalf("healing ends with %v, and the broker has said %q", err, said)
		case <-time.After(10 * time.Millisecond):
			said = s.Status().Fault
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, ErrLost) {
		t.Errorf("healing ends with %v, want ErrLost", err)
	}
}

// Whoever asks whether the broker is ready sends as soon as it says so: it must
// not before somebody takes what is sent, nor after.
func TestReadyIsOnlyWhoTakesWhatIsSent(t *testing.T) {
	shut := func(s *started) bool {
		err := s.Ready()
		return err != nil && strings.Contains(err.Error(), "intake: it takes nothing in yet") && strings.Contains(err.Error(), "answers: it takes no questions yet")
	}
	b := &started{Broker: opened(t, t.TempDir(), 1<<30), t: t}
	t.Cleanup(b.Close)
	if !shut(b) {
		t.Errorf("a broker that is open and does not serve yet says %v", b.Ready())
	}
	s := start(t, t.TempDir())
	for end := time.Now().Add(20 * time.Second); s.Ready() != nil; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it never becomes ready: %v", s.Ready())
		}
	}
	s.halt()
	if !shut(s) {
		t.Errorf("a broker that has stopped serving says %v", s.Ready())
	}
}
