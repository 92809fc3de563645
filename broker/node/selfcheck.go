package node

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	server "github.com/nats-io/nats-server/v2/server"

	"liaison/broker/accounts"
)

// trap is an option that undoes the wall, the durability or the quiet of the
// server.
type trap struct {
	what string
	set  func(*server.Options) bool
}

// traps are what the node refuses to start with. An option does not have to be
// reachable by our configuration to be in the list: the server fills in
// options by itself, and a later change may forget one.
func traps() []trap {
	return []trap{
		{"a user for whoever gives no credentials", func(o *server.Options) bool { return o.NoAuthUser != "" || o.DefaultSentinel != "" }},
		{"no operator", func(o *server.Options) bool { return len(o.TrustedOperators) != 1 }},
		{"no system account", func(o *server.Options) bool { return o.SystemAccount == "" || o.NoSystemAccount }},
		{"accounts from elsewhere than the registry", func(o *server.Options) bool {
			_, ours := o.AccountResolver.(*resolver)
			return !ours || len(o.Accounts) > 0
		}},
		{"users from elsewhere than the registry", func(o *server.Options) bool {
			return len(o.Users) > 0 || len(o.Nkeys) > 0 || o.Username != "" || o.Authorization != ""
		}},
		{"authentication by someone else", func(o *server.Options) bool {
			return o.AuthCallout != nil || o.CustomClientAuthentication != nil || o.CustomRouterAuthentication != nil || o.TLSMap
		}},
		{"MQTT", func(o *server.Options) bool { return o.MQTT.Port != 0 || o.MQTT.Host != "" }},
		{"WebSocket", func(o *server.Options) bool { return o.Websocket.Port != 0 }},
		{"leaf nodes", func(o *server.Options) bool { return o.LeafNode.Port != 0 || len(o.LeafNode.Remotes) > 0 }},
		{"a cluster", func(o *server.Options) bool { return o.Cluster.Port != 0 || len(o.Routes) > 0 }},
		{"a gateway", func(o *server.Options) bool { return o.Gateway.Name != "" || o.Gateway.Port != 0 }},
		{"a monitoring port", func(o *server.Options) bool { return o.HTTPPort != 0 || o.HTTPSPort != 0 }},
		{"a profiling port", func(o *server.Options) bool { return o.ProfPort != 0 }},
		{"tracing of content", func(o *server.Options) bool { return o.Trace || o.TraceVerbose || o.Debug || o.TraceHeaders }},
		{"streams that are not synced at every write", func(o *server.Options) bool { return !o.SyncAlways }},
		{"streams in no folder, or none", func(o *server.Options) bool { return !o.JetStream || o.StoreDir == "" }},
		{"a store bounded by the size of the disk", func(o *server.Options) bool { return o.JetStreamMaxStore <= 0 || o.JetStreamMaxMemory <= 0 }},
		{"a lenient JetStream API", func(o *server.Options) bool { return o.NoJetStreamStrict }},
		{"unbounded connections or messages", func(o *server.Options) bool {
			return o.MaxConn <= 0 || o.MaxPayload <= 0 || o.MaxPending <= 0 || o.AuthTimeout <= 0 || o.AuthTimeout > 10
		}},
		{"a way around TLS", func(o *server.Options) bool { return o.AllowNonTLS || o.ProxyProtocol }},
		{"signals taken from the program", func(o *server.Options) bool { return !o.NoSigs }},
	}
}

// checkOptions joins all the traps that are set.
func checkOptions(o *server.Options) error {
	var faults []error
	for _, t := range traps() {
		if t.set(o) {
			faults = append(faults, fmt.Errorf("the server's options have %s", t.what))
		}
	}
	return errors.Join(faults...)
}

// checkServer looks at the accounts of the running server: streams are for the
// hub alone.
func checkServer(s *server.Server, reg *accounts.Registry) error {
	hub, err := s.LookupAccount(reg.HubAccount())
	if err != nil {
		return err
	}
	if !hub.JetStreamEnabled() {
		return errors.New("the hub's account has no JetStream")
	}
	all, err := s.Accountz(nil)
	if err != nil {
		return err
	}
	for _, name := range all.Accounts {
		if name == reg.HubAccount() {
			continue
		}
		if other, err := s.LookupAccount(name); err != nil || other.JetStreamEnabled() {
			return errors.Join(err, fmt.Errorf("account %s has JetStream, and only the hub may", name))
		}
	}
	return nil
}

// checkDoor fails unless a connection without credentials is refused. It speaks
// the protocol itself: over a pipe, a client that is still writing when the
// server refuses it would hold both up.
func checkDoor(s *server.Server) error {
	conn, err := s.InProcessConn()
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(doorWait)); err != nil {
		return err
	}
	lines := bufio.NewReader(conn)
	if info, err := lines.ReadString('\n'); err != nil || !strings.HasPrefix(info, "INFO ") {
		return errors.Join(err, errors.New("the server does not greet"))
	}
	if _, err := io.WriteString(conn, `CONNECT {"verbose":true,"lang":"self-check"}`+"\r\n"); err != nil {
		return err
	}
	answer, err := lines.ReadString('\n')
	if err != nil {
		return fmt.Errorf("trying to connect without credentials: %w", err)
	}
	if !strings.HasPrefix(answer, "-ERR 'Authorization Violation'") {
		return fmt.Errorf("the server does not refuse whoever has no credentials: it answers %q", answer)
	}
	return nil
}

// doorWait bounds the attempt to get in.
const doorWait = 5 * time.Second
