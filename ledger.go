package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"liaison/broker"
	"liaison/broker/ledger"
	"liaison/deploy/protocol"
	"liaison/schemas"
)

func newLedger() *cobra.Command {
	cmd := &cobra.Command{Use: "ledger", Short: "Read and verify the record of decisions",
		Example: "  liaison ledger show --dir ./broker\n  liaison ledger verify --dir ./broker",
		Args:    exactly(0, "show, verify, key, head, prove, verify-proof, erase or accept-gap"), RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(newLedgerShow(), newLedgerVerify(), newLedgerKey(), newLedgerHead(), newLedgerProve(), newVerifyProof(), newLedgerErase(), newAcceptGap())
	return cmd
}

func newLedgerShow() *cobra.Command {
	var dir, id string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show", Short: "Print every decision, or those about one message",
		Long: `Print the ledger's entries: who sent what, to whom each item was disclosed
under which gateway, from whom it was withheld and why. Entries hold codes and
ids, and no content, and stay when what they are about is erased.`,
		Example: `  liaison ledger show --dir ./broker
  liaison ledger show --id 6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 --json --dir ./broker`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if id != "" && !schemas.ID(id).Valid() {
				return usageError{fmt.Errorf("--id %s: it must be a UUID in its lower-case form", id)}
			}
			found := 0
			err := withOperator(cmd, dir, func(ctx context.Context, op broker.Operator) error {
				return op.ShowLedger(ctx, schemas.ID(id), func(e ledger.Entry) error {
					found++
					if asJSON {
						return printJSON(cmd.OutOrStdout(), e)
					}
					printEntry(cmd, e)
					return nil
				})
			})
			if err == nil && found == 0 && id != "" {
				return absent{fmt.Errorf("the ledger has no decision about %s", id)}
			}
			return err
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "the broker's `DIR`")
	cmd.Flags().StringVar(&id, "id", "", "only decisions about the message with this `ID`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}

func printEntry(cmd *cobra.Command, e ledger.Entry) {
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "#%d  %s  policy %.12s\n", e.Number, e.At.Format("2006-01-02T15:04:05Z"), e.Policy)
	if e.Kind == ledger.PolicyEntry {
		fmt.Fprintf(w, "tables %.12s came into use\n\n", e.Policy)
		return
	}
	switch e.Kind {
	case ledger.ConsentEntry:
		printConsent(w, e)
		return
	case ledger.ErasedEntry:
		printErasure(w, e)
		return
	case ledger.GapEntry:
		fmt.Fprintf(w, "gap accepted by %s: %s %d to %d: %s\n\n", e.By, e.Gap.Stream, e.Gap.From, e.Gap.To, e.Gap.Reason)
		return
	}
	printDecision(w, e)
	fmt.Fprintln(w)
}

func printConsent(w io.Writer, e ledger.Entry) {
	a := e.About
	fmt.Fprintf(w, "%s  %s → answer about %s: %s by authority %q, items %v\n", strings.ToUpper(string(e.Originator)), e.Message, a.Of, a.Answer, a.Authority, a.Items)
	if e.Void != "" {
		fmt.Fprintf(w, "    does not count: %s\n", reasonText(e.Void))
	}
	fmt.Fprintln(w)
}

func newLedgerVerify() *cobra.Command {
	var dir string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "verify", Short: "Check that no entry was lost or changed",
		Long: `Read the whole ledger and check that entries are numbered without a gap, that
each names the hash of the one before it, that each stands at its own address,
and that each is the one that the ledger's Merkle tree has; then that the tree's
hashes are those of its signed head. What is off is listed with its place, and
the exit code is 3. Whether stream and tree were both put back or exchanged is
seen by those who kept an older head: 'liaison ledger verify-proof --older'.`,
		Example: "  liaison ledger verify --dir ./broker",
		Args:    exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withOperator(cmd, dir, func(ctx context.Context, op broker.Operator) error {
				report, err := op.VerifyLedger(ctx)
				if err != nil {
					return err
				}
				return printReport(cmd, report, asJSON)
			})
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "the broker's `DIR`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func printReport(cmd *cobra.Command, r ledger.Report, asJSON bool) error {
	w := cmd.OutOrStdout()
	if asJSON {
		if err := printJSON(w, r); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(w, "%d entries, head %s; %d in the signed tree\n", r.Entries, r.Head, r.Signed)
		for _, f := range r.Faults {
			fmt.Fprintf(w, "    entry %d (sequence %d): %s\n", f.Entry, f.Sequence, f.Problem)
		}
	}
	if len(r.Faults) > 0 {
		return errRefused
	}
	return nil
}

// withOperator gives fn the running broker, or else the folder itself.
func withOperator(cmd *cobra.Command, dir string, fn func(context.Context, broker.Operator) error) error {
	if err := needDir(dir); err != nil {
		return err
	}
	cfg := broker.Config{Dir: dir, Default: protocol.Tables, Log: newLog(cmd.ErrOrStderr(), slog.LevelError)}
	return broker.Operate(cmd.Context(), cfg, func(op broker.Operator) error { return fn(cmd.Context(), op) })
}
