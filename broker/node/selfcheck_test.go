package node

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	server "github.com/nats-io/nats-server/v2/server"

	"liaison/broker/accounts"
)

// TestEveryTrapIsRefused sets one dangerous option at a time and starts.
func TestEveryTrapIsRefused(t *testing.T) {
	for what, set := range map[string]func(*server.Options){
		"whoever gives no":  func(o *server.Options) { o.NoAuthUser = "anyone" },
		"no operator":       func(o *server.Options) { o.TrustedOperators = nil },
		"no system account": func(o *server.Options) { o.NoSystemAccount = true },
		"accounts from":     func(o *server.Options) { o.Accounts = []*server.Account{server.NewAccount("x")} },
		"users from":        func(o *server.Options) { o.Users = []*server.User{{Username: "x"}} },
		"by someone else":   func(o *server.Options) { o.TLSMap = true },
		"MQTT":              func(o *server.Options) { o.MQTT.Port = -1 },
		"WebSocket":         func(o *server.Options) { o.Websocket.Port = -1 },
		"leaf nodes":        func(o *server.Options) { o.LeafNode.Port = -1 },
		"a cluster":         func(o *server.Options) { o.Routes = []*url.URL{{Scheme: "nats"}} },
		"a gateway":         func(o *server.Options) { o.Gateway.Name = "g" },
		"monitoring":        func(o *server.Options) { o.HTTPPort = -1 },
		"profiling":         func(o *server.Options) { o.ProfPort = -1 },
		"tracing":           func(o *server.Options) { o.Trace = true },
		"not synced":        func(o *server.Options) { o.SyncAlways = false },
		"no folder":         func(o *server.Options) { o.StoreDir = "" },
		"size of the disk":  func(o *server.Options) { o.JetStreamMaxStore = 0 },
		"lenient":           func(o *server.Options) { o.NoJetStreamStrict = true },
		"unbounded":         func(o *server.Options) { o.MaxConn = 0 },
		"around TLS":        func(o *server.Options) { o.AllowNonTLS = true },
		"signals":           func(o *server.Options) { o.NoSigs = false },
	} {
		reg, err := accounts.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		cfg := Config{Dir: reg.Dir()}.withDefaults()
		o, err := options(cfg, reg)
		if err != nil {
			t.Fatal(err)
		}
		if err := checkOptions(o); err != nil {
			t.Fatalf("the options as they are: %v", err)
		}
		set(o)
		if _, err := start(cfg, reg, o); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("with the trap %q the start gives %v", what, err)
		}
		reg.Close()
	}
}

// TestStreamsOnlyForTheHub gives another account JetStream, behind our back.
func TestStreamsOnlyForTheHub(t *testing.T) {
	w := newScene(t)
	if err := checkServer(w.node.server, w.reg); err != nil {
		t.Fatal(err)
	}
	w.alter(func(c *jwt.AccountClaims) { c.Limits.DiskStorage, c.Limits.MemoryStorage = jwt.NoLimit, jwt.NoLimit })
	if err := checkServer(w.node.server, w.reg); err == nil {
		t.Error("an account with JetStream went unnoticed")
	}
}

// TestOpenDoorIsNoticed runs a server that lets everyone in.
func TestOpenDoorIsNoticed(t *testing.T) {
	s, err := server.NewServer(&server.Options{DontListen: true, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	defer s.WaitForShutdown()
	defer s.Shutdown()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server does not start")
	}
	if err := checkDoor(s); err == nil || !strings.Contains(err.Error(), "does not refuse") {
		t.Errorf("an open door gives %v", err)
	}
}
