package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"liaison/broker"
	"liaison/broker/check"
)

func newVerify() *cobra.Command {
	var dir string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "verify", Short: "Check that nothing was lost, doubled, leaked or unlawfully disclosed",
		Long: `Read everything that was accepted, decided and delivered, and derive anew what
every desk must hold: with a second reading of the protocol tables that shares no
code with the one that decided. What is off is listed and the exit code is 3:
anything lost, doubled, out of order, disclosed without a decision or decided
without delivery, every byte of a copy that the accepted message and the decision
do not account for, disclosures that the tables do not support, and damage to
what is stored. Notes are worth a look, and no fault.

The broker may be working meanwhile. What is accepted and not yet decided is
counted as waiting.`,
		Example: "  liaison verify --dir ./broker\n  liaison verify --dir ./broker --json",
		Args:    exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withOperator(cmd, dir, func(ctx context.Context, op broker.Operator) error {
				report, err := op.Verify(ctx)
				if err != nil {
					return err
				}
				if asJSON {
					err = printJSON(cmd.OutOrStdout(), report)
				} else {
					printCheck(cmd.OutOrStdout(), &report)
				}
				if err == nil && !report.Sound() {
					err = errRefused
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "the broker's `DIR`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func printCheck(w io.Writer, r *check.Report) {
	fmt.Fprintf(w, "accepted %d, of which %d wait; decisions %d, of which %d again; answers on record %d\n",
		r.Accepted, r.Waiting, r.Decisions, r.Again, r.Recorded)
	fmt.Fprintf(w, "copies %d (%d bytes); %d items judged for each member, %d open\n", r.Copies, r.Bytes, r.Judged, r.Open)
	fmt.Fprintf(w, "%d entries, head %s\n", r.Entries, r.Head)
	if r.Erasures > 0 {
		fmt.Fprintf(w, "%d messages and %d copies were erased by %d entries; %d decisions about what was erased were held against themselves alone\n",
			r.Erased, r.ErasedCopies, r.Erasures, r.Unjudged)
	}
	if len(r.Gaps) > 0 {
		fmt.Fprintf(w, "%d gaps were accepted:\n", len(r.Gaps))
	}
	for _, g := range r.Gaps {
		fmt.Fprintf(w, "    %s %d to %d, by %s in entry %d: %s\n", g.Stream, g.From, g.To, g.By, g.Entry, g.Reason)
	}
	for _, f := range r.Findings {
		fmt.Fprintf(w, "    %s\n", f)
	}
	if more := r.Severe + r.Faults + r.Notes - uint64(len(r.Findings)); more > 0 {
		fmt.Fprintf(w, "    and %d more\n", more)
	}
	if r.Sound() {
		fmt.Fprintf(w, "nothing is off (%d notes)\n", r.Notes)
		return
	}
	fmt.Fprintf(w, "SOMETHING IS OFF: %d severe, %d faults, %d notes\n", r.Severe, r.Faults, r.Notes)
}
