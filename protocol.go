package main

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"liaison/broker/policy"
	"liaison/broker/router"
	"liaison/schemas"
)

func newProtocol() *cobra.Command {
	cmd := &cobra.Command{Use: "protocol", Short: "Check the protocol tables and explain what they decide",
		Args: exactly(0, "check or explain"), RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(newProtocolCheck(), newProtocolExplain())
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
	p, err := policy.Load(openTables(dir))
	if err != nil {
		fmt.Fprintf(w, "the tables cannot be used:\n%v\n", err)
		return errRefused
	}
	findings := p.Check()
	for _, f := range findings {
		if asJSON {
			if err := printJSON(w, f); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintln(w, f)
	}
	if !asJSON {
		fmt.Fprintf(w, "the tables can be used: %d members, hash %s, judged by %s; %d findings\n", len(p.Members()), p.Hash(), judgedBy(p), len(findings))
	}
	return nil
}

func newProtocolExplain() *cobra.Command {
	var tables, member string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "explain FILE", Short: "Say who would get a message, and why",
		Long: `Decide a message as the broker would, without a broker: for every member
concerned, what becomes of each item, under which gateway or for which reason.
Nothing is sent. Whether a member has a desk is not looked at.`,
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
			return explainFile(cmd, p, args, schemas.MemberID(member), asJSON)
		},
	}
	cmd.Flags().StringVar(&tables, "protocol", "", "the `DIR` of the protocol tables (default: the embedded set)")
	cmd.Flags().StringVar(&member, "member", "", "only what becomes of it for this `MEMBER`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object for each member concerned")
	return cmd
}

func explainFile(cmd *cobra.Command, p *policy.Policy, files []string, member schemas.MemberID, asJSON bool) error {
	refused := false
	for r, err := range readFiles(files, cmd.InOrStdin()) {
		if err != nil {
			return err
		}
		m, refusal := schemas.Read(r.Raw, time.Now())
		if refusal != nil {
			printFaults(cmd.ErrOrStderr(), r.Where, refusal)
			refused = true
			continue
		}
		if err := explain(cmd.OutOrStdout(), p, m, member, asJSON); err != nil {
			return err
		}
	}
	if refused {
		return errRefused
	}
	return nil
}

func explain(w io.Writer, p *policy.Policy, m *schemas.Message, member schemas.MemberID, asJSON bool) error {
	if !asJSON {
		fmt.Fprintf(w, "%s  %s → %s\n", m.Originator, m.ID, describeRoute(schemas.Route(m)))
	}
	for _, o := range explained(p, m, time.Now()) {
		if member != "" && o.Member != member {
			continue
		}
		if asJSON {
			if err := printJSON(w, o); err != nil {
				return err
			}
			continue
		}
		printOutcome(w, o)
	}
	return nil
}

// explained is what the policy decides, with one more outcome if nobody gets
// the message.
func explained(p *policy.Policy, m *schemas.Message, now time.Time) []schemas.Outcome {
	outcomes := p.DecideAll(m, p.Day(m.Created.Time, now))
	if !policy.Held(outcomes) {
		return outcomes
	}
	reason := router.ReasonAllWithheld
	if len(outcomes) == 0 {
		reason = router.ReasonNobody
	}
	return append(outcomes, schemas.Outcome{Message: m.ID, Outcome: schemas.Held, Reason: reason})
}
