package ask

import (
	"github.com/nats-io/nats.go"

	"liaison/schemas"
)

// support answers who supports a person. The question names nobody, and whoever
// may ask at all may ask it: the tables are known to all members.
func (d *Desk) support(msg *nats.Msg) error {
	var q schemas.SupportQuery
	if err := readQuestion(msg.Data, &q); err != nil {
		return schemas.Refuse(schemas.RefusedMalformed, `ask with {"exploitation":["<crime type>"],"sex":"female","age":24,"area":"<code>","needs":["<code>"]}`)
	}
	if faults := schemas.CheckSupport(&q); len(faults) > 0 {
		return schemas.Refuse(schemas.RefusedInvalid, "correct the question", faults...)
	}
	return respond(msg, d.cfg.Support(q))
}
