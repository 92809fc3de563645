package accounts

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"liaison/schemas"
)

var day = time.Date(2009, 8, 14, 9, 30, 0, 0, time.UTC)

func open(t *testing.T, dir string) *Registry {
	t.Helper()
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func enrol(t *testing.T, r *Registry, e Enrolment) Issued {
	t.Helper()
	e.At = day
	issued, err := r.Enrol(e)
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

func TestOpenMakesClosedFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	enrol(t, open(t, dir), Enrolment{Member: "gla", Role: Both})
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", name, info.Mode())
		}
		if strings.HasSuffix(name, ".new") {
			t.Errorf("%s was left behind", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestEverythingIsDurable compares the whole registry after each step with
// what another one reads from the same folder.
func TestEverythingIsDurable(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	step := func(name string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want, hub, system := r.Desks(), r.HubAccount(), r.SystemAccount()
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		r = open(t, dir)
		if diff := cmp.Diff(want, r.Desks()); diff != "" {
			t.Errorf("%s: reopening changed the desks (-want +got):\n%s", name, diff)
		}
		if r.HubAccount() != hub || r.SystemAccount() != system {
			t.Errorf("%s: reopening changed the hub's account or the system's", name)
		}
	}
	step("opening", nil)
	_, err := r.Enrol(Enrolment{Member: "ukhtc", Desk: "labour-east", Role: Read, At: day, By: "root",
		Encoding: schemas.TypeJSON, Filter: schemas.Filter{CrimeTypes: []schemas.Code{"forced-labour"}}})
	step("enrolling", err)
	second, err := r.Enrol(Enrolment{Member: "ukhtc", Desk: "labour-east", Role: Send, At: day})
	step("another user", err)
	_, err = r.Enrol(Enrolment{Member: "gla", Role: Both, At: day})
	step("another desk", err)
	_, err = r.RevokeUser("ukhtc", "labour-east", second.User.Key, day)
	step("revoking a user", err)
	_, err = r.Revoke("ukhtc", "labour-east", day)
	step("revoking the desk", err)

	desk, ok := r.DeskByAccount(second.Desk.Account)
	if !ok || desk.String() != "ukhtc/labour-east" || desk.Live() || len(desk.Users) != 2 {
		t.Errorf("the desk is %+v, %v", desk, ok)
	}
	if names := []string{r.Desks()[0].String(), r.Desks()[1].String()}; !cmp.Equal(names, []string{"gla/main", "ukhtc/labour-east"}) {
		t.Errorf("the desks are sorted as %v", names)
	}
}

func TestEnrolRefuses(t *testing.T) {
	r := open(t, t.TempDir())
	filter := schemas.Filter{Kinds: []schemas.Kind{schemas.KindTip, schemas.KindCase}}
	first := enrol(t, r, Enrolment{Member: "gla", Desk: "main", Role: Both, Filter: filter})
	for _, tc := range []struct {
		e    Enrolment
		want string
	}{
		{Enrolment{Desk: "main", Role: Both, At: day}, "member"},
		{Enrolment{Member: "GLA", Role: Both, At: day}, "lower-case"},
		{Enrolment{Member: "gla", Desk: "a.b", Role: Both, At: day}, "lower-case"},
		{Enrolment{Member: "gla", Desk: ">", Role: Both, At: day}, "lower-case"},
		{Enrolment{Member: "gla", Desk: strings.Repeat("x", 49), Role: Both, At: day}, "48"},
		{Enrolment{Member: "gla", At: day}, "role"},
		{Enrolment{Member: "gla", Role: "admin", At: day}, "role"},
		{Enrolment{Member: "gla", Role: Both}, "time"},
		{Enrolment{Member: "gla", Role: Both, At: day, Encoding: "text/xml"}, "encoding"},
		{Enrolment{Member: "eas", Role: Both, At: day, Filter: schemas.Filter{CrimeTypes: []schemas.Code{"none-such"}}}, "crime type"},
		{Enrolment{Member: "eas", Role: Both, At: day, Filter: schemas.Filter{Areas: []schemas.Code{"atlantis"}}}, "area"},
		{Enrolment{Member: "eas", Role: Both, At: day, Filter: schemas.Filter{Kinds: []schemas.Kind{"tips"}}}, "kind"},
		{Enrolment{Member: "eas", Role: Both, At: day, Filter: schemas.Filter{Urgencies: []schemas.Urgency{"now"}}}, "urgency"},
		{Enrolment{Member: "gla", Role: Both, At: day, Encoding: schemas.TypeJSON}, "another name"},
		{Enrolment{Member: "gla", Role: Both, At: day, Filter: schemas.Filter{Kinds: []schemas.Kind{schemas.KindTip}}}, "another name"},
	} {
		if _, err := r.Enrol(tc.e); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("enrolling %+v gives %v, want it to say %q", tc.e, err, tc.want)
		}
	}
	if diff := cmp.Diff([]Desk{first.Desk}, r.Desks()); diff != "" {
		t.Errorf("a refusal changed the registry (-want +got):\n%s", diff)
	}
	filter.Kinds = []schemas.Kind{schemas.KindCase, schemas.KindTip, schemas.KindTip} // the same, said otherwise
	again := enrol(t, r, Enrolment{Member: "gla", Role: Send, Filter: filter})
	if again.New || again.Desk.Account != first.Desk.Account || len(again.Desk.Users) != 2 {
		t.Errorf("enrolling with the same filter gives %+v", again.Desk)
	}
	if _, err := r.Revoke("gla", "other", day); !errors.Is(err, ErrUnknownDesk) {
		t.Errorf("revoking an unknown desk gives %v", err)
	}
	if _, err := r.RevokeUser("gla", "main", "U", day); !errors.Is(err, ErrUnknownDesk) {
		t.Errorf("revoking an unknown user gives %v", err)
	}
}

func TestNoMoreDesksThanABatchHolds(t *testing.T) {
	r := open(t, t.TempDir())
	full := *r.state.Load()
	for len(full.desks) < MaxDesks {
		d, err := (Enrolment{Member: "m", Desk: "main"}).newDesk(0)
		if err != nil {
			t.Fatal(err)
		}
		d.Name = "d-" + strings.ToLower(d.Account[:12])
		full = *full.with(d)
	}
	if err := r.commit(&full); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Enrol(Enrolment{Member: "gla", Role: Both, At: day}); err == nil || !strings.Contains(err.Error(), "1000 desks") {
		t.Errorf("one desk too many gives %v", err)
	}
	some := r.Desks()[500]
	if _, err := r.Enrol(Enrolment{Member: some.Member, Desk: some.Name, Role: Both, At: day}); err != nil {
		t.Errorf("another user of a desk that exists gives %v", err)
	}
}

func TestEnrolByManyAtOnce(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	var all sync.WaitGroup
	for _, m := range []schemas.MemberID{"a", "b", "c", "d"} {
		for range 5 {
			all.Go(func() {
				if _, err := r.Enrol(Enrolment{Member: m, Role: Both, At: day}); err != nil {
					t.Error(err)
				}
				r.Desks()
			})
		}
	}
	all.Wait()
	want := r.Desks()
	r.Close()
	got := open(t, dir).Desks()
	if diff := cmp.Diff(want, got); diff != "" || len(got) != 4 || len(got[0].Users) != 5 {
		t.Errorf("after many enrolments at once there are %d desks; reopening changed (-want +got):\n%s", len(got), diff)
	}
}

func TestLockNamesItsHolder(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	_, err := Open(dir)
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), "process") || !strings.Contains(err.Error(), "admin socket") {
		t.Errorf("opening twice gives %v", err)
	}
}

// TestFailedWriteChangesNothing makes the folder go away beneath the registry.
func TestFailedWriteChangesNothing(t *testing.T) {
	r := open(t, filepath.Join(t.TempDir(), "d"))
	enrol(t, r, Enrolment{Member: "gla", Role: Both})
	want := r.Desks()
	if err := os.RemoveAll(r.Dir()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Enrol(Enrolment{Member: "eas", Role: Both, At: day}); err == nil {
		t.Error("enrolling in a folder that is gone succeeds")
	}
	if _, err := r.Revoke("gla", "main", day); err == nil {
		t.Error("revoking in a folder that is gone succeeds")
	}
	if diff := cmp.Diff(want, r.Desks()); diff != "" {
		t.Errorf("what could not be written came into force (-want +got):\n%s", diff)
	}
}
