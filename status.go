package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"liaison/broker"
	"liaison/broker/accounts"
)

func newStatus() *cobra.Command {
	var dir string
	var wait time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use: "status", Short: "Say whether the broker on a folder is ready",
		Long: `Ask the broker that runs on a folder whether it can accept and route. The exit
code is 0 if it is ready and 1 if it is not, or none runs: good for health checks.`,
		Example: "  liaison status --dir ./broker --wait 30s",
		Args:    exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := needDir(dir); err != nil {
				return err
			}
			s, err := awaitReady(cmd.Context(), dir, wait)
			if err != nil {
				return err
			}
			if asJSON {
				err = printJSON(cmd.OutOrStdout(), s)
			} else {
				printReadiness(cmd.OutOrStdout(), s)
			}
			if err == nil && !s.Ready {
				err = fmt.Errorf("the broker is not ready: %s", s.Fault)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "the broker's `DIR`")
	cmd.Flags().DurationVar(&wait, "wait", 0, "wait this long for it to become ready")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// awaitReady asks until the broker is ready or the wait is over, and returns
// what it said last.
func awaitReady(ctx context.Context, dir string, wait time.Duration) (broker.Status, error) {
	for end := time.Now().Add(wait); ; {
		s, err := askStatus(ctx, dir)
		if (err == nil && s.Ready) || !time.Now().Before(end) {
			return s, err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return broker.Status{}, fmt.Errorf("the broker is not ready yet: %w", context.Cause(ctx))
		}
	}
}

func askStatus(ctx context.Context, dir string) (broker.Status, error) {
	remote, ok := broker.Reach(dir)
	if !ok {
		if err := accounts.CheckFolder(dir); err != nil {
			return broker.Status{}, err
		}
		return broker.Status{}, fmt.Errorf("no broker runs on %s; start one with 'liaison serve --dir %s'", dir, dir)
	}
	return remote.Status(ctx)
}

func printReadiness(w io.Writer, s broker.Status) {
	ready := "ready"
	if !s.Ready {
		ready = "NOT ready"
	}
	fmt.Fprintf(w, "%s at %s, %d desks\n%d accepted since the start, decided up to sequence %d\npolicy %s\n", ready, s.URL, s.Desks, s.Accepted, s.Place, s.Policy)
	if s.Full {
		fmt.Fprintln(w, "the store is full and refuses new messages: start the broker with a higher --max-store")
	}
	if s.Reopened > 0 {
		fmt.Fprintf(w, "the store was opened again %d times after trouble with the disk\n", s.Reopened)
	}
	if s.Scrub.Completed.IsZero() {
		fmt.Fprintln(w, "what is stored has not been read through yet")
	} else {
		fmt.Fprintf(w, "what is stored was last read through at %s: %d messages\n", s.Scrub.Completed.Format(time.RFC3339), s.Scrub.Messages)
	}
	for _, d := range s.Scrub.Damage {
		fmt.Fprintf(w, "    DAMAGED   %s\n", d)
	}
	if more := s.Scrub.Damages - len(s.Scrub.Damage); more > 0 {
		fmt.Fprintf(w, "    and %d more\n", more)
	}
}
