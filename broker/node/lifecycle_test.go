package node

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	server "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"

	"liaison/broker/accounts"
	"liaison/schemas"
)

func TestEnrolWhileRunningAndBefore(t *testing.T) {
	s := newSite(t)
	live := s.enrol("gla", "main", accounts.Both)
	s.copyTo(live.Desk, "one")
	next(t, member(t, s.connect(live)), "one")

	s.close()
	reg, err := accounts.Open(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	before, err := reg.Enrol(accounts.Enrolment{Member: "hmrc", Role: accounts.Both, At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if err := reg.Close(); err != nil {
		t.Fatal(err)
	}
	s.open()
	s.consumer(before.Desk)
	s.copyTo(before.Desk, "two")
	next(t, member(t, s.connect(before)), "two")
}

// TestRestartKeepsEverything proves that credentials, streams and a desk's
// place outlive the server.
func TestRestartKeepsEverything(t *testing.T) {
	s := newSite(t)
	gla := s.enrol("gla", "main", accounts.Both)
	s.copyTo(gla.Desk, "one")
	s.copyTo(gla.Desk, "two")
	next(t, member(t, s.connect(gla)), "one")
	want := s.reg.Desks()
	if info, err := os.Stat(filepath.Join(s.dir, "jetstream")); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of streams is %v, %v; want it closed to others", info.Mode(), err)
	}
	s.close()
	s.open()
	if got := s.reg.Desks(); len(got) != 1 || got[0].Account != want[0].Account || len(got[0].Users) != 1 {
		t.Errorf("after the restart the desks are %v, want %v", got, want)
	}
	next(t, member(t, s.connect(gla)), "two")
}

// TestRevocationCutsWithinASecond is the one test of a time: an issue demands it.
func TestRevocationCutsWithinASecond(t *testing.T) {
	s := newSite(t)
	gla, other := s.enrol("gla", "main", accounts.Both), s.enrol("hmrc", "main", accounts.Both)
	cut := make(chan time.Time, 1)
	s.connect(gla, nats.ClosedHandler(func(*nats.Conn) { cut <- time.Now() }))
	untouched := s.connect(other)

	begun := time.Now()
	desk, err := s.reg.Revoke("gla", "main", begun)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.node.Refresh(desk); err != nil {
		t.Fatal(err)
	}
	select {
	case at := <-cut:
		t.Logf("cut after %s", at.Sub(begun))
		if took := at.Sub(begun); took >= time.Second {
			t.Errorf("the connection was cut after %s, want less than a second", took)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the connection was not cut")
	}
	if _, err := s.dial(gla); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("connecting after the revocation gives %v, want %v", err, nats.ErrAuthorization)
	}
	if err := untouched.Flush(); err != nil {
		t.Errorf("another desk was cut off, too: %v", err)
	}
	s.close()
	s.open()
	if _, err := s.dial(gla); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("connecting after a restart gives %v, want %v", err, nats.ErrAuthorization)
	}
}

// TestEnrolAgainAfterRevocation runs within one second, which is the grain of
// a token's date: the new user must get in and the old one must not.
func TestEnrolAgainAfterRevocation(t *testing.T) {
	s := newSite(t)
	first := s.enrol("gla", "main", accounts.Both)
	s.copyTo(first.Desk, "one")
	s.copyTo(first.Desk, "two")
	next(t, member(t, s.connect(first)), "one")
	desk, err := s.reg.Revoke("gla", "main", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.node.Refresh(desk); err != nil {
		t.Fatal(err)
	}
	second := s.enrol("gla", "main", accounts.Both)
	if second.New || second.Desk.Account != first.Desk.Account {
		t.Errorf("enrolling again made the desk %v, want the same one", second.Desk)
	}
	next(t, member(t, s.connect(second)), "two") // the place was kept
	if _, err := s.dial(first); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("the revoked user gets %v, want %v", err, nats.ErrAuthorization)
	}
}

func TestRevokingOneUserLeavesTheOther(t *testing.T) {
	s := newSite(t)
	sender, reader := s.enrol("gla", "main", accounts.Send), s.enrol("gla", "main", accounts.Read)
	cut := make(chan struct{})
	s.connect(sender, nats.ClosedHandler(func(*nats.Conn) { close(cut) }))
	feed := member(t, s.connect(reader))
	if print := func() string {
		claims, err := s.reg.AccountClaims(reader.Desk.Account)
		if err != nil {
			t.Fatal(err)
		}
		return fingerprint(claims.Account)
	}(); !s.node.resolver.current(reader.Desk.Account, print) {
		t.Error("a second user changed what the account may do, which disturbs the first")
	}
	desk, err := s.reg.RevokeUser("gla", "main", sender.User.Key, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.node.Refresh(desk); err != nil {
		t.Fatal(err)
	}
	select {
	case <-cut:
	case <-time.After(10 * time.Second):
		t.Fatal("the connection was not cut")
	}
	if _, err := s.dial(sender); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("the revoked user gets %v, want %v", err, nats.ErrAuthorization)
	}
	s.copyTo(desk, "one")
	next(t, feed, "one")
}

func TestStrangersAreRefused(t *testing.T) {
	s, elsewhere := newSite(t), newSite(t)
	ours, theirs := s.enrol("gla", "main", accounts.Both), elsewhere.enrol("gla", "main", accounts.Both)
	if _, err := s.dial(theirs); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("credentials of another folder get %v, want %v", err, nats.ErrAuthorization)
	}
	if _, err := s.dial(accounts.Issued{Creds: forged(t, ours.Desk.Account)}); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("credentials signed by a stranger get %v, want %v", err, nats.ErrAuthorization)
	}
	if _, err := s.dial(accounts.Issued{Creds: forged(t, s.reg.HubAccount())}); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("a forged user of the hub gets %v, want %v", err, nats.ErrAuthorization)
	}
	for name, opts := range map[string][]nats.Option{
		"nothing":    nil,
		"a password": {nats.UserInfo("gla", "gla")},
		"a token":    {nats.Token("gla")},
	} {
		if _, err := nats.Connect(s.node.URL(), append(opts, nats.NoReconnect())...); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("whoever gives %s gets %v, want %v", name, err, nats.ErrAuthorization)
		}
	}
}

// forged makes credentials for an account, signed by a key of its own.
func forged(t *testing.T, account string) []byte {
	t.Helper()
	signer, err := nkeys.CreateAccount()
	if err != nil {
		t.Fatal(err)
	}
	user, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	key, _ := user.PublicKey()
	seed, _ := user.Seed()
	claims := jwt.NewUserClaims(key)
	claims.IssuerAccount = account
	token, err := claims.Encode(signer)
	if err != nil {
		t.Fatal(err)
	}
	creds, err := jwt.FormatUserConfig(token, seed)
	if err != nil {
		t.Fatal(err)
	}
	return creds
}

// TestHubUserOnlyWithinTheProcess takes the hub's own token to the listener.
func TestHubUserOnlyWithinTheProcess(t *testing.T) {
	s := newSite(t)
	login, err := s.reg.HubLogin()
	if err != nil {
		t.Fatal(err)
	}
	token := func() (string, error) { return login.Token, nil }
	if _, err := nats.Connect(s.node.URL(), nats.UserJWT(token, login.Sign), nats.NoReconnect()); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("the hub's user at the listener gets %v, want %v", err, nats.ErrAuthorization)
	}
}

func TestOneServerPerFolder(t *testing.T) {
	s := newSite(t)
	if _, err := accounts.Open(s.dir); !errors.Is(err, accounts.ErrInUse) || !strings.Contains(err.Error(), "process") {
		t.Errorf("opening the folder twice gives %v, want %v with the holder's name", err, accounts.ErrInUse)
	}
	if _, err := Start(Config{Dir: s.dir}, s.reg); !errors.Is(err, accounts.ErrInUse) {
		t.Errorf("starting twice gives %v, want %v", err, accounts.ErrInUse)
	}
	if _, err := Start(Config{Dir: t.TempDir()}, s.reg); err == nil {
		t.Error("a registry of another folder was taken")
	}
}

func TestStartSaysWhyItFailed(t *testing.T) {
	taken := strings.TrimPrefix(newSite(t).node.URL(), "nats://")
	reg, err := accounts.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer reg.Close()
	for name, cfg := range map[string]Config{
		"in use":         {Dir: reg.Dir(), Listen: taken},
		"no folder":      {},
		"encrypts":       {Dir: reg.Dir(), Listen: "0.0.0.0:4222"},
		"not of the for": {Dir: reg.Dir(), Listen: "4222"},
	} {
		if _, err := Start(cfg, reg); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("starting with %+v gives %v, want it to say %q", cfg, err, name)
		}
	}
	n, err := Start(Config{Dir: reg.Dir(), Log: slog.New(slog.DiscardHandler)}, reg)
	if err != nil {
		t.Fatalf("after the faults: %v", err)
	}
	if n.URL() != "" || n.Healthy() != nil {
		t.Errorf("without a listener the node has the address %q and says %v", n.URL(), n.Healthy())
	}
	n.Stop()
	if n.Healthy() == nil {
		t.Error("a stopped node says that it is healthy")
	}
}

// TestBothFormsOfAcknowledgement runs the server as it will be once its
// feature flag is on.
func TestBothFormsOfAcknowledgement(t *testing.T) {
	for _, long := range []bool{false, true} {
		s := newSite(t, func(o *server.Options) {
			o.FeatureFlags = map[string]bool{server.FeatureFlagJsAckFormatV2: long}
		})
		gla := s.enrol("gla", schemas.MainDesk, accounts.Read)
		s.copyTo(gla.Desk, "one")
		c := member(t, s.connect(gla))
		next(t, c, "one")
		info, err := c.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if info.AckFloor.Consumer != 1 || info.NumAckPending != 0 {
			t.Errorf("long form %v: the acknowledgement did not arrive: %+v", long, info.AckFloor)
		}
	}
}
