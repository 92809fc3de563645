package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"liaison/agents"
	"liaison/schemas"
)

// link holds the flags by which a command reaches a broker as a member.
type link struct {
	server, creds, ca string
}

func (l *link) flags(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&l.server, "server", "s", "", "the broker's `URL` (default $NATS_URL, else nats://127.0.0.1:4222)")
	cmd.Flags().StringVar(&l.ca, "tlsca", "", "a `FILE` of certificates that vouch for the broker (default $NATS_CA, else the system's)")
	cmd.Flags().StringVar(&l.creds, "creds", "", "your credentials `FILE` (default $NATS_CREDS)")
}

// config resolves the flags, and the environment behind them.
func (l *link) config(log *slog.Logger) (agents.Config, error) {
	cfg := agents.Config{Log: log, Server: cmp.Or(l.server, os.Getenv("NATS_URL")),
		Creds: cmp.Or(l.creds, os.Getenv("NATS_CREDS")), CA: cmp.Or(l.ca, os.Getenv("NATS_CA"))}
	if cfg.Creds == "" {
		return cfg, usageError{errors.New("give your credentials: --creds FILE, or NATS_CREDS; the operator makes them with 'liaison enrol'")}
	}
	return cfg, nil
}

// asMember gives fn a link to the broker, and prints a refusal as such: it ends
// the command with its own exit code, unless it is one for now.
func asMember(cmd *cobra.Command, l *link, fn func(context.Context, *agents.Client) error) error {
	cfg, err := l.config(newLog(cmd.ErrOrStderr(), slog.LevelWarn))
	if err != nil {
		return err
	}
	c, err := agents.Connect(cmd.Context(), cfg)
	if err != nil {
		return err
	}
	defer c.Close()
	err = fn(cmd.Context(), c)
	var refusal *schemas.Refusal
	if errors.As(err, &refusal) {
		printFaults(cmd.ErrOrStderr(), cmd.Name(), refusal)
		return refusedBy(refusal)
	}
	return err
}

// refusedBy is how a command ends that the broker refuses.
func refusedBy(r *schemas.Refusal) error {
	if r.Later() {
		return errLater
	}
	return errRefused
}

// wish holds the flags of a filter.
type wish struct {
	kinds, crimes, areas, urgencies []string
}

func (w *wish) flags(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&w.kinds, "kind", nil, "only messages of this `KIND` (tip, case, request, answer); may be repeated")
	cmd.Flags().StringSliceVar(&w.crimes, "crime", nil, "only this crime type `CODE`, or those below it; may be repeated")
	cmd.Flags().StringSliceVar(&w.areas, "area", nil, "only this area `CODE`, or those below it; may be repeated")
	cmd.Flags().StringSliceVar(&w.urgencies, "urgency", nil, "only this `URGENCY` (routine, priority, immediate); may be repeated")
	for flag, list := range map[string]*schemas.CodeList{"crime": schemas.CrimeTypes(), "area": schemas.Jurisdictions()} {
		cmd.RegisterFlagCompletionFunc(flag, completeCodes(list))
	}
	cmd.RegisterFlagCompletionFunc("kind", func(*cobra.Command, []string, string) (words []string, _ cobra.ShellCompDirective) {
		for _, k := range schemas.DeliveredKinds() {
			words = append(words, string(k))
		}
		return words, cobra.ShellCompDirectiveNoFileComp
	})
}

// filter checks the codes and returns the filter.
func (w *wish) filter() (schemas.Filter, error) {
	var f schemas.Filter
	for _, k := range w.kinds {
		if !slices.Contains(schemas.DeliveredKinds(), schemas.Kind(k)) {
			return f, usageError{fmt.Errorf("--kind %s: the kinds are %v", k, schemas.DeliveredKinds())}
		}
		f.Kinds = append(f.Kinds, schemas.Kind(k))
	}
	for _, u := range w.urgencies {
		if !slices.Contains([]schemas.Urgency{schemas.Routine, schemas.Priority, schemas.Immediate}, schemas.Urgency(u)) {
			return f, usageError{fmt.Errorf("--urgency %s: the urgencies are routine, priority and immediate", u)}
		}
		f.Urgencies = append(f.Urgencies, schemas.Urgency(u))
	}
	var err error
	if f.CrimeTypes, err = codesOf("crime", w.crimes, schemas.CrimeTypes()); err != nil {
		return f, err
	}
	f.Areas, err = codesOf("area", w.areas, schemas.Jurisdictions())
	return f, err
}

func codesOf(flag string, given []string, list *schemas.CodeList) ([]schemas.Code, error) {
	var codes []schemas.Code
	for _, g := range given {
		if _, ok := list.Lookup(schemas.Code(g)); !ok {
			meant := ""
			if near := list.Nearest(g); near != "" {
				meant = "; did you mean " + string(near) + "?"
			}
			return nil, usageError{fmt.Errorf("--%s %s: no such code in the list of %s%s", flag, g, list.Name(), meant)}
		}
		codes = append(codes, schemas.Code(g))
	}
	return codes, nil
}

func completeCodes(list *schemas.CodeList) func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var codes []string
		for _, e := range list.All() {
			codes = append(codes, string(e.Code)+"\t"+e.Name)
		}
		return codes, cobra.ShellCompDirectiveNoFileComp
	}
}
