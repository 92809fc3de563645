// Package bench measures a broker beside the engine that it runs on: in one
// run, on one machine and one disk, in turns, so that what else the machine
// does meets both alike.
//
// # What is compared
//
// The plain engine is the embedded nats-server of the same version with nothing
// of ours around it: no accounts, one stream with the limits of the intake. It
// runs twice, once with the broker's sync policy (every publish is synced
// before it is acknowledged) and once with the engine's default (written, and
// synced every two minutes). The broker is the broker: real accounts, desks and
// credentials, and members that connect over TCP like everybody. Both sides are
// driven by the same code with the same client library: the intake's answers
// are publish acknowledgements, so that a member's program is js.PublishAsync.
//
// A message is a tip of about 1 KiB with two graded items and two subjects. It
// concerns as many members as the figure says (fan-out), of sixty with desks,
// under the embedded tables: nothing of the decision is left out.
//
// # How a figure is made
//
// Every part warms up, then repeats; a repetition measures both sides, in
// alternating order, and gives one ratio. A figure is the median of the
// repetitions, with the lowest and the highest. Counts are checked: a run in
// which a copy is missing, or too many messages are refused, fails.
//
// To route a backlog, the parts are wired as the broker wires them and the
// router is started after the intake has filled; whatever concerns the broker
// as a whole is measured on a [broker.Broker].
package bench
