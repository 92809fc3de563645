package ledger

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"liaison/schemas"
	"liaison/schemas/proof"
)

// Stream is the stream that holds entries and copies, and Address where in it
// the entries are.
const (
	Stream  = "DISCLOSURES"
	Address = "decision.>"
)

// The headers of an accepted message in the intake: the account that
// submitted it, the digest of its canonical encoding (base64url), and the salt
// of its commitment.
const (
	HeaderAccount = "Liaison-Account"
	HeaderDigest  = "Liaison-Digest"
	HeaderSalt    = schemas.HeaderSalt
)

// Kind says what an entry records.
type Kind string

// The kinds of entry.
const (
	// DecisionEntry records what was decided about one accepted message.
	DecisionEntry Kind = "decision"
	// PolicyEntry records that a set of tables came into use.
	PolicyEntry Kind = "policy"
	// ConsentEntry records an answer about items of another message, and
	// whether it counts. If it does, a new decision about that message follows.
	ConsentEntry Kind = "consent"
	// ErasedEntry records what was erased, before it is removed.
	ErasedEntry Kind = "erased"
	// GapEntry records that an operator accepts a gap that nothing explains.
	GapEntry Kind = "gap"
)

// Entry is one entry of the ledger, as it is stored. Its JSON form is a
// promise: fields are only ever added, since every entry's bytes are hashed.
type Entry struct {
	// Number counts the entries from 1 without a gap.
	Number uint64 `json:"entry"`
	// Previous is the hash of the entry before, in hexadecimal; of the first
	// entry it is empty.
	Previous string    `json:"previous"`
	Kind     Kind      `json:"kind"`
	At       time.Time `json:"at"`
	// Policy is the hash of the tables that were in use.
	Policy string `json:"policy"`
	// By says who did what the entry records, where a person did: the user of
	// the operating system.
	By string `json:"by,omitempty"`
	// Intake is the sequence of the last accepted message that is decided
	// when this entry is written.
	Intake uint64 `json:"intake"`

	// Copies is how many copies were stored right behind this entry, with it.
	Copies int `json:"copies,omitempty"`

	// Erased is what an erasure names, and Gap a gap that was accepted.
	Erased *Erasure `json:"erased,omitempty"`
	Gap    *Gap     `json:"gap,omitempty"`

	// The rest belongs to decisions and consents.

	Message    schemas.ID       `json:"message,omitempty"`
	Originator schemas.MemberID `json:"originator,omitempty"`
	// Account is the key of the account that submitted the message.
	Account string `json:"account,omitempty"`
	// Route is the message's kind and primary codes, as in an address.
	Route string `json:"route,omitempty"`
	// Commitment binds the entry to the message's content: see Commit.
	Commitment string `json:"commitment,omitempty"`
	// Of is the message that a step is about, and MadeOf are those that the
	// message is made of: whoever has it has something of them.
	Of     *schemas.MessageRef  `json:"of,omitempty"`
	MadeOf []schemas.MessageRef `json:"made_of,omitempty"`
	// Review is the day by which the message must be reviewed or weeded.
	Review schemas.Date `json:"review,omitzero"`
	// Victim says that a tip or a case is about somebody who may be a victim, so
	// that the clock of a referral may run.
	Victim bool `json:"victim,omitempty"`
	// Day is the day on which the message was judged, as 2009-08-14.
	Day string `json:"day,omitempty"`
	// Held says that no member gets the message.
	Held     bool              `json:"held,omitempty"`
	Outcomes []schemas.Outcome `json:"outcomes,omitempty"`
	// Protected says that not even the existence of the message may be known
	// beyond those who got it, as of a report of suspicion.
	Protected bool `json:"protected,omitempty"`
	// Waiting are the positions of items that nobody gets, of a message of
	// which somebody gets others: they wait at the originator's desk too.
	Waiting []int `json:"waiting,omitempty"`
	// Due is the time by which somebody should have answered for what is held.
	Due time.Time `json:"due,omitzero"`
	// Replaces is the number of the earlier decision about the same message
	// that this one takes the place of. Its outcomes are all there are now; its
	// copies were only of what was not disclosed before.
	Replaces uint64 `json:"replaces,omitempty"`
	// Records are the answers on record for the message, in their order.
	Records []Record `json:"records,omitempty"`
	// Closed says that the originator has refused to share what is held.
	Closed bool `json:"closed,omitempty"`

	// About is what a consent answers for, and Void why it does not count.
	About *Record      `json:"about,omitempty"`
	Void  schemas.Code `json:"void,omitempty"`
}

// Record is one answer about items of a message.
type Record struct {
	// Consent is the id of the message that gave it, and By its originator.
	Consent schemas.ID       `json:"consent"`
	By      schemas.MemberID `json:"by"`
	// Of is the message that it is about.
	Of        schemas.MessageRef    `json:"of"`
	Items     []int                 `json:"items"`
	Authority schemas.Code          `json:"authority"`
	Answer    schemas.ConsentAnswer `json:"answer"`
	To        []schemas.MemberID    `json:"to,omitempty"`
	// From is the day on which it was given, and Until the first on which it
	// no longer counts.
	From  string       `json:"from"`
	Until schemas.Date `json:"until,omitzero"`
}

// Chain is the end of the ledger: what the next entry must follow. The zero
// Chain is the end of an empty ledger.
type Chain struct {
	// Number and Hash are those of the last entry.
	Number uint64
	Hash   string
}

// Seal numbers an entry as the next one of the chain, links it to the last
// one, and returns its bytes and the chain that ends with it. An error means
// that the entry cannot be encoded and the chain is as it was.
func (c Chain) Seal(e *Entry) ([]byte, Chain, error) {
	e.Number, e.Previous = c.Number+1, c.Hash
	b, err := json.Marshal(e)
	if err != nil {
		return nil, c, fmt.Errorf("encoding ledger entry %d: %w", e.Number, err)
	}
	return b, Chain{Number: e.Number, Hash: HashOf(b)}, nil
}

// HashOf is the hash by which the next entry names the one with these bytes.
func HashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// AddressOf is the address at which an entry is stored.
func AddressOf(e *Entry) string {
	if e.Kind == DecisionEntry || e.Kind == ConsentEntry {
		return schemas.DecisionAddress(e.Originator, e.Message)
	}
	return fmt.Sprintf("decision._.%s-%d", e.Kind, e.Number)
}

// Parse reads a stored entry. Fields of a later version are ignored.
func Parse(b []byte) (Entry, error) {
	var e Entry
	if err := json.Unmarshal(b, &e); err != nil {
		return Entry{}, fmt.Errorf("decoding ledger entry: %w", err)
	}
	return e, nil
}

// Link is how an entry stands in the chain.
type Link struct {
	Number   uint64 `json:"entry"`
	Previous string `json:"previous"`
}

// ParseLink reads of a stored entry only how it stands in the chain.
func ParseLink(b []byte) (Link, error) {
	var l Link
	if err := json.Unmarshal(b, &l); err != nil {
		return Link{}, fmt.Errorf("decoding ledger entry: %w", err)
	}
	return l, nil
}

// NewSalt returns a fresh random salt for a commitment, as header text.
func NewSalt() string {
	var salt [16]byte
	rand.Read(salt[:]) // never fails, by its contract
	return base64.RawURLEncoding.EncodeToString(salt[:])
}

// Commit binds content to an entry without revealing it.
func Commit(salt string, content []byte) string { return proof.Commit(salt, content) }

// Matters says whether the entry begins or changes a matter, or ends what is
// kept of one: nearly all tips that somebody gets do not.
func (e *Entry) Matters() bool {
	if e.Kind == ErasedEntry {
		return true
	}
	if e.Kind != DecisionEntry || e.Route == "" {
		return false
	}
	tip := strings.HasPrefix(e.Route, string(schemas.KindTip)+".")
	return !tip || e.Victim || !e.Due.IsZero() || !e.Review.IsZero() || e.Replaces != 0 || len(e.MadeOf) > 0
}

// Growth is by how much a commit made the ledger grow.
type Growth struct {
	// From and To are the numbers of the last entry before and after, and
	// Sequence is where the stream ends now.
	From, To, Sequence uint64
	// Matters says whether an entry among them begins or changes a matter.
	Matters bool
}
