package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"liaison/agents"
	"liaison/broker"
	"liaison/schemas"
)

func newCase() *cobra.Command {
	cmd := &cobra.Command{Use: "case", Short: "See how a matter stands",
		Example: "  liaison case show gla/6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 --creds gla.creds",
		Args:    exactly(0, "show"), RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(newCaseShow())
	return cmd
}

func newCaseShow() *cobra.Command {
	var l link
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show ORIGINATOR/ID", Short: "Show a case, a request or a referral as a time line",
		Long: `Show what your member may know of a matter: the steps that it took or got, in
order, who leads, and the clocks that it owes or that are owed to it.`,
		Example: "  liaison case show lincolnshire/6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 --creds lincolnshire.creds",
		Args:    exactly(1, "the message that began it, as ORIGINATOR/ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			of, err := refOf(args[0])
			if err != nil {
				return err
			}
			return asMember(cmd, &l, func(ctx context.Context, c *agents.Client) error {
				t, err := c.Thread(ctx, of)
				if err == nil && asJSON {
					return printJSON(cmd.OutOrStdout(), t)
				}
				if err == nil {
					printThread(cmd.OutOrStdout(), t, time.Now())
				}
				return err
			})
		},
	}
	l.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func printThread(w io.Writer, t schemas.Thread, now time.Time) {
	fmt.Fprintf(w, "%s  %s\n", t.Of, strings.TrimSpace(string(t.Kind)+" "+string(t.Status)))
	var strands []schemas.Code
	for s := range t.Leads {
		strands = append(strands, s)
	}
	slices.Sort(strands)
	for _, s := range strands {
		what := "the case"
		if s != "" {
			what = string(s)
		}
		fmt.Fprintf(w, "    %s leads %s\n", t.Leads[s], what)
	}
	for _, s := range t.Steps {
		fmt.Fprintf(w, "%s  %s  %s%s → %s  (%s)\n", s.At.Local().Format("2006-01-02 15:04 MST"), s.Message.Originator, s.Kind,
			joined(" ", s.Words), joined(", ", s.To)[min(2, len(joined(", ", s.To))):], s.Message.ID)
		if s.Erased != nil {
			fmt.Fprintf(w, "    %s\n", describeErased(s.Erased))
		}
	}
	for _, c := range t.Clocks {
		printClock(w, c, now)
	}
}

// joined writes words behind each other, each with a mark before it.
func joined[T ~string](mark string, words []T) string {
	var b strings.Builder
	for _, w := range words {
		b.WriteString(mark + string(w))
	}
	return b.String()
}

func printClock(w io.Writer, c schemas.Clock, now time.Time) {
	state := "due " + c.Due.Local().Format("2006-01-02 15:04 MST")
	switch {
	case !c.Running():
		state = "ended " + c.Ended.Local().Format("2006-01-02 15:04 MST")
	case c.Overdue(now):
		state = "OVERDUE since " + c.Due.Local().Format("2006-01-02 15:04 MST")
	}
	owed := ""
	if c.To != "" {
		owed = " to " + string(c.To)
	}
	fmt.Fprintf(w, "%s  %s owes %s%s: %s\n", c.Of, c.Owes, c.Name, owed, state)
}

func newDocket() *cobra.Command {
	cmd := &cobra.Command{Use: "docket", Short: "See what is owed, by whom, by when",
		Example: "  liaison docket list --overdue --dir ./broker",
		Args:    exactly(0, "list"), RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(newDocketList())
	return cmd
}

func newDocketList() *cobra.Command {
	var l link
	var dir, member string
	var overdue, asJSON bool
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
				printClock(cmd.OutOrStdout(), c, time.Now())
				return nil
			}
			if dir != "" {
				return withOperator(cmd, dir, func(ctx context.Context, op broker.Operator) error {
					return op.ShowDocket(ctx, broker.ClocksOf{Member: schemas.MemberID(member), Overdue: overdue}, show)
				})
			}
			if member != "" {
				return usageError{errors.New("--member is the operator's: give --dir")}
			}
			return asMember(cmd, &l, func(ctx context.Context, c *agents.Client) error {
				clocks, err := c.Docket(ctx, overdue)
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
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}

func newTask() *cobra.Command {
	var e envelope
	var action, to, strand, reason string
	cmd := &cobra.Command{
		Use: "task ORIGINATOR/ID", Short: "Offer the lead of a case or a strand, accept or decline it",
		Example: `  liaison task lincolnshire/6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 --action offer --to hmrc-nmw --strand nmw-underpayment --creds lincolnshire.creds
  liaison task lincolnshire/6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 --action accept --to lincolnshire --strand nmw-underpayment --creds hmrc.creds`,
		Args: exactly(1, "the case, as ORIGINATOR/ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			of, err := refOf(args[0])
			if err != nil {
				return err
			}
			m := e.message(schemas.KindTasking)
			m.Tasking = &schemas.Tasking{Of: of, Action: schemas.TaskingAction(action), To: schemas.MemberID(to), Strand: schemas.Code(strand), Reason: schemas.Code(reason)}
			return e.take(cmd, m)
		},
	}
	e.flags(cmd)
	cmd.Flags().StringVar(&action, "action", "", "offer, accept, decline or withdraw")
	cmd.Flags().StringVar(&to, "to", "", "the `MEMBER` that is offered the lead, or that offered it")
	cmd.Flags().StringVar(&strand, "strand", "", "the strand's crime type `CODE`; without it, the case as a whole")
	cmd.Flags().StringVar(&reason, "reason", "", "why it is declined: no-capacity, outside-remit, outside-area or conflict-of-interest")
	return cmd
}

func newOutcome() *cobra.Command {
	var e envelope
	var i item
	var to, results, charged, assessed []string
	var status string
	cmd := &cobra.Command{
		Use: "outcome ORIGINATOR/ID TEXT", Short: "Tell those whose information it rests on what came of a matter",
		Example: `  liaison outcome lincolnshire/6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 "Two were charged." --to gla --result prosecution --charged-as money-laundering --assessed-as forced-labour --crime forced-labour --area lincolnshire --grade A1 --creds lincolnshire.creds`,
		Args:    exactly(2, "the case or tip, as ORIGINATOR/ID, and the text"),
		RunE: func(cmd *cobra.Command, args []string) error {
			of, err := refOf(args[0])
			if err != nil {
				return err
			}
			m := e.message(schemas.KindOutcome)
			m.Outcome = &schemas.Feedback{Of: of, To: words[schemas.MemberID](to), Results: words[schemas.Code](results),
				ChargedAs: words[schemas.Code](charged), AssessedAs: words[schemas.Code](assessed), Status: schemas.CaseStatus(status)}
			return e.takeWith(cmd, m, &i, args[1:])
		},
	}
	e.flags(cmd)
	i.flags(cmd)
	cmd.Flags().StringSliceVar(&to, "to", nil, "a `MEMBER` to tell; may be repeated")
	cmd.Flags().StringSliceVar(&results, "result", nil, "what came of it, a `CODE` of the list of results; may be repeated")
	cmd.Flags().StringSliceVar(&charged, "charged-as", nil, "a crime type `CODE` that was charged; may be repeated")
	cmd.Flags().StringSliceVar(&assessed, "assessed-as", nil, "the crime type `CODE` that it really was; may be repeated")
	cmd.Flags().StringVar(&status, "status", string(schemas.CaseClosed), "the state of the matter: open, suspended or closed")
	return cmd
}
