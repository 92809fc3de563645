package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"liaison/broker"
	"liaison/broker/ledger"
	"liaison/schemas"
)

func newLedgerErase() *cobra.Command {
	var dir, id, originator, reason string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "erase", Short: "Erase a message and its copies; what the ledger says of it stays",
		Long: `Record in the ledger that a message is erased, by you and for the reason, then
overwrite the accepted message and every copy of it that is still in a feed. What
desks have read already they have: the originator recalls it ('liaison recall').

It is refused while the message belongs to a matter that is open: a case, or a
duty whose clock runs. The reason stands in the ledger for ever, so write nothing
of what the message says. Backups keep what they have.`,
		Example: `  liaison ledger erase --id 6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 --originator gla --reason "order of the Commissioner, invented no. 12" --dir ./broker`,
		Args:    exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !schemas.ID(id).Valid() || originator == "" || reason == "" {
				return usageError{errors.New("give --id, --originator and --reason")}
			}
			if err := broker.CheckReason(reason); err != nil {
				return usageError{fmt.Errorf("--reason: %w", err)}
			}
			return withOperator(cmd, dir, func(ctx context.Context, op broker.Operator) error {
				e, err := op.Erase(ctx, broker.Erasing{Of: schemas.MessageRef{Originator: schemas.MemberID(originator), ID: schemas.ID(id)}, Reason: reason})
				if err == nil && asJSON {
					return printJSON(cmd.OutOrStdout(), e)
				}
				if err == nil {
					printEntry(cmd, e)
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "the broker's `DIR`")
	cmd.Flags().StringVar(&id, "id", "", "the message's `ID`")
	cmd.Flags().StringVar(&originator, "originator", "", "the `MEMBER` that sent it")
	cmd.Flags().StringVar(&reason, "reason", "", "why, in one `LINE`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the ledger's entry as one JSON object")
	return cmd
}

func printErasure(w io.Writer, e ledger.Entry) {
	fmt.Fprintf(w, "erased: %s\n", describeWhy(e.Erased, e.By))
	for _, g := range e.Erased.Messages {
		what := "copies"
		if g.Intake != 0 {
			what = fmt.Sprintf("the message (%s %d) and copies", schemas.IntakeName, g.Intake)
		}
		var copies ledger.Spans
		for _, s := range g.Copies {
			copies = copies.Add(s)
		}
		fmt.Fprintf(w, "    %s  %s: %d\n", g.Of, what, copies.Count())
	}
	fmt.Fprintln(w)
}

func describeWhy(e *ledger.Erasure, by string) string {
	switch e.Why {
	case ledger.ErasedRecall:
		return fmt.Sprintf("recalled by %s", e.Recall)
	case ledger.ErasedOperator:
		return fmt.Sprintf("by the operator %s: %s", by, e.Reason)
	}
	return "the time for which the protocol keeps it has ended"
}

// describeErased says of a message that it, or copies of it, are erased.
func describeErased(e *schemas.Erased) string {
	what := "copies of it were erased"
	if e.Message {
		what = "it was erased"
	}
	return fmt.Sprintf("%s on %s (%s), ledger entry %d", what, e.At.Format(time.DateOnly), e.Why, e.Entry)
}
