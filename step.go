package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"liaison/agents"
	"liaison/schemas"
)

// envelope holds the flags that every step has.
type envelope struct {
	link
	marking, urgency, purpose string
	id, created               string
	asJSON                    bool
}

func (e *envelope) flags(cmd *cobra.Command) {
	e.link.flags(cmd)
	cmd.Flags().StringVar(&e.marking, "marking", string(schemas.Restricted), "the protective `MARKING`")
	cmd.Flags().StringVar(&e.urgency, "urgency", string(schemas.Routine), "routine, priority or immediate: it sets the clocks")
	cmd.Flags().StringVar(&e.purpose, "purpose", "prevent-detect-crime", "the `CODE` of the purpose")
	cmd.Flags().StringVar(&e.id, "id", "", "the `UUID` to give it, so that sending it again is harmless (default: a new one)")
	cmd.Flags().StringVar(&e.created, "created", "", "the `TIME` when it was made, as 2009-08-14T09:30:00Z (default: now)")
	cmd.Flags().BoolVar(&e.asJSON, "json", false, "print one JSON object")
}

// message begins a message of a kind.
func (e *envelope) message(kind schemas.Kind) *schemas.Message {
	return &schemas.Message{ID: schemas.ID(e.id), Kind: kind, Marking: schemas.Marking(e.marking), Urgency: schemas.Urgency(e.urgency), Purpose: schemas.Code(e.purpose)}
}

// take submits the message, and prints its id.
func (e *envelope) take(cmd *cobra.Command, m *schemas.Message) error {
	var err error
	if m.Created, err = timeFlag("created", e.created); err != nil {
		return err
	}
	return asMember(cmd, &e.link, func(ctx context.Context, c *agents.Client) error {
		id, err := c.Take(ctx, m)
		if err != nil {
			return err
		}
		if e.asJSON {
			err = printJSON(cmd.OutOrStdout(), schemas.MessageRef{Originator: m.Originator, ID: id})
		} else {
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s/%s\n", m.Originator, id)
		}
		if err == nil {
			err = printUndelivered(ctx, cmd.ErrOrStderr(), c, m, "")
		}
		return err
	})
}

// decisionWait bounds how long a command waits to learn who got its step.
const decisionWait = 5 * time.Second

// printUndelivered says of whom the step names, or who has what is recalled or
// corrected, that it did not reach them, and why: it is on record all the same. What
// is not decided in time, or cannot be asked, is no fault of the step's. Each line
// begins with where.
func printUndelivered(ctx context.Context, w io.Writer, c *agents.Client, m *schemas.Message, where string) error {
	to, _ := m.Addressed()
	toHolders := m.Recall != nil || m.Correction != nil
	if len(to) == 0 && !toHolders {
		return nil
	}
	s, err := awaitRouted(ctx, c, m.ID)
	if err != nil {
		_, err = fmt.Fprintf(w, "%swhom it reached is not known yet: ask with 'liaison receipt %s'\n", where, m.ID)
		return err
	}
	for _, o := range s.Outcomes {
		if toHolders && (o.Member != "" || len(s.Outcomes) == 1) {
			to = append(to, o.Member)
		}
	}
	for _, member := range to {
		why := undelivered(s, member)
		switch {
		case why == "":
			continue
		case member == "":
			member = "anybody"
		case m.Recall != nil:
			why += "; it is to be told by telephone"
		}
		if _, err := fmt.Fprintf(w, "%snot delivered to %s: %s\n", where, member, why); err != nil {
			return err
		}
	}
	return nil
}

// awaitRouted returns what became of a message once it is decided.
func awaitRouted(ctx context.Context, c *agents.Client, id schemas.ID) (schemas.Status, error) {
	ctx, cancel := context.WithTimeout(ctx, decisionWait)
	defer cancel()
	s, err := c.Status(ctx, id)
	for pause := 10 * time.Millisecond; err == nil && !s.Routed; pause *= 2 {
		select {
		case <-time.After(pause):
			s, err = c.Status(ctx, id)
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	}
	return s, err
}

// undelivered says why nothing of a message reached a member; "" if something did.
func undelivered(s schemas.Status, member schemas.MemberID) string {
	i := slices.IndexFunc(s.Outcomes, func(o schemas.Outcome) bool { return o.Member == member })
	switch {
	case i < 0:
		return "no rule says that the member is to hear this"
	case s.Outcomes[i].Outcome == schemas.Disclosed:
		return ""
	case len(s.Outcomes[i].Items) == 0:
		return reasonText(s.Outcomes[i].Reason)
	}
	return reasonText(s.Outcomes[i].Items[0].Reason)
}

// takeWith submits the message with the text as its item; a bare step has none.
func (e *envelope) takeWith(cmd *cobra.Command, m *schemas.Message, i *item, text []string) error {
	switch {
	case m.Bare() && len(text) > 0:
		return usageError{errors.New("this step takes no text: it carries nothing but what it does")}
	case !m.Bare() && len(text) == 0:
		return usageError{errors.New("say it in words: give the TEXT")}
	case !m.Bare():
		if err := i.add(m, text[0]); err != nil {
			return err
		}
	}
	return e.take(cmd, m)
}

// item holds the flags of a step with one graded item.
type item struct {
	crimes, areas, sectors, indicators, subjects []string
	grade, obtainedBy                            string
	handling                                     []int
	// victim is a subject too, if there is one.
	victim *schemas.Subject
}

func (i *item) flags(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&i.crimes, "crime", nil, "the crime type `CODE`; may be repeated")
	cmd.Flags().StringSliceVar(&i.areas, "area", nil, "the area `CODE`; may be repeated")
	cmd.Flags().StringSliceVar(&i.sectors, "sector", nil, "the trade's `CODE`; may be repeated")
	cmd.Flags().StringSliceVar(&i.indicators, "indicator", nil, "a trafficking indicator's `CODE`; may be repeated")
	cmd.Flags().StringArrayVar(&i.subjects, "subject", nil, "somebody or something that it is about, as `KIND=NAME`; may be repeated")
	cmd.Flags().StringVar(&i.grade, "grade", "", "the 5x5x5 evaluation, as `B2`")
	cmd.Flags().IntSliceVar(&i.handling, "handling", []int{1}, "a handling `CODE`; may be repeated")
	cmd.Flags().StringVar(&i.obtainedBy, "obtained-by", string(schemas.ByVolunteered), "how your member came by it")
	for flag, list := range map[string]*schemas.CodeList{"crime": schemas.CrimeTypes(), "area": schemas.Jurisdictions()} {
		cmd.RegisterFlagCompletionFunc(flag, completeCodes(list))
	}
}

// add adds the item with a text to a message, and its codes.
func (i *item) add(m *schemas.Message, text string) error {
	if text == "" || len(i.crimes) == 0 || len(i.areas) == 0 {
		return usageError{errors.New("give the text, --crime and --area")}
	}
	it := schemas.Item{Text: text, Handling: i.handling, ObtainedBy: schemas.ObtainedBy(i.obtainedBy)}
	if i.grade != "" {
		if len(i.grade) != 2 {
			return usageError{fmt.Errorf("--grade %s: write it as B2", i.grade)}
		}
		it.Source, it.Information = schemas.SourceGrade(i.grade[:1]), schemas.InfoGrade(i.grade[1]-'0')
	}
	it.Indicators = words[schemas.Code](i.indicators)
	for n, s := range i.subjects {
		kind, name, ok := strings.Cut(s, "=")
		if !ok {
			return usageError{fmt.Errorf("--subject %s: write it as KIND=NAME, such as business=\"Invented Gangs Ltd\"", s)}
		}
		m.Subjects = append(m.Subjects, schemas.Subject{Kind: schemas.SubjectKind(kind), Name: name})
		it.Subjects = append(it.Subjects, n)
	}
	if i.victim != nil {
		it.Subjects = append(it.Subjects, len(m.Subjects))
		m.Subjects = append(m.Subjects, *i.victim)
	}
	m.CrimeTypes, m.Sectors = words[schemas.Code](i.crimes), words[schemas.Code](i.sectors)
	for _, a := range i.areas {
		m.Jurisdictions = append(m.Jurisdictions, schemas.Jurisdiction{Code: schemas.Code(a), Role: schemas.RoleIncident})
	}
	m.Items = []schemas.Item{it}
	return nil
}

func words[T ~string](list []string) (typed []T) {
	for _, w := range list {
		typed = append(typed, T(w))
	}
	return typed
}

// refOf reads a message's name, ORIGINATOR/ID.
func refOf(arg string) (schemas.MessageRef, error) {
	originator, id, ok := strings.Cut(arg, "/")
	if !ok {
		return schemas.MessageRef{}, usageError{fmt.Errorf("%q: name the message as ORIGINATOR/ID", arg)}
	}
	return schemas.MessageRef{Originator: schemas.MemberID(originator), ID: schemas.ID(id)}, nil
}

// timeFlag reads a time, or nothing.
func timeFlag(name, text string) (at schemas.Time, err error) {
	if text != "" {
		if err = at.UnmarshalText([]byte(text)); err != nil {
			err = usageError{fmt.Errorf("--%s: %w", name, err)}
		}
	}
	return at, err
}

// dateFlag reads a date, or nothing.
func dateFlag(name, text string) (d schemas.Date, err error) {
	if err = d.UnmarshalText([]byte(text)); err != nil {
		err = usageError{fmt.Errorf("--%s: %w", name, err)}
	}
	return d, err
}

// between is the argument check of a command that takes from some to some
// arguments.
func between(from, to int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < from || len(args) > to {
			return usageError{fmt.Errorf("give %s", what)}
		}
		return nil
	}
}
