package agents

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"liaison/schemas"
)

// FileReport says how far an agent is with one file.
type FileReport struct {
	// File is the export's name.
	File string
	// Size is the file's in bytes, and Read how many of them were read so far.
	Size, Read int64
	// Records were read so far; each is accepted, known already (a
	// duplicate), rejected, kept, or not yet answered.
	Records, Accepted, Duplicates, Rejected, Kept int
	// Finished says that every record is answered and the file put away.
	Finished bool
	// Fault says why the file could not be read, or not to its end.
	Fault *FileFault
}

// reading is the work on one file, from its first record to the last receipt.
// One goroutine at a time has it: a reader, and at the end the inbox's owner.
type reading struct {
	agent *Agent
	name  string
	// sight is how the file looked when it had settled.
	sight  sight
	file   *os.File
	lists  *lists
	report FileReport
	batch  []pending
	bytes  int
	// say hands something to the goroutine that calls the agent's callbacks.
	say func(func())
}

// pending is a message that has no final answer yet.
type pending struct {
	line      int
	reference string
	raw       string
	message   *schemas.Message
}

// batchBytes bounds what a batch keeps in memory.
const batchBytes = 4 << 20

// run works through the file until every record has its answer.
func (r *reading) run(ctx context.Context, f *folder) error {
	var err error
	if r.file, err = f.open(r.name); err != nil {
		return fmt.Errorf("opening a file of the inbox: %w", err)
	}
	if r.lists, err = f.beginLists(r.name); err != nil {
		return err
	}
	return r.records(ctx, r.file, f.ids)
}

// finish puts the file away. A file that changed meanwhile stays, to be read
// again.
func (r *reading) finish(f *folder) error {
	if !unchanged(f.root, r.name, r.file, r.sight) {
		f.unsettle(r.name)
		r.agent.log.Warn("the file changed while it was read; it will be read again", "file", r.name)
		return nil
	}
	at, err := r.lists.putAway(r.name, r.report.Fault == nil)
	if err != nil {
		return err
	}
	if at != "" {
		f.watch(r.name, at, r.sight, time.Now())
	}
	delete(f.seen, r.name)
	r.report.Finished, r.report.Read = true, r.report.Size
	r.agent.log.Info("file done", "file", r.name, "records", r.report.Records, "accepted", r.report.Accepted,
		"duplicates", r.report.Duplicates, "rejected", r.report.Rejected, "kept", r.report.Kept)
	return nil
}

// close gives up what is open. Lists that were not put away are of no use.
func (r *reading) close() {
	if r.lists != nil {
		r.lists.close()
		r.lists.discard()
	}
	if r.file != nil {
		r.file.Close()
	}
}

// counted counts the bytes on their way to the adapter.
type counted struct {
	in io.Reader
	n  *int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	*c.n += int64(n)
	return n, err
}

// records reads and sends every record.
func (r *reading) records(ctx context.Context, in io.Reader, ids Identity) error {
	text := bufio.NewReaderSize(counted{in, &r.report.Read}, 64<<10)
	fault := sniff(text)
	if fault == nil {
		err := r.agent.cfg.Adapter.Read(text, r.report.File, func(rec Record) error { return r.take(ctx, rec, ids) })
		if err != nil && !errors.As(err, &fault) {
			return fmt.Errorf("reading %s: %w", r.report.File, err)
		}
	}
	if err := r.flush(ctx); err != nil {
		return err
	}
	if fault == nil {
		return nil
	}
	r.report.Fault = fault
	return r.reject(Reject{Line: fault.Line, Faults: []Fault{{Line: fault.Line, Field: "file", Problem: fault.Problem, Advice: fault.Advice}}})
}

// archives are the first bytes of files that no adapter reads.
var archives = map[string]string{
	"PK\x03\x04": "zip archive (or a modern spreadsheet)", "\x1f\x8b": "gzip archive", "7z\xbc\xaf": "7-Zip archive",
	"Rar!": "RAR archive", "BZh": "bzip2 archive", "\xd0\xcf\x11\xe0": "Microsoft Office file", "%PDF": "PDF file",
}

// sniff refuses what is no text. Archives are not unpacked: a small one can
// hold more than any disk.
func sniff(in *bufio.Reader) *FileFault {
	head, _ := in.Peek(4)
	for start, what := range archives {
		if bytes.HasPrefix(head, []byte(start)) {
			return &FileFault{Line: 1, Problem: "this is a " + what + " and not an export", Advice: "put the export itself into the inbox"}
		}
	}
	return nil
}

// take deals with one record: what is rejected or kept is noted, a message waits
// for its batch.
func (r *reading) take(ctx context.Context, rec Record, ids Identity) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if r.report.Records++; r.report.Records%tellEvery == 0 {
		r.tell()
	}
	if rec.Kept != "" {
		r.report.Kept++
		return r.lists.receipts.add(receiptLine{File: r.report.File, Line: rec.Line, Reference: strings.ToValidUTF8(rec.Reference, "\uFFFD"), Kept: rec.Kept})
	}
	p := pending{line: rec.Line, reference: rec.Reference, raw: rec.Raw, message: rec.Message}
	faults := rec.Faults
	if len(faults) == 0 {
		faults = r.agent.prepare(&rec, ids)
	}
	if len(faults) > 0 {
		return r.reject(r.rejectOf(p, faults, nil))
	}
	r.batch = append(r.batch, p)
	r.bytes += 2 * len(rec.Raw)
	if len(r.batch) < schemas.MaxBundle && r.bytes < batchBytes {
		return nil
	}
	return r.flush(ctx)
}

// tellEvery is after how many records an agent says how far it is, even if none
// of them was sent.
const tellEvery = 1000

// prepare completes a message and finds what would have to be refused, before
// it leaves the agency.
func (a *Agent) prepare(rec *Record, ids Identity) []Fault {
	m := rec.Message
	if m == nil || m.Originator != a.cfg.Member {
		return []Fault{{Line: rec.Line, Problem: "the record is not this member's own", Advice: "check which member this agent was started for"}}
	}
	if m.Marking.Above(a.cfg.Ceiling) {
		return []Fault{{Line: rec.Line, Field: "marking", Problem: fmt.Sprintf("marked %s, above the ceiling %s: it was not sent", m.Marking, a.cfg.Ceiling),
			Advice: "pass it by a channel that is accredited for the marking"}}
	}
	m.ID = ids.ID(m.Originator, rec.Reference, rec.Content)
	m.Derive()
	var faults []Fault
	for _, f := range schemas.Validate(m, time.Now()) {
		faults = append(faults, Fault{Line: rec.Line, Field: f.Path, Problem: f.Problem, Advice: f.Advice})
	}
	if len(faults) > 0 {
		return faults
	}
	body, err := schemas.EncodeMsgPack(m)
	if err != nil {
		return []Fault{{Line: rec.Line, Problem: "the record cannot be encoded as a message", Advice: "report this to whoever keeps the adapter"}}
	}
	if len(body) > schemas.MaxMessage {
		return []Fault{{Line: rec.Line, Problem: fmt.Sprintf("the message has %d bytes and may have %d", len(body), schemas.MaxMessage), Advice: "split the report"}}
	}
	return nil
}

// flush sends the batch until each message in it has a final answer.
func (r *reading) flush(ctx context.Context) error {
	var pause backoff
	for tries := 1; len(r.batch) > 0; tries++ {
		msgs := make([]*schemas.Message, len(r.batch))
		for i, p := range r.batch {
			msgs[i] = p.message
		}
		receipts, err := r.agent.cfg.Client.Submit(ctx, msgs...)
		if noteErr := r.answered(receipts); noteErr != nil {
			return noteErr
		}
		r.tell()
		if len(r.batch) == 0 {
			break
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err == nil {
			err = errors.New("the broker says: try later")
		}
		if r.agent.cfg.Once && tries >= onceTries {
			return fmt.Errorf("sending: %w", err)
		}
		r.agent.log.Warn("sending again after a pause", "messages", len(r.batch), "err", err)
		if err := pause.wait(ctx); err != nil {
			return err
		}
	}
	r.batch, r.bytes = r.batch[:0], 0
	return nil
}

// onceTries is how often an agent that runs once tries to send a batch.
const onceTries = 6

// answered notes final receipts and keeps the rest of the batch.
func (r *reading) answered(receipts []schemas.Receipt) error {
	var rest []pending
	for i, p := range r.batch {
		switch {
		case i >= len(receipts) || (receipts[i].Refusal != nil && receipts[i].Refusal.Later()):
			rest = append(rest, p)
			continue
		case receipts[i].Refusal != nil:
			if err := r.reject(r.rejectOf(p, nil, receipts[i].Refusal)); err != nil {
				return err
			}
			continue
		case receipts[i].Duplicate:
			r.report.Duplicates++
		default:
			r.report.Accepted++
		}
		if err := r.lists.receipts.add(receiptLine{File: r.report.File, Line: p.line, Reference: p.reference,
			ID: p.message.ID, Sequence: receipts[i].Sequence, Duplicate: receipts[i].Duplicate}); err != nil {
			return err
		}
	}
	r.batch = rest
	return nil
}

func (r *reading) rejectOf(p pending, faults []Fault, refusal *schemas.Refusal) Reject {
	one := Reject{Line: p.line, Reference: strings.ToValidUTF8(p.reference, "\uFFFD"), Faults: faults, Refusal: refusal}
	one.Record, one.Cut = bounded(p.raw)
	if p.message != nil {
		one.ID = p.message.ID
	}
	return one
}

func (r *reading) reject(one Reject) error {
	one.File = r.report.File
	r.report.Rejected++
	if reject := r.agent.cfg.Reject; reject != nil {
		r.say(func() { reject(one) })
	}
	return r.lists.rejects.add(one)
}

func (r *reading) tell() {
	if report, now := r.agent.cfg.Report, r.report; report != nil {
		r.say(func() { report(now) })
	}
}
