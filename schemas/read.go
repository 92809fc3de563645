package schemas

import (
	"errors"
	"time"
)

// Read decodes a message, derives what it leaves out and validates it: all
// that can be judged of a message by itself. A refusal comes with the message
// as far as it could be read, or nil.
func Read(b []byte, now time.Time) (*Message, *Refusal) {
	m, err := Decode(b)
	if err != nil {
		return nil, RefuseMalformed(err)
	}
	m.Derive()
	if faults := Validate(m, now); len(faults) > 0 {
		return m, Refuse(RefusedInvalid, "mend every fault listed and send the record again", faults...)
	}
	return m, nil
}

// RefuseMalformed makes a refusal of an error of Decode or Split.
func RefuseMalformed(err error) *Refusal {
	const advice = "send a message or a bundle as the contract describes it; schemas/testdata has examples"
	var bad *MalformedError
	if !errors.As(err, &bad) {
		return Refuse(RefusedMalformed, advice, Fault{Code: MalformedEncoding, Problem: err.Error(), Advice: advice})
	}
	if bad.Oversize {
		return Refuse(RefusedOversize, bad.Advice, bad.Fault())
	}
	return Refuse(RefusedMalformed, advice, bad.Fault())
}
