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
//  1. concerned: a rule matches this very item (need to know);
//  2. known: the sender, and the member whose information it is, are members
//     on the day;
//  3. absolute bar: no row of bars.csv covers the item;
//  4. legal gateway: a row of gateways.csv leads from the sender to the
//     recipient and, where the information is another member's, a second row
//     leads from that member to the recipient;
//  5. handling: the item is graded, and its handling codes open it to the
//     recipient's class;
//  6. marking: the message is not above the recipient's ceiling, nor above
//     the system's;
//  7. conditions and recorded consent: nothing that the handling code or the
//     gateway requires first is outstanding.
//
// What passes is minimised ([Minimise]): the copy is built from the items that
// passed, and from nothing else. Unknown means no, in every test.
//
// # What is guaranteed
//
// Decisions are pure functions of the message, the day and the tables: there
// is no clock, network, random number or logger in this package, and the order
// of the rows in a table changes nothing. A member never gets back a message
// that it sent. [Policy] never changes once loaded, so that any number of
// goroutines may share one.
//
// # Information that comes home
//
// An item may be the information of a member other than the sender. That
// member needs no permission from itself: for it the bar on its own
// information, its own gateway, the handling code and the conditions are not
// tested. The sender's law, the bar that binds the sender as holder and the
// marking ceiling still are.
//
// # The law
//
// The tables cite statutes as they stood in 2009, each row with its source and
// how sure of it we are. Nothing in them is legal advice.
package policy
