package accounts

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/jwt/v2"
)

// TestWall reads as the list of openings. A new line here is a new way into
// the hub, and needs an attack in package node that tries to misuse it.
func TestWall(t *testing.T) {
	r := open(t, t.TempDir())
	d := enrol(t, r, Enrolment{Member: "gla", Role: Both}).Desk
	hub, err := r.AccountClaims(r.HubAccount())
	if err != nil {
		t.Fatal(err)
	}
	hash := accountHash(r.HubAccount())
	want := map[string]jwt.ExportType{
		"submit.*": jwt.Service, "submit.*.>": jwt.Service, "ask.*.>": jwt.Service, "live.*.>": jwt.Stream,
		"$JS.API.CONSUMER.MSG.NEXT.DISCLOSURES.*": jwt.Service, "info.*": jwt.Service,
		"$JS.ACK.DISCLOSURES.*.>": jwt.Service, "$JS.ACK._." + hash + ".DISCLOSURES.*.>": jwt.Service,
	}
	got := map[string]jwt.ExportType{}
	for _, e := range hub.Exports {
		got[string(e.Subject)] = e.Type
		if tokens := strings.Split(string(e.Subject), "."); e.AccountTokenPosition == 0 || tokens[e.AccountTokenPosition-1] != "*" {
			t.Errorf("the export %s does not name a place for the account's key", e.Subject)
		}
		if e.AllowTrace || e.TokenReq || e.Latency != nil {
			t.Errorf("the export %s tells more than it must", e.Subject)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("exports (-want +got):\n%s", diff)
	}
	desk, err := r.AccountClaims(d.Account)
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range desk.Imports {
		if !slices.Contains(strings.Split(string(i.Subject), "."), d.Account) || i.Share || i.AllowTrace || i.Account != r.HubAccount() {
			t.Errorf("the import %+v is not only of what is under the desk's own key", i)
		}
		if strings.HasPrefix(string(i.LocalSubject), "$JS.API") {
			t.Errorf("the import %s never comes into play: the server answers there itself", i.LocalSubject)
		}
	}
	if len(desk.Imports) != len(hub.Exports) || desk.Limits.IsJSEnabled() || len(desk.Exports) != 0 {
		t.Errorf("the desk's account is %+v", desk.Account)
	}
}

// TestRolesAsLists reads as who may do what.
func TestRolesAsLists(t *testing.T) {
	const account, user, hash = "{{account-subject()}}", "{{subject()}}", "HASH"
	inboxes := []string{"_INBOX.>", "_INBOX_" + user + ".>"}
	reading := []string{"ask.>", "liaison.CONSUMER.>", "$JS.ACK.DISCLOSURES." + account + ".>", "$JS.ACK._." + hash + ".DISCLOSURES." + account + ".>"}
	sending := []string{"submit", "submit.>", "ask.receipt", "ask.held", "ask.self", "ask.head", "ask.proof", "ask.thread", "ask.docket", "ask.operation", "ask.support"}
	for role, want := range map[Role]struct{ pub, sub []string }{
		Send: {sending, inboxes},
		Read: {reading, slices.Concat(inboxes, []string{"feed.>"})},
		Both: {slices.Concat(sending, reading), slices.Concat(inboxes, []string{"feed.>"})},
	} {
		p := permissions(role, "hub")
		for i, a := range p.Pub.Allow {
			p.Pub.Allow[i] = strings.Replace(a, accountHash("hub"), hash, 1)
		}
		if diff := cmp.Diff([][]string{want.pub, {"feed.>"}, want.sub, nil}, [][]string{p.Pub.Allow, p.Pub.Deny, p.Sub.Allow, p.Sub.Deny}); diff != "" {
			t.Errorf("role %s (-want +got):\n%s", role, diff)
		}
	}
}

func TestOnlyTheHubHasStreamsAndNobodyTheSystem(t *testing.T) {
	r := open(t, t.TempDir())
	enrol(t, r, Enrolment{Member: "gla", Role: Both})
	hub, err := r.AccountClaims(r.HubAccount())
	if err != nil {
		t.Fatal(err)
	}
	if !hub.Limits.IsJSEnabled() || len(hub.SigningKeys) != 1 {
		t.Errorf("the hub's account is %+v", hub.Account)
	}
	for _, scope := range hub.SigningKeys {
		if types := scope.(*jwt.UserScope).Template.AllowedConnectionTypes; !cmp.Equal([]string(types), []string{jwt.ConnectionTypeInProcess}) {
			t.Errorf("the hub's users may connect by %v", types)
		}
	}
	system, err := r.AccountClaims(r.SystemAccount())
	if err != nil {
		t.Fatal(err)
	}
	if system.Limits.Conn != 0 || system.Limits.IsJSEnabled() || len(system.SigningKeys) != 0 {
		t.Errorf("the system account is %+v", system.Account)
	}
	if _, err := r.AccountJWT("AAAA"); err == nil {
		t.Error("an unknown account has claims")
	}
}

// TestRevocations is the rule by itself: seconds are when users were issued.
func TestRevocations(t *testing.T) {
	user := func(key string, second int64, revoked bool) User {
		u := User{Key: key, Issued: time.Unix(second, 0)}
		if revoked {
			u.Revoked = day
		}
		return u
	}
	for name, tc := range map[string]struct {
		users []User
		want  jwt.RevocationList
	}{
		"nobody":                       {nil, nil},
		"one good":                     {[]User{user("a", 10, false)}, jwt.RevocationList{"*": 9}},
		"one revoked":                  {[]User{user("a", 10, true)}, jwt.RevocationList{"*": 10}},
		"again within the second":      {[]User{user("a", 10, true), user("b", 10, false)}, jwt.RevocationList{"*": 9, "a": 10}},
		"again later":                  {[]User{user("a", 10, true), user("b", 12, false)}, jwt.RevocationList{"*": 11}},
		"the later one revoked":        {[]User{user("a", 10, false), user("b", 12, true)}, jwt.RevocationList{"*": 9, "b": 12}},
		"again with a clock set back":  {[]User{user("a", 10, true), user("b", 5, false)}, jwt.RevocationList{"*": 4, "a": 10}},
		"all revoked, clock set back":  {[]User{user("a", 10, true), user("b", 5, true)}, jwt.RevocationList{"*": 10}},
		"three, the middle one is out": {[]User{user("a", 1, false), user("b", 2, true), user("c", 3, false)}, jwt.RevocationList{"*": 0, "b": 2}},
	} {
		got := revocations(Desk{Users: tc.users})
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		for _, u := range tc.users {
			if out := got.IsRevoked(u.Key, u.Issued); out == u.Live() {
				t.Errorf("%s: user %s is out: %v, want %v", name, u.Key, out, !u.Live())
			}
		}
	}
}
