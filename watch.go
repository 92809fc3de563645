package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"liaison/agents"
	"liaison/schemas"
)

// watchedCopy is what watch --json prints of a copy.
type watchedCopy struct {
	Sequence uint64          `json:"sequence"`
	Decision uint64          `json:"decision"`
	Policy   string          `json:"policy"`
	Gateways []string        `json:"gateways"`
	Message  json.RawMessage `json:"message"`
}

func newWatch() *cobra.Command {
	var l link
	var w wish
	var o agents.WatchOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use: "watch", Short: "Read your desk's feed, live",
		Long: `Print the copies that your desk gets, as they come. The filters match any of a
copy's codes or their ancestors. Watching takes nothing away: the desk's own
application still gets every copy.

Watching begins with what is new; with --since that far back; with --once or a
new cursor at the beginning of what the desk has.`,
		Example: `  liaison watch --creds ukhtc.creds --crime labour-standards --area acpo-eastern --since 24h
  liaison watch --creds ukhtc.creds --cursor place --once --json`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if o.Filter, err = w.filter(); err != nil {
				return err
			}
			if o.Since == 0 && !o.Once && o.Cursor == "" {
				o.Since = time.Nanosecond // from now on
			}
			err = asMember(cmd, &l, func(ctx context.Context, c *agents.Client) error {
				return c.Watch(ctx, o, func(copied agents.Copy) error { return printCopy(cmd.OutOrStdout(), copied, asJSON) })
			})
			if !o.Once {
				err = untilStopped(err)
			}
			return err
		},
	}
	l.flags(cmd)
	w.flags(cmd)
	cmd.Flags().DurationVar(&o.Since, "since", 0, "begin this far back, such as 24h")
	cmd.Flags().BoolVar(&o.Once, "once", false, "stop at the end of what is there")
	cmd.Flags().StringVar(&o.Cursor, "cursor", "", "keep the place in this `FILE` and go on from it")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object for each copy")
	return cmd
}

func printCopy(w io.Writer, c agents.Copy, asJSON bool) error {
	if c.Message == nil {
		_, err := fmt.Fprintf(w, "copy %d (message %s) cannot be read: %v\n", c.Sequence, c.ID, c.Fault)
		return err
	}
	if asJSON {
		body, err := schemas.EncodeJSON(c.Message)
		if err != nil {
			return err
		}
		return printJSON(w, watchedCopy{Sequence: c.Sequence, Decision: c.Decision, Policy: c.Policy, Gateways: c.Gateways, Message: body})
	}
	m := c.Message
	fmt.Fprintf(w, "%s  %s from %s, %s, %s  [%s, %s]\n", m.Created.Format(time.RFC3339), m.Kind, m.Originator, m.Urgency, m.Marking, strings.Join(c.Gateways, ", "), m.ID)
	if step := describeStep(m); step != "" {
		fmt.Fprintf(w, "    %s\n", step)
	}
	if !m.Bare() {
		fmt.Fprintf(w, "    %s in %s\n", joinCodes(m.CrimeTypes), areasOf(m))
	}
	for i, it := range m.Items {
		fmt.Fprintf(w, "    %d. %s%s handling %v, %s: %s\n", i+1, it.Source, it.Information, []int(it.Handling), it.ObtainedBy, indent(it.Text))
		if it.Conditions != "" {
			fmt.Fprintf(w, "       conditions: %s\n", indent(it.Conditions))
		}
	}
	for _, s := range m.Subjects {
		fmt.Fprintf(w, "    %s: %s\n", s.Kind, describeSubject(s))
	}
	_, err := fmt.Fprintln(w)
	return err
}

func joinCodes(codes []schemas.Code) string {
	words := make([]string, len(codes))
	for i, c := range codes {
		words[i] = string(c)
	}
	return strings.Join(words, ", ")
}

func areasOf(m *schemas.Message) string {
	words := make([]string, len(m.Jurisdictions))
	for i, j := range m.Jurisdictions {
		words[i] = fmt.Sprintf("%s (%s)", j.Code, j.Role)
	}
	return strings.Join(words, ", ")
}

// indent keeps a text of several lines below its number.
func indent(text string) string { return strings.ReplaceAll(text, "\n", "\n       ") }

func describeSubject(s schemas.Subject) string {
	var parts []string
	for _, p := range append([]string{s.Name, s.Born.String(), s.Nationality, s.Position, s.Address, s.Postcode, s.Registration, s.Number}, s.Aliases...) {
		if p != "" {
			parts = append(parts, indent(p))
		}
	}
	return strings.Join(parts, ", ")
}
