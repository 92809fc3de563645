package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"liaison/agents"
	"liaison/broker"
	"liaison/schemas"
)

func newCase(now func() time.Time) *cobra.Command {
	cmd := &cobra.Command{Use: "case", Short: "See how a matter stands",
		Example: "  liaison case show gla/6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 --creds gla.creds",
		Args:    exactly(0, "show"), RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(newCaseShow(now))
	return cmd
}

func newCaseShow(now func() time.Time) *cobra.Command {
	var l link
	var dir string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show ORIGINATOR/ID", Short: "Show a case, a request or a referral as a time line",
		Long: `Show what your member may know of a matter: the steps that it took or got, in
order, who leads and who led, what it is made of, whether what you have is
superseded, and the clocks that your member owes or that are owed to it. Behind a
referral come the earlier ones of the same person that your member had a part in.

With --dir, as the operator, everybody's: ids, codes and times, and nothing of
what is said.`,
		Example: `  liaison case show lincolnshire/6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 --creds lincolnshire.creds
  liaison case show lincolnshire/6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 --dir ./broker`,
		Args: exactly(1, "the message that began it, as ORIGINATOR/ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			of, err := refOf(args[0])
			if err != nil {
				return err
			}
			show := func(thread func(schemas.MessageRef) (schemas.Thread, error)) error {
				t, err := thread(of)
				switch {
				case err == nil && len(t.Steps) == 0:
					return absent{fmt.Errorf("the docket has nothing about %s: check originator and id", of)}
				case err == nil && asJSON:
					return printJSON(cmd.OutOrStdout(), t)
				case err == nil:
					printThread(cmd.OutOrStdout(), t, now())
				}
				for i := 0; err == nil && i < len(t.Earlier); i++ {
					var before schemas.Thread
					if before, err = thread(t.Earlier[i]); err == nil {
						fmt.Fprint(cmd.OutOrStdout(), "\nReferred before:\n")
						printThread(cmd.OutOrStdout(), before, now())
					}
				}
				return err
			}
			if dir != "" {
				return withOperator(cmd, dir, func(ctx context.Context, op broker.Operator) error {
					return show(func(of schemas.MessageRef) (schemas.Thread, error) { return op.ShowThread(ctx, of) })
				})
			}
			return asMember(cmd, &l, func(ctx context.Context, c *agents.Client) error {
				return show(func(of schemas.MessageRef) (schemas.Thread, error) { return c.Thread(ctx, of) })
			})
		},
	}
	l.flags(cmd)
	cmd.Flags().StringVar(&dir, "dir", "", "the broker's `DIR`, as its operator")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func printThread(w io.Writer, t schemas.Thread, now time.Time) {
	fmt.Fprintf(w, "%s  %s\n", t.Of, strings.TrimSpace(string(t.Kind)+" "+string(t.Status)+" "+string(t.Closed[""])))
	if t.Operation != "" {
		fmt.Fprintf(w, "    %s\n", t.Operation)
	}
	for _, strand := range slices.Sorted(maps.Keys(t.Leads)) {
		closed := ""
		if why, ok := t.Closed[strand]; ok && strand != "" {
			closed = ", closed: " + string(why)
		}
		fmt.Fprintf(w, "    %s leads %s%s\n", t.Leads[strand], cmp.Or(string(strand), "the case"), closed)
	}
	for _, l := range t.Led {
		if t.Leads[l.Strand] != l.Member {
			fmt.Fprintf(w, "    %s led %s from %s (entry %d)\n", l.Member, cmp.Or(string(l.Strand), "the case"), local(l.Since), l.Entry)
		}
	}
	for _, of := range t.Promoted {
		fmt.Fprintf(w, "    made of %s\n", of)
	}
	for _, by := range t.Superseded {
		fmt.Fprintf(w, "    SUPERSEDED in part by %s: what you have is no longer right\n", by)
	}
	for _, s := range t.Steps {
		fmt.Fprintf(w, "%s  %s  %s%s → %s  (%s)\n", local(s.At), s.Message.Originator, s.Kind,
			joined(" ", s.Words), joined(", ", s.To)[min(2, len(joined(", ", s.To))):], s.Message.ID)
		for _, u := range s.Unreached {
			have := "which has what this corrects"
			if s.Kind == schemas.KindRecall {
				have = "to be told by telephone"
			}
			fmt.Fprintf(w, "    NOT REACHED: %s, %s: %s\n", u.Member, have, reasonText(u.Reason))
		}
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
	var status, strand string
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
			m.Outcome = &schemas.Feedback{Of: of, Strand: schemas.Code(strand), To: words[schemas.MemberID](to), Results: words[schemas.Code](results),
				ChargedAs: words[schemas.Code](charged), AssessedAs: words[schemas.Code](assessed), Status: schemas.CaseStatus(status)}
			return e.takeWith(cmd, m, &i, args[1:])
		},
	}
	e.flags(cmd)
	i.flags(cmd)
	cmd.Flags().StringSliceVar(&to, "to", nil, "a `MEMBER` to tell; may be repeated")
	cmd.Flags().StringVar(&strand, "strand", "", "only what came of the strand with this crime type `CODE`")
	cmd.Flags().StringSliceVar(&results, "result", nil, "what came of it, a `CODE` of the list of results; may be repeated")
	cmd.Flags().StringSliceVar(&charged, "charged-as", nil, "a crime type `CODE` that was charged; may be repeated")
	cmd.Flags().StringSliceVar(&assessed, "assessed-as", nil, "the crime type `CODE` that it really was; may be repeated")
	cmd.Flags().StringVar(&status, "status", string(schemas.CaseClosed), "the state of the matter or the strand: open, monitoring or closed")
	return cmd
}
