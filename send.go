package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"liaison/agents"
	"liaison/schemas"
)

// sentRecord is what the send command says about one message.
type sentRecord struct {
	Where string `json:"where"`
	schemas.Receipt
}

func newSend() *cobra.Command {
	var l link
	var asJSON bool
	cmd := &cobra.Command{
		Use: "send FILE...", Short: "Submit messages and print their receipts",
		Long: `Submit the messages of files: JSON or MessagePack, one message or a bundle, or
JSON lines. '-' is standard input. A receipt means that the broker has the
message durably; sending it again is harmless. Of a step, and of a correction, it is
said as well whom it did not reach, and why.

Exit code 3 means that the broker refused something for good; each refusal says
what is wrong and what to do. If all that it refused may be taken when it is sent
again, it is 1.`,
		Example: `  liaison send tip.json --creds gla.creds
  liaison send - --json < tips.jsonl`,
		Args: atLeastOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			return asMember(cmd, &l, func(_ context.Context, c *agents.Client) error { return send(cmd, c, args, asJSON) })
		},
	}
	l.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object for each message")
	return cmd
}

// sending submits messages in batches and counts their receipts.
type sending struct {
	client                        *agents.Client
	out, errs                     io.Writer
	asJSON                        bool
	batch                         []agents.Encoded
	accepted, duplicates, refused int
	// later counts those of the refused that may be accepted when they are sent again.
	later int
}

func send(cmd *cobra.Command, c *agents.Client, files []string, asJSON bool) error {
	s := &sending{client: c, out: cmd.OutOrStdout(), errs: cmd.ErrOrStderr(), asJSON: asJSON}
	unread, err := eachRecord(cmd, files, func(r agents.Encoded) error {
		if s.batch = append(s.batch, r); len(s.batch) < schemas.MaxBundle {
			return nil
		}
		return s.flush(cmd.Context())
	})
	if err == nil {
		err = s.flush(cmd.Context())
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%d accepted, %d accepted before, %d refused\n", s.accepted, s.duplicates, s.refused)
	if err != nil {
		return fmt.Errorf("only the %d messages above have their receipts: %w", s.accepted+s.duplicates+s.refused, err)
	}
	if err := verdict(unread, len(files), s.refused-s.later); err != nil || s.later == 0 {
		return err
	}
	return errLater
}

// flush submits what is gathered. The receipts that came before a fault count.
func (s *sending) flush(ctx context.Context) error {
	encoded := make([][]byte, len(s.batch))
	for i, r := range s.batch {
		encoded[i] = r.Raw
	}
	receipts, fault := s.client.SubmitEncoded(ctx, encoded)
	for i, receipt := range receipts {
		switch {
		case receipt.Refusal != nil:
			s.refused++
			if receipt.Refusal.Later() {
				s.later++
			}
		case receipt.Duplicate:
			s.duplicates++
		default:
			s.accepted++
		}
		if err := printReceipt(s.out, sentRecord{s.batch[i].Where, receipt}, s.asJSON); err != nil {
			return err
		}
	}
	if fault != nil {
		return fmt.Errorf("submitting %s and what follows: %w", s.batch[min(len(receipts), len(s.batch)-1)].Where, fault)
	}
	err := s.undelivered(ctx, receipts)
	s.batch = s.batch[:0]
	return err
}

// undelivered says of the steps that were accepted whom they did not reach.
func (s *sending) undelivered(ctx context.Context, receipts []schemas.Receipt) error {
	ctx, cancel := context.WithTimeout(ctx, decisionWait) // for all of them
	defer cancel()
	for i, receipt := range receipts {
		if receipt.Refusal != nil || receipt.Duplicate {
			continue
		}
		m, err := schemas.Decode(s.batch[i].Raw)
		if err != nil {
			continue // and yet accepted: by a broker that knows more
		}
		if err := printUndelivered(ctx, s.errs, s.client, m, s.batch[i].Where+": "); err != nil {
			return err
		}
	}
	return nil
}

func printReceipt(w io.Writer, r sentRecord, asJSON bool) error {
	switch {
	case asJSON:
		return printJSON(w, r)
	case r.Refusal != nil:
		printFaults(w, r.Where, r.Refusal)
		return nil
	case r.Sequence == 0: // only checked, not sent
		_, err := fmt.Fprintf(w, "%s: good\n", r.Where)
		return err
	case r.Duplicate:
		_, err := fmt.Fprintf(w, "%s: accepted before as %s, sequence %d\n", r.Where, r.ID, r.Sequence)
		return err
	}
	_, err := fmt.Fprintf(w, "%s: accepted as %s, sequence %d\n", r.Where, r.ID, r.Sequence)
	return err
}

func newLint() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "lint FILE...", Short: "Check messages without sending them",
		Long: `Check the messages of files as the broker would, without a broker: every fault
with its place and what to do. Whether the originator is a member, and whether
the marking is below the ceiling, only the broker says.`,
		Example: "  liaison lint tip.json",
		Args:    atLeastOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			refused := 0
			unread, err := eachRecord(cmd, args, func(r agents.Encoded) error {
				receipt := lint(r.Raw, time.Now())
				if receipt.Refusal != nil {
					refused++
				}
				return printReceipt(cmd.OutOrStdout(), sentRecord{r.Where, receipt}, asJSON)
			})
			if err != nil {
				return err
			}
			return verdict(unread, len(args), refused)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object for each message")
	return cmd
}

// lint judges one encoded message as far as it can be judged by itself.
func lint(raw []byte, now time.Time) schemas.Receipt {
	m, refusal := schemas.Read(raw, now)
	if m == nil {
		return schemas.Receipt{Refusal: refusal}
	}
	return schemas.Receipt{ID: m.ID, Refusal: refusal}
}

func newReceipt() *cobra.Command {
	var l link
	var asJSON bool
	cmd := &cobra.Command{
		Use: "receipt ID", Short: "Ask what became of a message you sent",
		Long: `Ask the broker what became of one of your own messages: for every member
concerned, which items were disclosed under which gateway, and which were
withheld and why.`,
		Example: "  liaison receipt 6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 --creds gla.creds",
		Args:    exactly(1, "the ID of one message"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return asMember(cmd, &l, func(ctx context.Context, c *agents.Client) error {
				status, err := c.Status(ctx, schemas.ID(args[0]))
				if err == nil && asJSON {
					return printJSON(cmd.OutOrStdout(), status)
				}
				if err == nil {
					printStatus(cmd.OutOrStdout(), status)
				}
				return err
			})
		},
	}
	l.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func printStatus(w io.Writer, s schemas.Status) {
	if s.Accepted.IsZero() {
		fmt.Fprintf(w, "%s  accepted as sequence %d\n", s.ID, s.Sequence)
	} else {
		fmt.Fprintf(w, "%s  accepted %s, sequence %d\n", s.ID, s.Accepted.Format(time.RFC3339), s.Sequence)
	}
	if e := s.Erased; e != nil {
		fmt.Fprintf(w, "    %s\n", describeErased(e))
	}
	if s.Void != "" {
		fmt.Fprintf(w, "    recorded, and does not count: %s\n", reasonText(s.Void))
		return
	}
	if !s.Routed {
		fmt.Fprintln(w, "    not yet routed")
		return
	}
	fmt.Fprintf(w, "    decided by ledger entry %d\n", s.Decision)
	for _, o := range s.Outcomes {
		printOutcome(w, o)
	}
}
