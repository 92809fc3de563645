package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"liaison/broker"
	"liaison/broker/retention"
)

func newRetention() *cobra.Command {
	cmd := &cobra.Command{Use: "retention", Short: "See what is due to be erased for its age",
		Example: "  liaison retention list --due-by 2009-12-31 --dir ./broker",
		Args:    exactly(0, "list"), RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(newRetentionList())
	return cmd
}

func newRetentionList() *cobra.Command {
	var dir, dueBy string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List what is due to be erased by a day",
		Long: `List the messages of which something is due to be erased by a day, by the table
retention.csv that is in force: until when their copies stay in the feeds, and they
themselves in the intake. The broker erases what is due at midnight (UTC), but for
what belongs to a matter that is open: that it looks at again the next day.`,
		Example: `  liaison retention list --dir ./broker
  liaison retention list --due-by 2009-12-31 --json --dir ./broker`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			by := time.Now()
			if dueBy != "" {
				var err error
				if by, err = time.Parse(time.DateOnly, dueBy); err != nil {
					return usageError{errors.New("--due-by: write a day as 2009-12-31")}
				}
			}
			return withOperator(cmd, dir, func(ctx context.Context, op broker.Operator) error {
				return op.ShowRetention(ctx, broker.RetentionQuery{By: by}, func(d retention.Due) error {
					if asJSON {
						return printJSON(cmd.OutOrStdout(), d)
					}
					printDue(cmd.OutOrStdout(), d)
					return nil
				})
			})
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "the broker's `DIR`")
	cmd.Flags().StringVar(&dueBy, "due-by", "", "what is due by this `DAY` (default: now)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}

func printDue(w io.Writer, d retention.Due) {
	fmt.Fprintf(w, "%s  %s", d.Of, d.Kind)
	if !d.Feeds.IsZero() {
		fmt.Fprintf(w, "  copies until %s", d.Feeds.Format(time.DateOnly))
	}
	if !d.Intake.IsZero() {
		fmt.Fprintf(w, "  message until %s", d.Intake.Format(time.DateOnly))
	}
	if d.Open != "" {
		fmt.Fprintf(w, "  kept: %s", d.Open)
	}
	fmt.Fprintln(w)
}
