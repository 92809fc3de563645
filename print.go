package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"liaison/broker"
	"liaison/broker/ledger"
	"liaison/broker/policy"
	"liaison/schemas"
)

// printJSON prints one JSON object on one line.
func printJSON(w io.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// newLog is the log of a command: text for a person at a terminal, JSON lines
// for everything else.
func newLog(w io.Writer, level slog.Level) *slog.Logger {
	opts := &slog.HandlerOptions{Level: level}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return slog.New(slog.NewTextHandler(w, opts))
		}
	}
	return slog.New(slog.NewJSONHandler(w, opts))
}

// printFaults prints what is wrong with a record.
func printFaults(w io.Writer, where string, r *schemas.Refusal) {
	fmt.Fprintf(w, "%s: refused (%s)\n", where, r.Code)
	for _, f := range r.Faults {
		fmt.Fprintf(w, "    %s\n", f)
	}
	if len(r.Faults) == 0 || r.Later() {
		fmt.Fprintf(w, "    %s\n", r.Advice)
	}
}

// printDecision prints the way of one message: from whom, what, to whom under
// which gateway, withheld from whom and why.
func printDecision(w io.Writer, e ledger.Entry) {
	fmt.Fprintf(w, "%s  %s → %s\n", strings.ToUpper(string(e.Originator)), e.Message, describeRoute(e.Route))
	for _, o := range e.Outcomes {
		printOutcome(w, o)
	}
}

// describeRoute puts an address's codes into words, the narrowest of each.
func describeRoute(route string) string {
	t := strings.Split(route, ".")
	if len(t) != 6 {
		return "a message that cannot be read"
	}
	return fmt.Sprintf("%s, %s, %s", t[0], narrowest(t[1:3]), narrowest(t[3:6]))
}

func narrowest(tokens []string) string {
	for i := len(tokens) - 1; i >= 0; i-- {
		if tokens[i] != schemas.AnyToken {
			return tokens[i]
		}
	}
	return schemas.AnyToken
}

// printOutcome prints what was decided for one member, items that were
// decided alike on one line.
func printOutcome(w io.Writer, o schemas.Outcome) {
	if o.Member == "" {
		fmt.Fprintf(w, "    HELD        %s\n", reasonText(o.Reason))
		return
	}
	type alike struct{ outcome, why string }
	var order []alike
	items := map[alike][]string{}
	for _, it := range o.Items {
		k := alike{string(it.Outcome), explainItem(it)}
		if items[k] == nil {
			order = append(order, k)
		}
		items[k] = append(items[k], fmt.Sprint(it.Index+1))
	}
	for _, k := range order {
		word := "item"
		if len(items[k]) > 1 {
			word = "items"
		}
		fmt.Fprintf(w, "    %-11s %-22s %s %s: %s\n", k.outcome, o.Member, word, strings.Join(items[k], ", "), k.why)
	}
}

func explainItem(it schemas.ItemOutcome) string {
	if it.Outcome == schemas.Disclosed {
		return fmt.Sprintf("under %s (%s), rule %s", it.Gateway, it.Statute, it.Rule)
	}
	why := reasonText(it.Reason)
	if it.Statute != "" {
		why += " (" + it.Statute + ")"
	}
	return why
}

// reasonText puts a reason into words; the router's own reasons are not the
// policy's.
func reasonText(c schemas.Code) string {
	if text := broker.ReasonText(c); text != "" {
		return text
	}
	return policy.ReasonText(c)
}

// printBalance prints what came in and what became of it.
func printBalance(w io.Writer, b broker.Balance) {
	fmt.Fprintf(w, "accepted %d = disclosed to someone %d + held %d", b.Accepted, b.DisclosedToSomeone, b.Held)
	if b.Recorded > 0 {
		fmt.Fprintf(w, " + answers on record %d", b.Recorded)
	}
	fmt.Fprintln(w)
	fmt.Fprintf(w, "concerned %d = disclosed %d + withheld %d (pairs of a message and a member; %d copies)\n", b.Concerned, b.Disclosed, b.Withheld, b.Copies)
}
