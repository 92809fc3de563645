// Package agents is the edge of Liaison: what runs beside an agency's own
// systems and never inside the broker.
//
// It has two halves. [Client] is what an agency's own Go program imports: it
// submits messages and gets receipts, asks what became of them, and reads the
// desk's copies: durably ([Client.Desk]), from a place of its own
// ([Client.Watch], [Client.Replay]) or as they happen ([Client.Live]).
//
// [Agent] is the unattended process for a system that can only write files.
// The watched folder is its spool: each file is read by the agency's
// [Adapter], every record becomes a message with an id that is always the same
// for the same record, and the file leaves the inbox only when every record
// has a receipt, is listed as not for sharing, or stands in the list of
// rejects. Several files are read at a time, each in its own order. A crash, a
// lost link or a file that is delivered twice means only that records are read
// and sent again, which the broker takes as duplicates. No other state is
// needed.
//
// The package knows the contract (package schemas) and never the broker.
package agents
