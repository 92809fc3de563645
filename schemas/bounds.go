package schemas

// Bounds of what the contract carries, in bytes as encoded.
const (
	// MaxMessage is the most bytes that one encoded message may have.
	MaxMessage = 64 << 10
	// MaxCopy is the most bytes that a reader of copies takes. It is more than
	// MaxMessage because the broker adds gateways, and because a message that
	// fits in MessagePack may need twice the bytes in JSON.
	MaxCopy = 4 * MaxMessage
	// MaxBundle and MaxBundleBytes bound a bundle of messages.
	MaxBundle      = 500
	MaxBundleBytes = 1 << 20
	// MaxDepth is how deep maps and lists may lie within each other. The
	// contract itself needs five levels; the rest is for newer contracts.
	MaxDepth = 16
)

// Bounds of the lists in a message. Decode refuses a longer list before it
// makes room for it; Validate reports one in a message made in Go.
const (
	MaxItems         = 64
	MaxSubjects      = 64
	MaxJurisdictions = 64
	MaxCrimeTypes    = 32
	MaxSectors       = 32
	MaxIndicators    = 64
	MaxHandling      = 5
	MaxConsents      = 16
	MaxGateways      = 16
	MaxLinks         = 32
	MaxAliases       = 16
	MaxStrands       = 32
	MaxRecipients    = 64
)

// Bounds of texts, in characters.
const (
	// MaxText bounds an item's text. It is the limit that the reason for
	// suspicion has in a report to the Serious Organised Crime Agency.
	MaxText = 8000
	// MaxConditions bounds an item's conditions of use.
	MaxConditions = 2000
	// MaxReference bounds a message's reference and a case's operation.
	MaxReference = 64
	// MaxName bounds a subject's name, aliases and nationality.
	MaxName = 200
	// MaxAddress bounds a subject's postal address.
	MaxAddress = 400
	// MaxMark bounds a subject's postcode, registration mark and number.
	MaxMark = 40
	// MaxToken bounds a member id and a code: they become part of an address.
	MaxToken = 40
)

// MaxAhead is the most days after the making of a message to which it may extend a
// clock, or the reflection period. No bound of the Workplace Joint Working Protocol
// could be read: it is a proposal. Whoever needs more time extends again, and gives
// a reason again.
const MaxAhead = 366

// MaxFaults is the most faults that Validate lists. If there are more, a last
// fault says how many; otherwise a hostile message of 64 KiB could cause a
// refusal of several megabytes.
const MaxFaults = 100
