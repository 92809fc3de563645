// Liaison is a cross-agency intelligence-sharing message broker: what the
// agencies hold on human trafficking reaches exactly the members who may
// lawfully have it, with a record of every disclosure and every withholding.
//
// This package is the command line: flags in, printing out.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // deadlines end by the clock of London, also in an image that has no zone files

	"github.com/spf13/cobra"

	"liaison/broker"
)

// The exit codes of every command; exitCodes says what they mean.
const (
	exitDone    = 0
	exitFault   = 1
	exitUsage   = 2
	exitRefused = 3
)

// exitCodes is what the help says of them.
const exitCodes = `Exit codes of every command:
  0  done
  1  fault: something does not work, is refused only for now, or was interrupted;
     the same command may succeed later
  2  wrong usage: nothing was asked of the broker
  3  refused: the broker refuses it for good or as things stand, what it is about
     is not there, or what was checked is off`

// errRefused ends a command whose work was done and whose answer is no:
// messages were refused, tables have faults, the ledger does not verify. What
// is wrong has been printed already. errLater ends one that was refused for now.
var (
	errRefused = errors.New("refused")
	errLater   = errors.New("refused for now")
)

// absent is that nothing is there of what was asked for.
type absent struct{ error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr, time.Now)
	os.Exit(code)
}

// run carries out one command, by a clock: that of the broker, and the one by
// which a duty is overdue.
func run(ctx context.Context, args []string, out, errs io.Writer, now func() time.Time) int {
	root := newRoot(now)
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	cmd, err := root.ExecuteContextC(ctx)
	var usage usageError
	var nothing absent
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errRefused):
		return exitRefused
	case errors.Is(err, errLater):
		return exitFault
	case errors.As(err, &usage):
		fmt.Fprintf(errs, "liaison: %v\nSee '%s --help'.\n", err, cmd.CommandPath())
		return exitUsage
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintf(errs, "liaison: interrupted: %s\n", strings.TrimSuffix(err.Error(), ": "+context.Canceled.Error()))
		return exitFault
	}
	fmt.Fprintf(errs, "liaison: %v\n", err)
	if errors.As(err, &nothing) || broker.Refused(err) {
		return exitRefused
	}
	return exitFault
}

// untilStopped is the end of a command that goes on until it is told to stop:
// then it has done its work. Any other command that is told so has not.
func untilStopped(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// needDir refuses a command without its broker's folder.
func needDir(dir string) error {
	if dir == "" {
		return usageError{errors.New("give the broker's folder: --dir DIR")}
	}
	return nil
}

func newRoot(now func() time.Time) *cobra.Command {
	root := &cobra.Command{
		Use:   "liaison",
		Short: "Share intelligence between agencies: lawfully, explained, recorded",
		Long: `Liaison takes tips and cases from the systems of several agencies, decides for
every member of the Joint Working Protocol and every graded item whether it may
lawfully have it, records the decision and delivers what is disclosed.

Start with 'liaison demo'.

` + exitCodes,
		Example:      "  liaison demo --once\n  liaison serve --dir ./broker",
		SilenceUsage: true, SilenceErrors: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("there is no command %q", args[0])}
			}
			return nil
		},
		PersistentPreRunE: checkText,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(flagError)
	groups := []struct {
		title    string
		commands []*cobra.Command
	}{
		{"See it work:", []*cobra.Command{newDemo()}},
		{"For an agency:", []*cobra.Command{newAgent(), newSample(), newSend(), newLint(), newReceipt(), newWatch(), newHeld(), newConsent(),
			newRequest(), newAnswer(), newRefer(), newDecide(), newTask(), newOutcome(), newNotify(), newRecall(now), newConfirm(), newCase(now), newOperation(), newSupport(), newProof()}},
		{"For the operator:", []*cobra.Command{newServe(now), newStatus(), newEnrol(), newRevoke(), newLedger(), newVerify(), newDocket(now), newRetention(), newProtocol(), newBench()}},
	}
	for _, g := range groups {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title})
		for _, c := range g.commands {
			c.GroupID = g.title
			root.AddCommand(c)
		}
	}
	root.AddCommand(newVersion())
	return root
}

// exactly returns the argument check of a command that takes n arguments.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != n {
			return usageError{fmt.Errorf("give %s", what)}
		}
		return nil
	}
}

// atLeastOne is the argument check of a command that takes files.
func atLeastOne(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usageError{errors.New("give at least one file, or - for standard input")}
	}
	return nil
}
