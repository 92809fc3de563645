package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"liaison/agents"
)

func newAgent() *cobra.Command {
	var l link
	var cfg agents.AgentConfig
	var member, explain, metrics string
	cmd := &cobra.Command{
		Use: "agent AGENCY", Short: "Carry an agency's export files to the broker, and its copies back",
		Long: `Watch a folder into which an agency's system writes its exports, turn every
record into a message, submit it and put the file away: into done/ when every
record has its receipt, with rejected records and their reasons in rejected/.
Nothing is lost by a crash or a link that fails: what is not in done/ is read
and sent again, and has the same ids.

Records that are not for sharing, such as licences in force, are kept: they are
listed with the receipts, each with the reason.

With --outbox, the copies that the desk gets are written there, one file each.

The agencies are: ` + strings.Join(agencyNames(), ", ") + `. A police
force and the two parts of HMRC name themselves with --member.`,
		Example: `  liaison agent gla --inbox ./inbox --outbox ./outbox --creds gla.creds
  liaison agent police --member lincolnshire --inbox ./inbox --creds lincolnshire.creds --once
  liaison agent gla --explain export.csv`,
		Args:      exactly(1, "the AGENCY: "+strings.Join(agencyNames(), ", ")),
		ValidArgs: agencyNames(),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, m, err := findAgency(args[0], member)
			if err != nil {
				return err
			}
			if cfg.Adapter, err = a.adapter(m); err != nil {
				return usageError{err}
			}
			cfg.Member = m
			if explain != "" {
				return explainExport(cmd, cfg, explain)
			}
			if cfg.Inbox == "" && cfg.Outbox == "" {
				return usageError{errors.New("give the folder to watch: --inbox DIR")}
			}
			terminal, log := terminalOf(cmd.ErrOrStderr()), newLog(cmd.ErrOrStderr(), slog.LevelInfo)
			if terminal != nil { // the log and the progress share it
				log = slog.New(slog.NewTextHandler(terminal, nil))
			}
			link, err := l.config(log)
			if err != nil {
				return err
			}
			link.Patient = !cfg.Once
			return runAgent(cmd, link, cfg, newProgress(terminal), metrics)
		},
	}
	l.flags(cmd)
	cmd.Flags().StringVar(&cfg.Inbox, "inbox", "", "the `DIR` with the agency's exports")
	cmd.Flags().StringVar(&cfg.Outbox, "outbox", "", "the `DIR` for the copies that the desk gets")
	cmd.Flags().StringVar(&explain, "explain", "", "print what every record of this `FILE` becomes, field by field, and send nothing")
	cmd.Flags().StringVar(&metrics, "metrics", "", "serve metrics for Prometheus at this `ADDRESS`, such as 127.0.0.1:9090")
	cmd.Flags().StringVar(&member, "member", "", "whose records they are (default: the AGENCY)")
	cmd.Flags().BoolVar(&cfg.Once, "once", false, "stop when all that is there is dealt with")
	return cmd
}

func runAgent(cmd *cobra.Command, link agents.Config, cfg agents.AgentConfig, p *progress, metrics string) error {
	if metrics != "" {
		at, stop, err := p.serveMetrics(cmd.Context(), metrics)
		if err != nil {
			return err
		}
		defer stop()
		link.Log.Info("serving metrics", "url", "http://"+at+"/metrics")
	}
	client, err := agents.Connect(cmd.Context(), link)
	if err != nil && !cfg.Once {
		return untilStopped(err)
	}
	if err != nil {
		return err
	}
	defer client.Close()
	out := cmd.OutOrStdout()
	cfg.Client, cfg.Log, cfg.Waiting = client, link.Log, p.waiting
	cfg.Report = func(r agents.FileReport) {
		if r.Finished {
			p.clear()
			printFile(out, r)
		}
		p.report(r)
	}
	cfg.Reject = func(r agents.Reject) {
		p.clear()
		fmt.Fprintf(out, "rejected %s\n", r)
	}
	a, err := agents.NewAgent(cfg)
	if err != nil {
		return usageError{err}
	}
	err = a.Run(cmd.Context())
	p.clear()
	if !cfg.Once {
		return untilStopped(err)
	}
	if err != nil {
		return fmt.Errorf("%d records are dealt with, and what is left in the inbox is not: %w", p.total.Records, err)
	}
	if p.total.Rejected > 0 {
		return errRefused
	}
	return nil
}

func printFile(w io.Writer, r agents.FileReport) {
	fmt.Fprintf(w, "%s: %d records, %d accepted, %d accepted before, %d rejected", r.File, r.Records, r.Accepted, r.Duplicates, r.Rejected)
	if r.Kept > 0 {
		fmt.Fprintf(w, ", %d kept", r.Kept)
	}
	fmt.Fprintln(w)
	if r.Fault != nil {
		fmt.Fprintf(w, "    %v\n", r.Fault)
	}
}

func sum(a, b agents.FileReport) agents.FileReport {
	a.Records += b.Records
	a.Accepted += b.Accepted
	a.Duplicates += b.Duplicates
	a.Rejected += b.Rejected
	a.Kept += b.Kept
	return a
}
