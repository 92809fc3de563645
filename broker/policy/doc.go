// Package policy is the Joint Working Protocol as software: tables in, a
// decision out. It answers one question for every item of every message and
// every member concerned: may this member have this item, under which law,
// and if not, which test forbids it?
//
// # The order of the tests
//
// A member is concerned when a row of rules.csv matches an item; members that
// no rule makes concerned do not appear in a result at all. For a member that
// is concerned every item passes these tests in this order, and the first one
// that fails gives the reason ([ReasonBar] and its neighbours):
//
//  1. concerned: a rule matches this very item (need to know), within the
//     member's areas, remit and trades;
//  2. known: the sender, and the member whose information it is, are members
//     on the day;
//  3. absolute bar: no row of bars.csv covers the item, or a row of
//     exceptions.csv is open for it;
//  4. legal gateway: a row of gateways.csv leads from the sender to the
//     recipient and, where the information is another member's, a second row
//     leads from that member to the recipient. Each of these legs must pass
//     its bars: an exception may let one gateway through and not another;
//  5. handling: the item is graded, by its origin or by the hub
//     (gradings.csv), and its handling codes open it to the recipient's class;
//  6. marking: the message is not above the recipient's ceiling, nor above
//     the system's;
//  7. conditions and recorded consent: nothing that the handling code or the
//     gateway requires first is outstanding ([Recorded], conditions.csv).
//
// Then the safeguards are applied to the message as a whole: a member that
// must wait gets nothing before those that must have it first. What passes is
// minimised ([Policy.Minimise]): the copy is built from the items that passed,
// with what recipients.csv allows, and from nothing else. Unknown means no, in
// every test.
//
// # What is guaranteed
//
// Decisions are pure functions of the message, the day and the tables: there
// is no clock, network, random number or logger in this package, and the order
// of the rows in a table changes nothing. A member never gets back a message
// that it sent. [Policy] never changes once loaded, so that any number of
// goroutines may share one.
//
// Narrowing narrows: no gateway, exception, rule or consent taken away, no
// ceiling lowered and no bar added ever discloses anything more.
//
// # Why
//
// [Policy.Explain] gives, beside each outcome, the rows that decided with their
// sources, and [Policy.Nearest] the fewest changes that would disclose what is
// withheld, found by trying them. [Policy.Check] looks for what a table set may
// have got wrong, and [Compare] for what another set would change.
//
// # Information that comes home
//
// An item may be the information of a member other than the sender. That
// member needs no permission from itself: for it the bar on its own
// information, its own gateway, the handling code and the conditions are not
// tested. The sender's law, the bars that name no origin and the marking
// ceiling still are.
//
// # Clocks
//
// [Policy.Due] says when a clock runs out ([ClockHeld] and its neighbours, a row
// of deadlines.csv each), by the [Calendar] of the nation that a message is
// about: hours are hours, and days are counted in London without the nation's
// bank holidays. The calendar is not stored with what is due; the time is, and
// the tables that gave it are named by their hash.
//
// # The law
//
// The tables cite statutes as they stood in 2009, each row with its source and
// how sure of it we are. Nothing in them is legal advice.
package policy
