package broker

import (
	"testing"

	"liaison/schemas"
)

// A machine that was asleep, or whose clock was set, has timers that know nothing
// of it: what ran out meanwhile must be told of at once all the same.
func TestTheDocketNoticesThatTheClockWasSet(t *testing.T) {
	m := startMatters(t, t.TempDir(), "2009-08-24 10:00", "gla", "kent")
	request := full(m.message(schemas.KindRequest, "gla"), "Is an invented gangmaster known?")
	request.Request = &schemas.Request{To: []schemas.MemberID{"kent"}}
	m.takes(request)
	m.owed() // the docket has taken it up
	m.clock.at.Add(int64(4 * 24 * 3600 * 1e9))
	m.hears("kent", "its lapse", isNotice(schemas.NoticeLapsed, "request-acknowledge", "contact-point"))
}
