package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"liaison/agents"
	"liaison/broker"
	"liaison/schemas"
)

func newDocket(now func() time.Time) *cobra.Command {
	cmd := &cobra.Command{Use: "docket", Short: "See what is owed, by whom, by when, and give a duty more time",
		Example: "  liaison docket list --overdue --dir ./broker",
		Args:    exactly(0, "list, extend, pause or resume"), RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(newDocketList(now),
		newChange("extend", schemas.NoticeExtended, "Give a duty more time", `Say that a duty is due later. Whoever is owed an answer may; a competent authority
may for its decisions and for the reflection period, and an originator for the
review of its message: deploy/protocol/deadlines.csv. Nobody can take time away, and no one notice gives more than 366 days
from the day on which it is made.`),
		newChange("pause", schemas.NoticePaused, "Stop the clock of a duty that is owed to you", `Stop the clock of a duty that is owed to your member, until you resume it. The
reflection period cannot be stopped.`),
		newChange("resume", schemas.NoticeResumed, "Let a clock that you stopped go on", `Let a clock go on that your member stopped: the duty is due as much later as its
clock stood still.`))
	return cmd
}

func newDocketList(now func() time.Time) *cobra.Command {
	var l link
	var dir, member string
	var overdue, all, asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List the clocks that run",
		Long: `List what is owed. With --creds, what your member owes and is owed; with --dir, as
the operator, everybody's: ids and times, and nothing of what is said.`,
		Example: `  liaison docket list --creds gla.creds
  liaison docket list --member hmrc-nmw --overdue --dir ./broker`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			show := func(c schemas.Clock) error {
				if asJSON {
					return printJSON(cmd.OutOrStdout(), c)
				}
				printClock(cmd.OutOrStdout(), c, now())
				return nil
			}
			if dir != "" {
				return withOperator(cmd, dir, func(ctx context.Context, op broker.Operator) error {
					return op.ShowDocket(ctx, broker.ClocksOf{Member: schemas.MemberID(member), Overdue: overdue, All: all}, show)
				})
			}
			if member != "" {
				return usageError{errors.New("--member is the operator's: give --dir")}
			}
			return asMember(cmd, &l, func(ctx context.Context, c *agents.Client) error {
				clocks, err := c.Docket(ctx, overdue, all)
				for i := 0; err == nil && i < len(clocks); i++ {
					err = show(clocks[i])
				}
				return err
			})
		},
	}
	l.flags(cmd)
	cmd.Flags().StringVar(&dir, "dir", "", "the broker's `DIR`, as its operator")
	cmd.Flags().StringVar(&member, "member", "", "only what this `MEMBER` owes or is owed")
	cmd.Flags().BoolVar(&overdue, "overdue", false, "only what was not done in its time")
	cmd.Flags().BoolVar(&all, "all", false, "also what was met, and when and by which entry of the ledger")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}

// newChange makes the command for one change of a clock.
func newChange(use string, about schemas.NoticeAbout, short, long string) *cobra.Command {
	var e envelope
	var to []string
	var clock, strand, due, reason string
	cmd := &cobra.Command{
		Use: use + " ORIGINATOR/ID", Short: short, Long: long,
		Example: fmt.Sprintf("  liaison docket %s gla/6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 --clock request-answer --to hmrc-nmw --reason awaiting-information --creds gla.creds", use),
		Args:    exactly(1, "the message that began the matter, as ORIGINATOR/ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			of, err := refOf(args[0])
			if err != nil {
				return err
			}
			m := e.message(schemas.KindNotice)
			m.Notice = &schemas.Notice{About: about, Of: of, To: words[schemas.MemberID](to), Clock: schemas.Code(clock), Strand: schemas.Code(strand), Reason: schemas.Code(reason)}
			if due != "" {
				if m.Notice.Due, err = dueFlag(due); err != nil {
					return err
				}
			}
			return e.take(cmd, m)
		},
	}
	if about == schemas.NoticeExtended {
		cmd.Example = "  liaison docket extend gla/6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 --clock request-answer --to hmrc-nmw --until 2009-09-21 --reason complexity --creds gla.creds"
		cmd.Flags().StringVar(&due, "until", "", "when it is due now: a `TIME`, as 2009-09-21T16:00:00Z, or a day, which then counts whole in London")
	}
	e.flags(cmd)
	cmd.Flags().StringVar(&clock, "clock", "", "which `CLOCK` of the protocol's table of deadlines")
	cmd.Flags().StringVar(&strand, "strand", "", "the strand whose clock it is, by its crime type `CODE`")
	cmd.Flags().StringSliceVar(&to, "to", nil, "the `MEMBER` that owes, or else whom to tell; may be repeated")
	cmd.Flags().StringVar(&reason, "reason", "", "awaiting-information, information-received, complexity, needs-of-the-person, no-capacity or proceedings")
	return cmd
}

// dueFlag reads a time, or a day, which ends with its midnight in London.
func dueFlag(text string) (at schemas.Time, err error) {
	if day, err := schemas.ParseDate(text); err == nil && day.Full() {
		london, err := time.LoadLocation("Europe/London")
		if err != nil {
			return at, fmt.Errorf("reading the day of --until: %w", err)
		}
		midnight := day.Start()
		return schemas.At(time.Date(midnight.Year(), midnight.Month(), midnight.Day()+1, 0, 0, 0, 0, london)), nil
	}
	if err := at.UnmarshalText([]byte(text)); err != nil {
		return at, usageError{fmt.Errorf("--until: %w", err)}
	}
	return at, nil
}

func printClock(w io.Writer, c schemas.Clock, now time.Time) {
	state := "due " + local(c.Due)
	switch {
	case !c.Running() && c.Late():
		state = fmt.Sprintf("met late %s (entry %d)", local(c.Ended), c.EndedBy)
	case c.End == schemas.EndOver:
		state = "over " + local(c.Ended)
	case !c.Running():
		state = fmt.Sprintf("%s %s (entry %d)", c.End, local(c.Ended), c.EndedBy)
	case c.Waits != "":
		state = "waits for " + string(c.Waits)
	case !c.Paused.IsZero():
		state = "paused since " + local(c.Paused)
	case c.Overdue(now):
		state = "OVERDUE since " + local(c.Due)
	}
	if !c.Lapsed.IsZero() && !c.Lapsed.Equal(c.Due) {
		state += ", lapsed " + local(c.Lapsed)
	}
	owed := ""
	if c.Strand != "" {
		owed = " of " + string(c.Strand)
	}
	if c.To != "" {
		owed += " to " + string(c.To)
	}
	fmt.Fprintf(w, "%s  %s owes %s%s: %s\n", c.Of, c.Owes, c.Name, owed, state)
	for _, h := range c.Changes {
		fmt.Fprintf(w, "    %s %s by %s (entry %d, %s): was due %s, now %s\n", local(h.At), h.About, h.By, h.Entry, h.Reason, local(h.Was), local(h.Due))
	}
}

// local is a time as people at this machine read it.
func local(at time.Time) string { return at.Local().Format("2006-01-02 15:04 MST") }
