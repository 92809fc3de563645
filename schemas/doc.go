// Package schemas is the contract between the agencies' systems and the
// broker: the messages they exchange, the code lists those messages draw on,
// how both are encoded, what makes a message acceptable, the NATS subjects
// they travel on and the answers that come back.
//
// One envelope ([Message]) carries one body, named by its kind. The unit of
// disclosure is the graded [Item]: whoever receives a copy receives only the
// items that may lawfully be given to it, in an envelope rebuilt from those
// items alone.
//
// A "subject" in this package is a person, business, place or thing. A NATS
// subject is called an address, so that the two are never confused.
//
// JSON and MessagePack share one set of field names and one set of values:
// every value in MessagePack is the value it would be in JSON (times and dates
// are strings, no extension types), so the two convert without loss.
//
// What comes in is treated as hostile. [Decode] checks the structure of
// MessagePack before it decodes any, bounds every length, depth and count, and
// refuses what is not exactly of the contract; its memory is in proportion to
// its input. [Validate] reports every fault at once. Errors say where and what,
// and never repeat what stood there: it may be about a person. The vectors in
// testdata/vectors hold other languages to the same verdicts.
//
// The package imports nothing else of ours. Its values are safe to share
// between goroutines as long as nobody changes them.
package schemas
