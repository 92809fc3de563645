package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"liaison/broker"
	"liaison/broker/ledger"
	"liaison/schemas"
)

func newAcceptGap() *cobra.Command {
	var dir string
	var g ledger.Gap
	cmd := &cobra.Command{
		Use: "accept-gap", Short: "Go on without messages that are lost, and say so for ever",
		Long: `Record in the ledger that messages of a stream are lost and that you accept it.
A router that stopped there goes on behind them. Where the broker found the damage
when it read what is stored, and stopped everything, it reads all of it once more,
and goes on by itself when it has found it whole but for accepted gaps. 'liaison
status' shows what it found, and 'liaison verify' lists accepted gaps, always.

A backup is the cure; this is for when there is none. What was accepted and is in
the gap is decided for nobody: tell its senders to send again under new ids. Of
the feeds only copies can be accepted. A ledger that lacks an entry proves nothing.`,
		Example: `  liaison ledger accept-gap --stream INTAKE --from 4711 --to 4713 --reason "bad block on the invented disk" --dir ./broker`,
		Args:    exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if g.Stream == "" || g.From == 0 || g.To == 0 || g.Reason == "" {
				return usageError{errors.New("give --stream, --from, --to and --reason")}
			}
			if err := broker.CheckReason(g.Reason); err != nil {
				return usageError{fmt.Errorf("--reason: %w", err)}
			}
			return withOperator(cmd, dir, func(ctx context.Context, op broker.Operator) error {
				e, err := op.AcceptGap(ctx, broker.GapQuery{Gap: g})
				if err == nil {
					printEntry(cmd, e)
				}
				return err
			})
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "the broker's `DIR`")
	cmd.Flags().StringVar(&g.Stream, "stream", "", schemas.IntakeName+" or "+ledger.Stream)
	cmd.Flags().Uint64Var(&g.From, "from", 0, "the first `SEQUENCE` that is missing")
	cmd.Flags().Uint64Var(&g.To, "to", 0, "the last `SEQUENCE` that is missing")
	cmd.Flags().StringVar(&g.Reason, "reason", "", "what happened, in one `LINE`")
	return cmd
}
