package schemas

import (
	"encoding/json"
	"testing"
	"time"
)

func TestTimeIsWrittenInOneForm(t *testing.T) {
	summer := time.FixedZone("BST", 3600)
	at := At(time.Date(2009, 8, 14, 10, 30, 0, 999_999_999, summer))
	const want = "2009-08-14T09:30:00Z"
	if b, err := at.MarshalText(); err != nil || string(b) != want {
		t.Errorf("MarshalText = %s, %v", b, err)
	}
	if b, err := at.AppendText(nil); err != nil || string(b) != want {
		t.Errorf("AppendText = %s, %v", b, err)
	}
	// The standard library must not find the embedded time's own form.
	unrounded := Time{time.Date(2009, 8, 14, 10, 30, 0, 5, summer)}
	if b, err := json.Marshal(unrounded); err != nil || string(b) != `"`+want+`"` {
		t.Errorf("json.Marshal = %s, %v", b, err)
	}
	var back Time
	if err := json.Unmarshal([]byte(`"`+want+`"`), &back); err != nil || back != at {
		t.Errorf("json.Unmarshal = %v, %v", back, err)
	}
	for _, bad := range []string{`"2009-08-14T09:30:00.0Z"`, `"2009-08-14T10:30:00+01:00"`, `"2009-08-14"`, `1250242200`, `""`} {
		if err := json.Unmarshal([]byte(bad), &back); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}
