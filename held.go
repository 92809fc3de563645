package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"liaison/agents"
	"liaison/schemas"
)

func newHeld() *cobra.Command {
	cmd := &cobra.Command{Use: "held", Short: "See and answer for messages that nobody may have",
		Long: `A message that no member may lawfully have is held at its originator's desk, and
a clock runs. It is released by a consent of whoever may give one ('liaison
consent'), or the originator refuses to share it, which is a valid answer.

The hub sees of other members' messages the id, the originator, the reason and
the clock, and of protected ones not even that.`,
		Example: `  liaison held list --creds gla.creds
  liaison held refuse 6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 --reason "it would identify the source" --creds gla.creds`,
		Args: exactly(0, "list, show or refuse"), RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(newHeldList(), newHeldShow(), newHeldRefuse())
	return cmd
}

func newHeldList() *cobra.Command {
	var l link
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List held messages with their clocks", Example: "  liaison held list --creds gla.creds",
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return asMember(cmd, &l, func(ctx context.Context, c *agents.Client) error {
				held, err := c.HeldList(ctx)
				if err != nil {
					return err
				}
				for _, s := range held {
					if !asJSON {
						printHeld(cmd.OutOrStdout(), s, time.Now())
					} else if err := printJSON(cmd.OutOrStdout(), s); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	l.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}

func printHeld(w io.Writer, s schemas.Status, now time.Time) {
	clock := "no clock"
	switch {
	case s.Closed:
		clock = "refused by the originator"
	case !s.Due.IsZero() && now.After(s.Due):
		clock = "OVERDUE since " + s.Due.Format(time.DateTime)
	case !s.Due.IsZero():
		clock = "due " + s.Due.Format(time.DateTime)
	}
	why := ""
	for _, o := range s.Outcomes {
		if o.Member == "" {
			why = reasonText(o.Reason)
		}
	}
	if !s.Held {
		why = "somebody has a part; the rest waits"
	}
	fmt.Fprintf(w, "%s  %-12s %s; %s\n", s.ID, s.Originator, clock, why)
}

func newHeldShow() *cobra.Command {
	cmd := newReceipt()
	cmd.Use, cmd.Short = "show ID", "Show for every member concerned why it was withheld"
	cmd.Example = "  liaison held show 6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 --creds gla.creds"
	return cmd
}

func newHeldRefuse() *cobra.Command {
	var l link
	var reason string
	cmd := &cobra.Command{
		Use: "refuse ID", Short: "Refuse to share a message of your own, with a reason",
		Example: `  liaison held refuse 6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 --reason "it would identify the source" --creds gla.creds`,
		Args:    exactly(1, "the ID of one of your messages"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if reason == "" {
				return usageError{errors.New("say why: --reason TEXT")}
			}
			return answer(cmd, &l, schemas.Consent{Of: schemas.MessageRef{ID: schemas.ID(args[0])},
				Authority: schemas.AuthorityOriginator, Answer: schemas.Refused, Reason: reason}, "")
		},
	}
	l.flags(cmd)
	cmd.Flags().StringVar(&reason, "reason", "", "why, in words")
	return cmd
}

func newConsent() *cobra.Command {
	var l link
	var authority, reason, until, created string
	var items []int
	var to []string
	var refuse bool
	cmd := &cobra.Command{
		Use: "consent ORIGINATOR/ID", Short: "Put a consent or a refusal on record, for items of a message",
		Long: `Record that items of a message may be disclosed, by an authority that your
member may speak for: 'commissioners' for HMRC, 'soca', 'giver' for the person
who gave you the information, 'recipient' for conditions that your member
accepts, and the others of deploy/protocol/conditions.csv. The message is
decided again, and what is newly disclosed is delivered.

A consent that does not count, because it is not yours to give or the message is
not there, is recorded with that reason: ask with 'liaison receipt'.`,
		Example: `  liaison consent gla/6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 --item 1 --authority commissioners --creds hmrc.creds
  liaison consent gla/6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 --item 1 --authority giver --refuse --reason "asked not to" --creds gla.creds`,
		Args: exactly(1, "the message, as ORIGINATOR/ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			originator, id, ok := strings.Cut(args[0], "/")
			if !ok || authority == "" || len(items) == 0 {
				return usageError{errors.New("give the message as ORIGINATOR/ID, --item N (the first is 1), and --authority")}
			}
			body := schemas.Consent{Of: schemas.MessageRef{Originator: schemas.MemberID(originator), ID: schemas.ID(id)},
				Authority: schemas.Code(authority), Answer: schemas.Given, Reason: reason}
			if refuse {
				body.Answer = schemas.Refused
			}
			for _, n := range items {
				if n < 1 {
					return usageError{fmt.Errorf("--item %d: items are counted from 1, as 'liaison receipt' prints them", n)}
				}
				body.Items = append(body.Items, n-1)
			}
			for _, m := range to {
				body.To = append(body.To, schemas.MemberID(m))
			}
			if err := body.Until.UnmarshalText([]byte(until)); err != nil {
				return usageError{err}
			}
			return answer(cmd, &l, body, created)
		},
	}
	l.flags(cmd)
	cmd.Flags().StringVar(&authority, "authority", "", "whose `AUTHORITY` you speak for")
	cmd.Flags().IntSliceVar(&items, "item", nil, "the item's number `N`, the first being 1; may be repeated")
	cmd.Flags().StringSliceVar(&to, "to", nil, "only for this `MEMBER`; may be repeated")
	cmd.Flags().StringVar(&until, "until", "", "the first `DAY` on which it no longer counts, as 2010-08-14")
	cmd.Flags().StringVar(&created, "created", "", "the `TIME` when it was given, as 2009-08-14T09:30:00Z (default: now)")
	cmd.Flags().BoolVar(&refuse, "refuse", false, "record a refusal instead")
	cmd.Flags().StringVar(&reason, "reason", "", "why, in words; a refusal needs it")
	return cmd
}

// answer submits a consent and prints that it is on record.
func answer(cmd *cobra.Command, l *link, body schemas.Consent, created string) error {
	at, err := timeFlag("created", created)
	if err != nil {
		return err
	}
	return asMember(cmd, l, func(ctx context.Context, c *agents.Client) error {
		id, err := c.Answer(ctx, body, at)
		if err == nil {
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "on record as %s; ask with 'liaison receipt' whether it counts\n", id)
		}
		return err
	})
}
