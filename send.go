package main

import (
	"fmt"
	"io"
	"log/slog"
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
message durably; sending it again is harmless.

Exit code 3 means that the broker refused something; each refusal says what is
wrong and what to do.`,
		Example: `  liaison send tip.json --creds gla.creds
  liaison send - --json < tips.jsonl`,
		Args: atLeastOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := l.connect(cmd.Context(), newLog(cmd.ErrOrStderr(), slog.LevelWarn))
			if err != nil {
				return err
			}
			defer c.Close()
			return send(cmd, c, args, asJSON)
		},
	}
	l.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object for each message")
	return cmd
}

func send(cmd *cobra.Command, c *agents.Client, files []string, asJSON bool) error {
	var batch []agents.Encoded
	accepted, duplicates, refused := 0, 0, 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		encoded := make([][]byte, len(batch))
		for i, r := range batch {
			encoded[i] = r.Raw
		}
		receipts, err := c.SubmitEncoded(cmd.Context(), encoded)
		if err != nil {
			return fmt.Errorf("submitting %s and what follows: %w", batch[0].Where, err)
		}
		for i, receipt := range receipts {
			switch {
			case receipt.Refusal != nil:
				refused++
			case receipt.Duplicate:
				duplicates++
			default:
				accepted++
			}
			if err := printReceipt(cmd.OutOrStdout(), sentRecord{batch[i].Where, receipt}, asJSON); err != nil {
				return err
			}
		}
		batch = batch[:0]
		return nil
	}
	unread := 0
	for r, err := range readFiles(files, cmd.InOrStdin()) {
		if err != nil {
			unread++
			fmt.Fprintf(cmd.ErrOrStderr(), "liaison: %v\n", err)
			continue
		}
		if batch = append(batch, r); len(batch) == schemas.MaxBundle {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%d accepted, %d accepted before, %d refused\n", accepted, duplicates, refused)
	switch {
	case unread > 0:
		return fmt.Errorf("%d of %d files could not be read", unread, len(files))
	case refused > 0:
		return errRefused
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
			refused, unread := 0, 0
			for r, err := range readFiles(args, cmd.InOrStdin()) {
				if err != nil {
					unread++
					fmt.Fprintf(cmd.ErrOrStderr(), "liaison: %v\n", err)
					continue
				}
				receipt := lint(r.Raw, time.Now())
				if receipt.Refusal != nil {
					refused++
				}
				if err := printLint(cmd.OutOrStdout(), sentRecord{r.Where, receipt}, asJSON); err != nil {
					return err
				}
			}
			switch {
			case unread > 0:
				return fmt.Errorf("%d of %d files could not be read", unread, len(args))
			case refused > 0:
				return errRefused
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object for each message")
	return cmd
}

// lint judges one encoded message as far as it can be judged by itself.
func lint(raw []byte, now time.Time) schemas.Receipt {
	m, refusal := schemas.Read(raw, now)
	if refusal != nil {
		return schemas.Receipt{ID: idOf(m), Refusal: refusal}
	}
	return schemas.Receipt{ID: m.ID}
}

func idOf(m *schemas.Message) schemas.ID {
	if m == nil {
		return ""
	}
	return m.ID
}

func printLint(w io.Writer, r sentRecord, asJSON bool) error {
	switch {
	case asJSON:
		return printJSON(w, r)
	case r.Refusal != nil:
		printFaults(w, r.Where, r.Refusal)
		return nil
	}
	_, err := fmt.Fprintf(w, "%s: good\n", r.Where)
	return err
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
			c, err := l.connect(cmd.Context(), newLog(cmd.ErrOrStderr(), slog.LevelWarn))
			if err != nil {
				return err
			}
			defer c.Close()
			status, err := c.Status(cmd.Context(), schemas.ID(args[0]))
			if err != nil {
				return asked(cmd, err)
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), status)
			}
			printStatus(cmd.OutOrStdout(), status)
			return nil
		},
	}
	l.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func printStatus(w io.Writer, s schemas.Status) {
	fmt.Fprintf(w, "%s  accepted %s, sequence %d\n", s.ID, s.Accepted.Format(time.RFC3339), s.Sequence)
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
