package schemas

import "strings"

// The names that a member's NATS client uses. They stand in every desk's own
// account; imports map them onto the hub's real names.
const (
	// IntakeName is the stream named in publish acknowledgements.
	IntakeName = "INTAKE"
	// FeedName and ConsumerName are what a member binds to, with APIPrefix:
	// jetstream.NewWithAPIPrefix(nc, "liaison"), stream FEED, consumer "main".
	APIPrefix    = "liaison"
	FeedName     = "FEED"
	ConsumerName = "main"
	// SubmitAddress takes messages; SubmitAddressFor is the longer form.
	SubmitAddress = "submit"
	// The questions that a member may ask.
	AskReceipt = "ask.receipt"
	AskHeld    = "ask.held"
	AskReplay  = "ask.replay"
	AskSelf    = "ask.self"
	AskHead    = "ask.head"
	AskProof   = "ask.proof"
	AskThread  = "ask.thread"
	AskDocket  = "ask.docket"
	AskSupport = "ask.support"
	// AskOperation asks what belongs to a named operation.
	AskOperation = "ask.operation"
	// LiveAddress is the root of a desk's live copies.
	LiveAddress = "feed"
)

// Headers of a copy.
const (
	HeaderID       = "Liaison-Id"
	HeaderDecision = "Liaison-Decision"
	HeaderPolicy   = "Liaison-Policy"
	HeaderGateway  = "Liaison-Gateway"
	HeaderSequence = "Liaison-Sequence"
	HeaderAddress  = "Liaison-Address"
	HeaderEnd      = "Liaison-End"
	HeaderMore     = "Liaison-More"
	HeaderError    = "Liaison-Error"
	// HeaderSalt comes with a proof about a message of the asker's own: the salt
	// of the commitment to its content.
	HeaderSalt = "Liaison-Salt"
	HeaderType = "content-type"
)

// CopyHeader returns those of a stored copy's headers that its reader gets.
// What the engine adds to a stored message is not among them.
func CopyHeader(stored map[string][]string) map[string][]string {
	h := map[string][]string{}
	for _, name := range []string{HeaderID, HeaderDecision, HeaderPolicy, HeaderGateway, HeaderType} {
		if v, ok := stored[name]; ok {
			h[name] = v
		}
	}
	return h
}

// The encodings of a message, as content types.
const (
	TypeJSON    = "application/json"
	TypeMsgPack = "application/vnd.msgpack"
)

// AnyToken stands in an address for a code that the message does not have.
const AnyToken = "any"

// MainDesk is the desk that every member has.
const MainDesk = "main"

// Route returns the part of an address that says what a message is about:
// kind, crime group, crime type, nation, region, area, from its primary codes,
// each "any" where the primary code is not that exact or has none.
func Route(m *Message) string {
	group, crime := AnyToken, AnyToken
	if len(m.CrimeTypes) > 0 {
		group, crime = crimeTokens(m.CrimeTypes[0])
	}
	nation, region, area := AnyToken, AnyToken, AnyToken
	if len(m.Jurisdictions) > 0 {
		nation, region, area = areaTokens(m.Jurisdictions[0].Code)
	}
	return strings.Join([]string{string(m.Kind), group, crime, nation, region, area}, ".")
}

// SubmitAddressFor returns the long submit address of a message, which lets
// an operator of the member's own account see and permit what is sent.
func SubmitAddressFor(m *Message) string { return SubmitAddress + "." + Route(m) }

// IntakeAddress is where the hub stores an accepted message.
func IntakeAddress(member MemberID, id ID) string {
	return "intake." + string(member) + "." + string(id)
}

// DecisionAddress is where the hub stores the decision about a message.
func DecisionAddress(member MemberID, id ID) string {
	return "decision." + string(member) + "." + string(id)
}

// CopyAddress is where the hub stores a desk's copy.
func CopyAddress(member MemberID, desk string, copied *Message) string {
	return "feed." + string(member) + "." + desk + "." + Route(copied)
}

// LiveCopyAddress is where the hub publishes a desk's copy to live readers, by
// the key of the desk's account. The member sees it below LiveAddress.
func LiveCopyAddress(account string, copied *Message) string {
	return "live." + account + "." + Route(copied)
}

func crimeTokens(c Code) (group, crime string) {
	e, ok := CrimeTypes().Lookup(c)
	if !ok {
		return AnyToken, AnyToken
	}
	if e.Parent == "" {
		return string(c), AnyToken
	}
	return string(e.Parent), string(c)
}

// areaTokens places a jurisdiction and its ancestors by their kind.
func areaTokens(c Code) (nation, region, area string) {
	nation, region, area = AnyToken, AnyToken, AnyToken
	list := Jurisdictions()
	for _, code := range append([]Code{c}, list.Ancestors(c)...) {
		e, ok := list.Lookup(code)
		if !ok {
			break
		}
		switch e.Kind {
		case "country":
		case "nation":
			nation = string(code)
		case "acpo-region", "ukba-region":
			region = string(code)
		default:
			if area == AnyToken {
				area = string(code)
			}
		}
	}
	return nation, region, area
}
