package policy

import (
	"testing"
	"time"

	"liaison/deploy/protocol"
	"liaison/schemas"
)

func TestReplyDueCountsWorkingDays(t *testing.T) {
	p, err := Load(protocol.Tables)
	if err != nil {
		t.Fatal(err)
	}
	friday := time.Date(2009, 8, 14, 16, 0, 0, 0, time.UTC)
	for urgency, want := range map[schemas.Urgency]string{
		schemas.Immediate: "Fri 2009-08-14 20:00", schemas.Priority: "Wed 2009-08-19 16:00", schemas.Routine: "Fri 2009-08-28 16:00",
	} {
		if got := p.ReplyDue(urgency, friday).Format("Mon 2006-01-02 15:04"); got != want {
			t.Errorf("%s: due %s, want %s", urgency, got, want)
		}
	}
	if due := p.ReplyDue("whenever", friday); !due.IsZero() {
		t.Errorf("an unknown urgency is due %s", due)
	}
}
