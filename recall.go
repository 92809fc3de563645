package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"liaison/agents"
	"liaison/schemas"
)

func newRecall(now func() time.Time) *cobra.Command {
	var e envelope
	var reason string
	cmd := &cobra.Command{
		Use: "recall ID", Short: "Take one of your messages back from everybody who has anything of it",
		Long: `Take back one of your own messages. Every member that got anything of it hears of
the recall, directly or through a message made of it, though it is no member any
more, and a clock runs until it confirms that it deleted what it had, or says by
what law it keeps it. Whom the broker cannot tell, as it has no desk any more,
'liaison recall status' names as NOT REACHED: telephone.

The broker erases the message, your corrections of it, and every copy of them that
is still in a feed, at once: a desk that has not read them never does, and nothing
opens them again. Messages that others made of it stay, and so does what you made of
it yourself other than to correct it; those who have them hear of the recall. Keep
your own record: a recalled message is not taken again under its id, and what is
right is sent as a new message, not as a correction. The versions of a case are
recalled one by one; with the last of them its reviews and outcome are owed no more.`,
		Example: `  liaison recall 6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 --reason inaccurate --creds gla.creds
  liaison recall status 6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b12 --creds gla.creds`,
		Args: exactly(1, "the ID of one of your messages"),
		RunE: func(cmd *cobra.Command, args []string) error {
			m := e.message(schemas.KindRecall)
			m.Recall = &schemas.Recall{Of: schemas.MessageRef{ID: schemas.ID(args[0])}, Reason: schemas.Code(reason)}
			return e.take(cmd, m)
		},
	}
	e.flags(cmd)
	cmd.Flags().StringVar(&reason, "reason", "", "inaccurate, unlawful, source-at-risk, sent-in-error or retention-ended")
	cmd.AddCommand(newRecallStatus(now))
	return cmd
}

func newRecallStatus(now func() time.Time) *cobra.Command {
	var l link
	cmd := &cobra.Command{
		Use: "status RECALL", Short: "Show who has confirmed a recall, who owes it, and whom it did not reach",
		Example: "  liaison recall status 6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b12 --creds gla.creds",
		Args:    exactly(1, "the recall, as ID or ORIGINATOR/ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return asMember(cmd, &l, func(ctx context.Context, c *agents.Client) error {
				self, err := c.Self(ctx)
				if err != nil {
					return err
				}
				of := schemas.MessageRef{Originator: self.Member, ID: schemas.ID(args[0])}
				if strings.Contains(args[0], "/") {
					if of, err = refOf(args[0]); err != nil {
						return err
					}
				}
				t, err := c.Thread(ctx, of)
				if err == nil && t.Kind != schemas.KindRecall {
					return usageError{fmt.Errorf("%s is no recall: give the ID that 'liaison recall' printed", of)}
				}
				if err == nil {
					printThread(cmd.OutOrStdout(), t, now())
				}
				return err
			})
		},
	}
	l.flags(cmd)
	return cmd
}

func newConfirm() *cobra.Command {
	var e envelope
	var kept string
	cmd := &cobra.Command{
		Use: "confirm ORIGINATOR/ID", Short: "Confirm that what was recalled is deleted, or say by what law it is kept",
		Example: `  liaison confirm gla/6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b12 --creds lincolnshire.creds
  liaison confirm gla/6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b12 --kept cpia-1996 --creds kent.creds`,
		Args: exactly(1, "the recall, as ORIGINATOR/ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			of, err := refOf(args[0])
			if err != nil {
				return err
			}
			m := e.message(schemas.KindRecallConfirmation)
			m.RecallConfirmation = &schemas.Confirmation{Of: of, Answer: schemas.Deleted, Reason: schemas.Code(kept)}
			if kept != "" {
				m.RecallConfirmation.Answer = schemas.Kept
			}
			return e.take(cmd, m)
		},
	}
	e.flags(cmd)
	cmd.Flags().StringVar(&kept, "kept", "", "it is kept, and why: cpia-1996, proceedings or safety-of-a-person")
	return cmd
}
