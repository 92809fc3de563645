package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"liaison/broker/bench"
	"liaison/deploy/protocol"
)

func newBench() *cobra.Command {
	var dir, file string
	var quick, long bool
	var scale float64
	var only []string
	cmd := &cobra.Command{
		Use: "bench", Short: "Measure the broker beside the engine that it runs on",
		Long: `Measure, in one run and in turns, a broker and the plain NATS engine on which it
is built: how fast messages are accepted, decided and copied, how soon they
arrive, what they cost, and how long a start takes. It prints ratios to the engine,
and says of each what it compares.

It takes about two minutes, and the whole machine: figures of a machine that does
other things are worth less. The folder must be on a real disk.`,
		Example: `  liaison bench --quick
  liaison bench --long --dir /var/lib/liaison-bench --json bench.json`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			plan, err := choosePlan(quick, long, scale)
			if err != nil {
				return err
			}
			parts, err := chooseParts(only)
			if err != nil {
				return err
			}
			report, err := runBench(cmd, dir, plan, parts)
			if err != nil {
				return err
			}
			printBench(cmd.OutOrStdout(), report)
			return writeBench(file, report)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "work in a new folder in this `DIR`, on the disk to be measured (default: that of temporary files)")
	cmd.Flags().StringVar(&file, "json", "", "write the report to this `FILE`, too")
	cmd.Flags().BoolVar(&quick, "quick", false, "take 20 seconds")
	cmd.Flags().BoolVar(&long, "long", false, "take up to 15 minutes, with a million messages stored")
	cmd.Flags().Float64Var(&scale, "scale", 1, "measure so many times as long, with so many times as many messages")
	cmd.Flags().StringSliceVar(&only, "only", nil, "measure only these `PARTS`: intake, routing, tables, whole, latency, cost, start")
	return cmd
}

// chooseParts reads the names of parts.
func chooseParts(names []string) (parts []bench.Part, err error) {
	for _, name := range names {
		if !slices.Contains(bench.Parts, bench.Part(name)) {
			return nil, usageError{fmt.Errorf("there is no part %q: give any of %v", name, bench.Parts)}
		}
		parts = append(parts, bench.Part(name))
	}
	return parts, nil
}

// choosePlan says how much the flags ask for.
func choosePlan(quick, long bool, scale float64) (bench.Plan, error) {
	switch {
	case quick && long:
		return bench.Plan{}, usageError{errors.New("give --quick or --long")}
	case scale <= 0:
		return bench.Plan{}, usageError{errors.New("--scale must be above 0")}
	case quick:
		return bench.Quick().Times(scale), nil
	case long:
		return bench.Long().Times(scale), nil
	}
	return bench.Usual().Times(scale), nil
}

// runBench measures in a new folder, which it removes, and says meanwhile what
// it does.
func runBench(cmd *cobra.Command, dir string, plan bench.Plan, only []bench.Part) (bench.Report, error) {
	work, err := os.MkdirTemp(dir, "liaison-bench-")
	if err != nil {
		return bench.Report{}, err
	}
	defer os.RemoveAll(work)
	errs := cmd.ErrOrStderr()
	report, err := bench.Run(cmd.Context(), bench.Config{Dir: work, Tables: protocol.Tables, Plan: plan, Only: only,
		Log: newLog(errs, slog.LevelError), Say: func(format string, args ...any) { fmt.Fprintf(errs, format+"\n", args...) }})
	report.Command, report.Commit = strings.Join(append([]string{"liaison"}, os.Args[1:]...), " "), shortCommit()
	return report, err
}

func printBench(w io.Writer, r bench.Report) {
	fmt.Fprintf(w, "Beside nats-server %s on %s, syncing 1 KiB in %.2f ms; medians of %d, (lowest to highest); %.0f s\n", r.Engine, r.Machine, r.Sync, r.Repetitions, r.Seconds)
	part := bench.Part("")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range r.Figures {
		if f.Part != part {
			part = f.Part
			fmt.Fprintf(table, "\n%s\t\n", strings.ToUpper(string(part)))
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", f.Name, f, f.Verdict())
	}
	table.Flush()
	fmt.Fprintln(w, "\nWhat each figure is:")
	for _, f := range r.Figures {
		fmt.Fprintf(w, "  %s, %s: %s\n", f.Part, f.Name, f.Says)
	}
}

func writeBench(file string, r bench.Report) error {
	if file == "" {
		return nil
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}

// shortCommit is the commit that this program was built from, if it is known.
func shortCommit() string {
	commit := readVersion().Commit
	return commit[:min(len(commit), 7)]
}
