package broker

import (
	"errors"

	"liaison/broker/accounts"
	"liaison/broker/ledger"
	"liaison/broker/policy/table"
	"liaison/broker/retention"
)

// refusals are what an operator's command can be refused for: it was understood,
// and what it is about is not there, or forbids it as it stands.
var refusals = []error{retention.ErrOpen, retention.ErrNothing, ErrNoGap, ErrUnknownMember, accounts.ErrUnknownDesk, accounts.ErrOtherDesk, ledger.ErrNotFound}

// Refused says whether an error is the refusal of an operator's command, here or
// at a running broker: to try again is of no use until what it is about changes.
// Any other error is a fault.
func Refused(err error) bool {
	for _, r := range refusals {
		if errors.Is(err, r) {
			return true
		}
	}
	var faulty *table.Fault
	var remote *remoteRefusal
	return errors.As(err, &faulty) || errors.As(err, &remote)
}

// remoteRefusal is the refusal of a broker that another process runs.
type remoteRefusal struct{ text string }

func (r *remoteRefusal) Error() string { return r.text }
