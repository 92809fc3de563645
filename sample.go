package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"liaison/agents"
	"liaison/schemas"
)

func newSample() *cobra.Command {
	var count int
	var seed int64
	var member string
	cmd := &cobra.Command{
		Use: "sample AGENCY", Short: "Write invented native records, as many as wanted",
		Long: `Write an agency's export with invented records to standard output, for trials and
load tests. The same seed gives the same records; every hundredth is faulty, so
that rejects show.`,
		Example:   "  liaison sample gla --count 100000 --seed 7 > inbox/load.csv",
		Args:      exactly(1, "the AGENCY"),
		ValidArgs: agencyNames(),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, m, err := findAgency(args[0], member)
			if err != nil {
				return err
			}
			w := bufio.NewWriter(cmd.OutOrStdout())
			if err := a.generate(w, m, count, seed); err != nil {
				return err
			}
			return w.Flush()
		},
	}
	cmd.Flags().IntVar(&count, "count", 100, "how many records `N`")
	cmd.Flags().Int64Var(&seed, "seed", 1, "the `SEED`")
	cmd.Flags().StringVar(&member, "member", "", "whose records (default: the AGENCY's)")
	return cmd
}

// explainExport prints what becomes of every record of an export, and sends
// nothing.
func explainExport(cmd *cobra.Command, cfg agents.AgentConfig, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("reading the export: %w", err)
	}
	defer f.Close()
	out := bufio.NewWriter(cmd.OutOrStdout())
	defer out.Flush()
	faulty := 0
	err = cfg.Adapter.Read(f, name, func(r agents.Record) error {
		fmt.Fprintf(out, "%s:%d  %s\n%s\n", name, r.Line, printable(r.Reference), indent("       "+printable(r.Raw)))
		for _, fault := range r.Faults {
			faulty++
			fmt.Fprintf(out, "    REJECTED  %s\n", fault)
		}
		if r.Kept != "" {
			fmt.Fprintf(out, "    kept      %s\n", r.Kept)
		}
		if r.Message != nil {
			if err := printMessage(out, r.Message); err != nil {
				return err
			}
		}
		for _, a := range r.Areas {
			fmt.Fprintf(out, "    area      %s, found by: %s\n", a.Code, a.By)
		}
		for _, d := range r.Dropped {
			fmt.Fprintf(out, "    dropped   %s: %s\n", d.Field, d.Reason)
		}
		_, err := fmt.Fprintln(out)
		return err
	})
	if err == nil && faulty > 0 {
		err = errRefused
	}
	return err
}

// printMessage prints a message field by field, with the faults that it would
// be refused for.
func printMessage(w *bufio.Writer, m *schemas.Message) error {
	m.ID = "00000000-0000-8000-8000-000000000001" // each agent derives its own
	m.Derive()
	raw, err := schemas.EncodeJSON(m)
	if err != nil {
		return err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return err
	}
	for _, name := range []string{"kind", "originator", "reference", "created", "marking", "urgency", "purpose", "jurisdictions",
		"crime_types", "sectors", "items", "subjects", "links", "review", "tip", "case"} {
		if v, ok := fields[name]; ok {
			fmt.Fprintf(w, "    %-13s %s\n", name, v)
		}
	}
	for _, f := range schemas.Validate(m, time.Now()) {
		fmt.Fprintf(w, "    FAULT     %s\n", f)
	}
	return nil
}

// printable replaces control characters: a record may hold what moves the cursor
// of a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return '\uFFFD'
		}
		return r
	}, strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n"))
}
