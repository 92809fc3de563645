// Package broker is the authority: it joins the embedded NATS server, the
// members' accounts, the intake, the policy, the router and the ledger into
// one running broker.
//
// A message goes one way: submit, intake, router, feed. Nothing enters but
// through the intake, nothing leaves but through the router, and the ledger
// entry commits with the copies or not at all.
package broker
