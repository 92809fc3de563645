package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"liaison/agents"
	"liaison/broker"
	"liaison/broker/ledger"
	"liaison/demo"
	"liaison/schemas"
)

func newDemo() *cobra.Command {
	var cfg demo.Config
	var asJSON bool
	cmd := &cobra.Command{
		Use: "demo", Short: "Run a whole broker on invented records and see every message's way",
		Long: `Start a broker in a temporary folder, enrol the members, start agents of all six
agencies and of the hub's sources on invented export files, and print each
message's way: from whom, what, to whom under which gateway, withheld from whom
and why.`,
		Example: `  liaison demo
  liaison demo --once --json`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg.Show, cfg.Log = demoPrinter{cmd.OutOrStdout(), asJSON}, newLog(cmd.ErrOrStderr(), slog.LevelError)
			cfg.Adapter, cfg.Program = adapterOf, program()
			if cfg.Dir == "" {
				dir, err := os.MkdirTemp("", "liaison-demo-")
				if err != nil {
					return err
				}
				defer os.RemoveAll(dir)
				cfg.Dir = dir
			}
			err := demo.Run(cmd.Context(), cfg)
			if !cfg.Once {
				err = untilStopped(err)
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&cfg.Once, "once", false, "end when everything is through, with the balance")
	cmd.Flags().StringVar(&cfg.Dir, "dir", "", "work in this `DIR` and leave it there (default: a temporary one)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a line")
	return cmd
}

// adapterOf returns the adapter of an agency for a member's records.
func adapterOf(agency string, member schemas.MemberID) (agents.Adapter, error) {
	found, _, err := findAgency(agency, string(member))
	if err != nil {
		return nil, err
	}
	return found.adapter(member)
}

// demoPrinter prints what happens in the demonstration.
type demoPrinter struct {
	out    io.Writer
	asJSON bool
}

// Say tells a person what goes on; a program that reads JSON is not told.
func (p demoPrinter) Say(format string, args ...any) {
	if !p.asJSON {
		fmt.Fprintf(p.out, format, args...)
	}
}

// Decided prints a message's way.
func (p demoPrinter) Decided(e ledger.Entry) error {
	if !p.asJSON {
		printDecision(p.out, e)
		_, err := fmt.Fprintln(p.out)
		return err
	}
	for _, o := range e.Outcomes {
		if err := printJSON(p.out, o); err != nil {
			return err
		}
	}
	return nil
}

// Rejected prints a record that an agent cannot map.
func (p demoPrinter) Rejected(r agents.Reject) {
	if p.asJSON {
		r.Record = "" // what the agency wrote stays with the agency
		printJSON(p.out, map[string]agents.Reject{"reject": r})
		return
	}
	fmt.Fprintf(p.out, "REJECTED  %s\n\n", r)
}

// Balance prints what came in and what became of it.
func (p demoPrinter) Balance(b broker.Balance) error {
	if p.asJSON {
		return printJSON(p.out, map[string]broker.Balance{"balance": b})
	}
	printBalance(p.out, b)
	return nil
}

// program is how this program was started, for lines to paste.
func program() string {
	if strings.Contains(os.Args[0], "go-build") {
		return "go run ."
	}
	return os.Args[0]
}
