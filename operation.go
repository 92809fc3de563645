package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"liaison/agents"
	"liaison/broker"
	"liaison/schemas"
)

func newOperation() *cobra.Command {
	cmd := &cobra.Command{Use: "operation", Short: "See what belongs to a named operation",
		Example: "  liaison operation show \"Operation Invented\" --creds gla.creds",
		Args:    exactly(0, "show"), RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(newOperationShow())
	return cmd
}

func newOperationShow() *cobra.Command {
	var l link
	var dir, member string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show NAME", Short: "Show the cases of an operation, what they are made of and what came of them",
		Long: `Show the cases under the name of an operation of which your member was told that
name: their states, who leads them, the tips that your member has, and what came
of them as far as it was told.

With --dir, as the operator, all of them, or with --member those of which that
member was told.`,
		Example: `  liaison operation show "Operation Invented" --creds gla.creds
  liaison operation show "Operation Invented" --member gla --dir ./broker`,
		Args: exactly(1, "the operation's name"),
		RunE: func(cmd *cobra.Command, args []string) error {
			show := func(o schemas.Operation, err error) error {
				switch {
				case err == nil && len(o.Cases) == 0:
					return absent{fmt.Errorf("there is no case of an operation %q", args[0])}
				case err == nil && asJSON:
					return printJSON(cmd.OutOrStdout(), o)
				case err == nil:
					printOperation(cmd.OutOrStdout(), o)
				}
				return err
			}
			if dir != "" {
				return withOperator(cmd, dir, func(ctx context.Context, op broker.Operator) error {
					return show(op.ShowOperation(ctx, broker.OperationOf{Name: args[0], Member: schemas.MemberID(member)}))
				})
			}
			if member != "" {
				return usageError{errors.New("--member is the operator's: give --dir")}
			}
			return asMember(cmd, &l, func(ctx context.Context, c *agents.Client) error { return show(c.Operation(ctx, args[0])) })
		},
	}
	l.flags(cmd)
	cmd.Flags().StringVar(&dir, "dir", "", "the broker's `DIR`, as its operator")
	cmd.Flags().StringVar(&member, "member", "", "only what this `MEMBER` was told of")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func printOperation(w io.Writer, o schemas.Operation) {
	fmt.Fprintf(w, "%s %s\n", o.Name, joined(" ", o.Members))
	for _, c := range o.Cases {
		fmt.Fprintf(w, "%s  %s, led by %s%s\n", c.Of, c.Status, c.Lead, joined(" ", c.Results))
		for _, of := range c.Promoted {
			fmt.Fprintf(w, "    made of %s\n", of)
		}
	}
	for _, s := range slices.Sorted(maps.Keys(o.States)) {
		fmt.Fprintf(w, "%d %s\n", o.States[s], s)
	}
	for _, r := range slices.Sorted(maps.Keys(o.Results)) {
		fmt.Fprintf(w, "%d with %s\n", o.Results[r], r)
	}
	if o.More {
		fmt.Fprintln(w, "and more")
	}
}
