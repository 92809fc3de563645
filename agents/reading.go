package agents

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"liaison/schemas"
)

// FileReport says how far an agent is with one file.
type FileReport struct {
	// File is the export's name.
	File string
	// Records were read so far; each is accepted, known already (a
	// duplicate), rejected, or not yet answered.
	Records, Accepted, Duplicates, Rejected int
	// Finished says that every record is answered and the file put away.
	Finished bool
	// Fault says why the file could not be read, or not to its end.
	Fault *FileFault
}

// reading is the work on one file, from its first record to the last receipt.
type reading struct {
	agent  *Agent
	lists  *lists
	report FileReport
	batch  []pending
	bytes  int
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

// read works through one file of the inbox and puts it away.
func (a *Agent) read(ctx context.Context, f *folder, name string) error {
	in, err := f.open(name)
	if err != nil {
		return fmt.Errorf("opening a file of the inbox: %w", err)
	}
	defer in.Close()
	lists, err := f.beginLists()
	if err != nil {
		return err
	}
	defer lists.close()
	r := &reading{agent: a, lists: lists, report: FileReport{File: strings.ToValidUTF8(name, "\uFFFD")}}
	if err := r.records(ctx, in, f.ids); err != nil {
		return err
	}
	if !f.unchanged(name, in) {
		f.unsettle(name)
		a.log.Warn("the file changed while it was read; it will be read again", "file", name)
		return nil
	}
	if err := lists.putAway(name, r.report.Fault == nil); err != nil {
		return err
	}
	delete(f.seen, name)
	r.report.Finished = true
	r.tell()
	a.log.Info("file done", "file", name, "records", r.report.Records, "accepted", r.report.Accepted,
		"duplicates", r.report.Duplicates, "rejected", r.report.Rejected)
	return nil
}

// records reads and sends every record.
func (r *reading) records(ctx context.Context, in io.Reader, ids Identity) error {
	text := bufio.NewReaderSize(in, 64<<10)
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

// take deals with one record: a reject is noted, a message waits for its batch.
func (r *reading) take(ctx context.Context, rec Record, ids Identity) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	r.report.Records++
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
const onceTries = 4

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
	if r.agent.cfg.Reject != nil {
		r.agent.cfg.Reject(one)
	}
	return r.lists.rejects.add(one)
}

func (r *reading) tell() {
	if r.agent.cfg.Report != nil {
		r.agent.cfg.Report(r.report)
	}
}
