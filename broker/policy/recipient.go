package policy

import (
	"slices"
	"time"

	"liaison/broker/policy/table"
	"liaison/schemas"
)

// Field is something of a message that a copy has only if its recipient is
// allowed it.
type Field string

// The fields that a copy may have. All others are in every copy: what the
// message is, when and by whom it was made, its codes, and of each item the
// text, the handling code with its conditions, and the law that gave it.
const (
	FieldReference    Field = "reference"    // the originator's own, if nothing is withheld
	FieldOperation    Field = "operation"    // the operation's name, if nothing is withheld
	FieldStrands      Field = "strands"      // who leads which line of enquiry
	FieldLinks        Field = "links"        // what other messages there are
	FieldSectors      Field = "sectors"      // of the message
	FieldChannel      Field = "channel"      // how a tip came, and when
	FieldObtainedBy   Field = "obtained_by"  // how the origin obtained the item
	FieldOrigin       Field = "origin"       // whose information the item is
	FieldGrade        Field = "grade"        // the evaluation of source and information
	FieldIndicators   Field = "indicators"   // of the item
	FieldAliases      Field = "aliases"      // of a subject
	FieldBorn         Field = "born"         // of a person
	FieldNationality  Field = "nationality"  // of a person
	FieldPosition     Field = "position"     // what a person is in the matter
	FieldAddress      Field = "address"      // with the postcode; never a victim's
	FieldRegistration Field = "registration" // of a vehicle
	FieldNumber       Field = "number"       // of a telephone, company or licence
)

var allFields = []Field{FieldReference, FieldOperation, FieldStrands, FieldLinks, FieldSectors, FieldChannel, FieldObtainedBy,
	FieldOrigin, FieldGrade, FieldIndicators, FieldAliases, FieldBorn, FieldNationality, FieldPosition, FieldAddress,
	FieldRegistration, FieldNumber}

// Recipient is a row of recipients.csv: what a copy for a class of members is
// built from. Each member has one row on a day.
type Recipient struct {
	ID      schemas.Code
	Members Selector
	// Fields are those that a copy may have.
	Fields []Field
	// Subjects are the kinds of subject that a copy may have; of another kind,
	// the subject is left out as a whole.
	Subjects []schemas.SubjectKind
	// Positions are what a person must be in the matter to be in a copy; empty is
	// no limit. A person of another position is left out as a whole.
	Positions []string
	// WithheldItems says whether a copy tells how many items it lacks. Those
	// whose existence is protected are never counted.
	WithheldItems bool
	// Clause is why: the passage that says so.
	Clause string
	table.Row
}

var recipientColumns = append([]string{"id", "members", "fields", "subjects", "positions", "withheld_items", "clause"}, table.RowColumns...)

// firstRecipientColumns are those of sets that were kept before there were
// positions: they have no such limit.
var firstRecipientColumns = append([]string{"id", "members", "fields", "subjects", "withheld_items", "clause"}, table.RowColumns...)

func readRecipient(r table.Record, members []Member) Recipient {
	return Recipient{
		ID: schemas.Code(r.ID("id")), Members: selector(r, "members", members), Fields: table.WordsOf(r, "fields", allFields...),
		Subjects: table.WordsOf(r, "subjects", schemas.PersonSubject, schemas.BusinessSubject, schemas.PremisesSubject,
			schemas.VehicleSubject, schemas.PhoneSubject),
		Positions: table.WordsOf(r, "positions", "suspect", "victim", "witness", "worker", "associate"), WithheldItems: r.Yes("withheld_items"), Clause: r.Need("clause"), Row: r.Row(),
	}
}

// mayHave says whether a copy may have the subject at all.
func (r *Recipient) mayHave(s *schemas.Subject) bool {
	return slices.Contains(r.Subjects, s.Kind) && (s.Kind != schemas.PersonSubject || among(r.Positions, s.Position))
}

func (r *Recipient) may(f Field) bool { return slices.Contains(r.Fields, f) }

// MayKnow says whether a member's copies may have a field on a day.
func (p *Policy) MayKnow(id schemas.MemberID, f Field, day time.Time) bool {
	r := p.recipientOn(id, day)
	return r != nil && r.may(f)
}

// recipientOn returns the row for copies of the member, or nil: then it gets
// none.
func (p *Policy) recipientOn(id schemas.MemberID, day time.Time) *Recipient {
	n := p.memberOn(id, day)
	for k := range p.recipients {
		if r := &p.recipients[k]; r.Members.has(n) && r.On(day) {
			return r
		}
	}
	return nil
}
