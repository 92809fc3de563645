package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"liaison/broker"
	"liaison/broker/policy"
	"liaison/schemas"
)

func newProtocol() *cobra.Command {
	cmd := &cobra.Command{Use: "protocol", Short: "Check, compare and load protocol tables, and explain what they decide",
		Example: "  liaison protocol check ./protocol\n  liaison protocol diff embedded ./protocol --since 720h --dir ./broker",
		Args:    exactly(0, "check, explain, diff or load"), RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(newProtocolCheck(), newProtocolExplain(), newProtocolDiff(), newProtocolLoad())
	return cmd
}

func newProtocolCheck() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "check [DIR]", Short: "Check a set of protocol tables",
		Long: `Read a set of tables as the broker would, and look for what is allowed and
probably meant otherwise. Without DIR it is the embedded set.`,
		Example: "  liaison protocol check ./protocol",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("give one DIR, or none for the embedded tables")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := ""
			if len(args) == 1 {
				dir = args[0]
			}
			return checkTables(cmd.OutOrStdout(), dir, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}

func checkTables(w io.Writer, dir string, asJSON bool) error {
	p, broken := policy.Load(openTables(dir))
	var findings []policy.Finding
	if broken != nil {
		findings = policy.Faults(broken)
	} else {
		findings = p.Check()
	}
	for _, f := range findings {
		if !asJSON {
			fmt.Fprintln(w, f)
		} else if err := printJSON(w, f); err != nil {
			return err
		}
	}
	switch {
	case broken != nil && !asJSON:
		fmt.Fprintf(w, "the tables cannot be used: %d faults\n", len(findings))
		return errRefused
	case broken != nil:
		return errRefused
	case !asJSON:
		fmt.Fprintf(w, "the tables can be used: %d members, hash %s, judged by %s; %d findings\n", len(p.Members()), p.Hash(), p.JudgedBy(), len(findings))
	}
	return nil
}

func newProtocolExplain() *cobra.Command {
	var tables, member string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "explain FILE", Short: "Say who would get a message, and why",
		Long: `Decide a message as the broker would, without a broker: for every member
concerned, what becomes of each item, the rows and the law that decided with
their source, and the fewest changes that would disclose what is withheld.
Nothing is sent. Whether a member has a desk, and what consents are on record,
is not looked at.`,
		Example: `  liaison protocol explain tip.json
  liaison protocol explain tip.json --member ukhtc --protocol ./protocol --json`,
		Args: exactly(1, "one FILE, or - for standard input"),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := policy.Load(openTables(tables))
			if err != nil {
				return fmt.Errorf("reading the protocol tables: %w", err)
			}
			if _, ok := p.Member(schemas.MemberID(member)); member != "" && !ok {
				return usageError{fmt.Errorf("--member %s: the tables have no such member", member)}
			}
			return eachMessage(cmd, args, func(m *schemas.Message) error {
				return explain(cmd.OutOrStdout(), p, m, schemas.MemberID(member), asJSON)
			})
		},
	}
	cmd.Flags().StringVar(&tables, "protocol", "", "the `DIR` of the protocol tables (default: the embedded set)")
	cmd.Flags().StringVar(&member, "member", "", "only what becomes of it for this `MEMBER`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object for each member concerned")
	return cmd
}

func explain(w io.Writer, p *policy.Policy, m *schemas.Message, member schemas.MemberID, asJSON bool) error {
	if !asJSON {
		fmt.Fprintf(w, "%s  %s → %s\n", m.Originator, m.ID, describeRoute(schemas.Route(m)))
	}
	for _, e := range broker.Explain(p, m, time.Now()) {
		if member != "" && e.Member != member {
			continue
		}
		if asJSON {
			if err := printJSON(w, e); err != nil {
				return err
			}
			continue
		}
		printExplanation(w, e)
	}
	return nil
}

// printExplanation prints an outcome as printOutcome does, and after each item
// the rows that decided and what would have to be otherwise.
func printExplanation(w io.Writer, e policy.Explanation) {
	if e.Member == "" {
		printOutcome(w, e.Outcome)
		return
	}
	for _, it := range e.Items {
		one := e.Outcome
		one.Items = []schemas.ItemOutcome{it.ItemOutcome}
		printOutcome(w, one)
		for _, r := range it.Rows {
			fmt.Fprintf(w, "                  %s, %s: %s (%s confidence: %s)\n", r.Place, r.ID, r.Text, r.Confidence, r.Source)
		}
		for _, c := range it.Nearest {
			fmt.Fprintf(w, "                  nearest change: %s\n", c.Text)
		}
	}
}

func newProtocolDiff() *cobra.Command {
	var dir string
	var since time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use: "diff OLD NEW [FILE...]", Short: "Say who would newly get what, and who no longer",
		Long: `Decide messages under two sets of tables, and print each item that a member would
newly receive (+) or no longer receive (-). OLD and NEW are directories, or
"embedded" for the tables built into this program. Nothing is sent or recorded,
and consents on record are not looked at.

The messages are those of the FILEs, or with --dir and --since those that a
broker took since then; there, "in-force" is the set that it decides under.`,
		Example: `  liaison protocol diff embedded ./protocol tip.json
  liaison protocol diff in-force ./protocol --since 720h --dir ./broker`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 || len(args) == 2 != (dir != "" && since > 0) {
				return usageError{fmt.Errorf("give OLD, NEW and at least one FILE (- for standard input), or OLD, NEW, --dir DIR and --since TIME")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			differences := 0
			show := func(d policy.Difference) error {
				differences++
				return printDifference(cmd.OutOrStdout(), d, asJSON)
			}
			var err error
			messages := 0
			if dir != "" {
				messages, err = diffTaken(cmd, dir, args, since, show)
			} else {
				messages, err = diffFiles(cmd, args, show)
			}
			if !asJSON && (err == nil || errors.Is(err, errRefused)) {
				fmt.Fprintf(cmd.OutOrStdout(), "%d messages, %d differences\n", messages, differences)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "the `DIR` of a broker whose messages to decide")
	cmd.Flags().DurationVar(&since, "since", 0, "decide what the broker took since this `TIME` ago, such as 720h")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object for each difference")
	return cmd
}

func diffFiles(cmd *cobra.Command, args []string, show func(policy.Difference) error) (messages int, err error) {
	var sets [2]*policy.Policy
	for n, dir := range args[:2] {
		if dir == broker.EmbeddedTables {
			dir = ""
		}
		if sets[n], err = policy.Load(openTables(dir)); err != nil {
			return 0, fmt.Errorf("%s: %w", args[n], err)
		}
	}
	err = eachMessage(cmd, args[2:], func(m *schemas.Message) error {
		messages++
		for _, d := range policy.Compare(sets[0], sets[1], m, time.Now(), policy.Recorded{}) {
			if err := show(d); err != nil {
				return err
			}
		}
		return nil
	})
	return messages, err
}

func diffTaken(cmd *cobra.Command, dir string, sets []string, since time.Duration, show func(policy.Difference) error) (messages int, err error) {
	for n, set := range sets {
		if set != broker.EmbeddedTables && set != broker.TablesInForce {
			if sets[n], err = filepath.Abs(set); err != nil { // the broker runs elsewhere
				return 0, err
			}
		}
	}
	err = withOperator(cmd, dir, func(ctx context.Context, op broker.Operator) error {
		messages, err = op.DiffTables(ctx, sets[0], sets[1], since, show)
		return err
	})
	return messages, err
}

func printDifference(w io.Writer, d policy.Difference, asJSON bool) error {
	if asJSON {
		return printJSON(w, d)
	}
	sign := '-'
	if d.Gained {
		sign = '+'
	}
	_, err := fmt.Fprintf(w, "%c %s  %-22s item %d: was %s, would be %s\n", sign, d.Message, d.Member, d.Item+1, explainItem(d.Before), explainItem(d.After))
	return err
}
