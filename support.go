package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"liaison/agents"
	"liaison/broker"
	"liaison/schemas"
)

func newSupport() *cobra.Command {
	cmd := &cobra.Command{Use: "support", Short: "Find who supports a victim",
		Example: "  liaison support find --exploitation sexual-exploitation --sex female --age 24 --area lincolnshire --needs safe-accommodation --creds lincolnshire.creds",
		Args:    exactly(0, "find"), RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	cmd.AddCommand(newSupportFind())
	return cmd
}

func newSupportFind() *cobra.Command {
	var l link
	var q supportFlags
	var dir string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "find", Short: "Find who supports a person of that sort, and why",
		Long: `Find who supports a victim, by the protocol's table of providers: by the type of
exploitation, sex, age, area and what is needed. First come those that fit by all
that is on record, then those of which something must be asked. Give nothing that
names the person. A member with a desk gets a referral through the broker; anybody
else is telephoned.

Exit code 3 if nobody is known to fit.`,
		Example: `  liaison support find --exploitation sexual-exploitation --sex female --age 24 --area lincolnshire --needs safe-accommodation --creds lincolnshire.creds
  liaison support find --exploitation forced-labour --age 15 --area strathclyde --on 2009-11-25 --dir ./broker`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			query, err := q.query(cmd)
			if err != nil {
				return err
			}
			show := func(a schemas.SupportAnswer, err error) error {
				switch {
				case err != nil:
					return err
				case asJSON:
					err = printJSON(cmd.OutOrStdout(), a)
				default:
					printSupport(cmd.OutOrStdout(), a)
				}
				if err == nil && (len(a.Offers) == 0 || tested(a.Offers[0], schemas.FitUnknown) != "") {
					return errRefused
				}
				return err
			}
			if dir != "" {
				return withOperator(cmd, dir, func(ctx context.Context, op broker.Operator) error { return show(op.AskSupport(ctx, query)) })
			}
			return asMember(cmd, &l, func(ctx context.Context, c *agents.Client) error { return show(c.Support(ctx, query)) })
		},
	}
	l.flags(cmd)
	q.flags(cmd)
	cmd.Flags().StringVar(&dir, "dir", "", "the broker's `DIR`, as its operator")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// supportFlags hold the flags of a question.
type supportFlags struct {
	exploitation, needs []string
	sex, area, on       string
	age                 int
}

func (f *supportFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&f.exploitation, "exploitation", nil, "what was done, a crime type `CODE`; may be repeated")
	cmd.Flags().StringVar(&f.sex, "sex", "", "female or male")
	cmd.Flags().IntVar(&f.age, "age", 0, "the age in whole `YEARS`; whose age is in doubt is presumed a child")
	cmd.Flags().StringVar(&f.area, "area", "", "where, an area `CODE`")
	cmd.Flags().StringSliceVar(&f.needs, "needs", nil, "what is needed, a `CODE` of the list of support needs; may be repeated")
	cmd.Flags().StringVar(&f.on, "on", "", "the `DAY` (default: today)")
	for flag, list := range map[string]*schemas.CodeList{"exploitation": schemas.CrimeTypes(), "area": schemas.Jurisdictions(), "needs": schemas.SupportNeeds()} {
		cmd.RegisterFlagCompletionFunc(flag, completeCodes(list))
	}
}

func (f *supportFlags) query(cmd *cobra.Command) (q schemas.SupportQuery, err error) {
	q = schemas.SupportQuery{Exploitation: words[schemas.Code](f.exploitation), Sex: schemas.Sex(f.sex), Area: schemas.Code(f.area), Needs: words[schemas.Code](f.needs)}
	if cmd.Flags().Changed("age") {
		q.Age = &f.age
	}
	if q.On, err = dateFlag("on", f.on); err != nil {
		return q, err
	}
	if faults := schemas.CheckSupport(&q); len(faults) > 0 {
		return q, usageError{fmt.Errorf("--%s: %w", faults[0].Path, errors.New(faults[0].Problem+"; "+faults[0].Advice))}
	}
	return q, nil
}

// tested lists what of an offer fits in a way, or does not.
func tested(o schemas.SupportOffer, fit schemas.Fit) string {
	var list []string
	for _, t := range o.Tests {
		if t.Fit == fit {
			list = append(list, t.What+describeTest(t))
		}
	}
	return strings.Join(list, "; ")
}

// describeTest says who or what was asked for, and who or what is taken.
func describeTest(t schemas.SupportTest) string {
	switch {
	case t.Fit == schemas.FitUnknown && t.Takes == "":
		return " is not on record"
	case t.Fit == schemas.FitUnknown && t.Wanted == "":
		return " was not given, and it takes " + t.Takes
	case t.Wanted == "":
		return ": " + t.Takes
	}
	return " " + t.Wanted + ": " + t.Takes
}

func printSupport(w io.Writer, a schemas.SupportAnswer) {
	known := len(a.Offers) > 0 && tested(a.Offers[0], schemas.FitUnknown) == ""
	if !known {
		fmt.Fprintf(w, "Nobody is known to fit on %s. The UKHTC gives advice at any hour.\n", a.On)
	}
	for i, o := range a.Offers {
		fmt.Fprintf(w, "%d. ", i+1)
		printOffer(w, o)
	}
	if len(a.Nearest) > 0 {
		fmt.Fprintln(w, "Nearly:")
	}
	for _, o := range a.Nearest {
		fmt.Fprint(w, "-  ")
		printOffer(w, o)
	}
}

func printOffer(w io.Writer, o schemas.SupportOffer) {
	how := "by telephone: it is no member"
	switch {
	case o.Connected:
		how = string(o.Member) + ", connected to this broker"
	case o.Member != "":
		how = string(o.Member) + ", by telephone: it has no desk here"
	}
	fmt.Fprintf(w, "%s (%s)\n", o.Name, how)
	for _, line := range []struct {
		says string
		fit  schemas.Fit
	}{{"fits", schemas.Fits}, {"ask", schemas.FitUnknown}, {"does not fit", schemas.FitsNot}} {
		if list := tested(o, line.fit); list != "" {
			fmt.Fprintf(w, "   %s: %s\n", line.says, list)
		}
	}
	since := "since before these tables"
	if !o.Since.IsZero() {
		since = "since " + o.Since.String()
	}
	if !o.Until.IsZero() {
		since += ", until " + o.Until.String()
	}
	fmt.Fprintf(w, "   %s; by %s (%s confidence)\n", since, o.Source, o.Confidence)
}
