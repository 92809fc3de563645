package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"liaison/agents"
	"liaison/broker"
	"liaison/broker/ledger"
	"liaison/broker/ledger/tree"
	"liaison/schemas"
	"liaison/schemas/proof"
)

func newProof() *cobra.Command {
	var l link
	var q agents.ProofQuery
	var id string
	cmd := &cobra.Command{
		Use: "proof", Short: "Fetch the ledger's signed head, or the proof of a decision",
		Long: `Fetch the signed head of the broker's ledger, and with --id or --entry the proof
of what the ledger says of your member there: of your own message all that was
decided, of another's what was disclosed to you. Keep heads: only who has an
older one can tell that a ledger was cut short, put back or forked.

Check what it prints with 'liaison ledger verify-proof', which needs no broker.
The salt of your own message, for --salt there, is printed apart, on standard
error: whoever is given the proof need not be given the salt.`,
		Example: `  liaison proof --creds gla.creds > head.json
  liaison proof --id 6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 --since 1200 --creds gla.creds > proof.json`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			q.ID = schemas.ID(id)
			if q.ID != "" && q.Entry != 0 {
				return usageError{errors.New("give --id or --entry")}
			}
			return asMember(cmd, &l, func(ctx context.Context, c *agents.Client) error {
				b, salt, err := c.Proof(ctx, q)
				if err != nil {
					return err
				}
				if salt != "" {
					fmt.Fprintf(cmd.ErrOrStderr(), "salt: %s\n", salt)
				}
				_, err = cmd.OutOrStdout().Write(b)
				return err
			})
		},
	}
	l.flags(cmd)
	cmd.Flags().StringVar(&id, "id", "", "prove the latest decision about the message with this `ID`, sent or received")
	cmd.Flags().Uint64Var(&q.Entry, "entry", 0, "prove the entry with this number `N`, as a copy names it")
	cmd.Flags().Uint64Var(&q.Since, "since", 0, "prove also that the head extends one of `N` entries")
	return cmd
}

func newLedgerKey() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use: "key", Short: "Print the public key that proofs are checked with",
		Long: `Print the public key of the ledger. Give it to members in person, or in another
way that whoever might forge a ledger does not control.`,
		Example: "  liaison ledger key --dir ./broker",
		Args:    exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := needDir(dir); err != nil {
				return err
			}
			key, err := tree.PublicKey(dir)
			if err == nil {
				_, err = fmt.Fprintln(cmd.OutOrStdout(), key)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "the broker's `DIR`")
	return cmd
}

func newLedgerHead() *cobra.Command {
	var dir string
	var q broker.ProofQuery
	cmd := &cobra.Command{
		Use: "head", Short: "Print the signed head of the ledger",
		Example: "  liaison ledger head --dir ./broker > head.json",
		Args:    exactly(0, "no arguments"),
		RunE:    func(cmd *cobra.Command, _ []string) error { return prove(cmd, dir, q) },
	}
	cmd.Flags().StringVar(&dir, "dir", "", "the broker's `DIR`")
	cmd.Flags().Uint64Var(&q.Since, "since", 0, "prove also that it extends a head of `N` entries")
	return cmd
}

func newLedgerProve() *cobra.Command {
	var dir, member string
	var q broker.ProofQuery
	cmd := &cobra.Command{
		Use: "prove", Short: "Print the proof that an entry is in the ledger",
		Long: `Print the proof that an entry is in the ledger, with the whole entry and the key
that opens its commitments, for an auditor who may see it all. With --member it
shows what that member may see, and no more.`,
		Example: `  liaison ledger prove --entry 12 --dir ./broker > entry.json
  liaison ledger prove --entry 12 --member lincolnshire --dir ./broker > proof.json`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if q.Member = schemas.MemberID(member); q.Entry == 0 {
				return usageError{errors.New("give the entry: --entry N, the first being 1")}
			}
			return prove(cmd, dir, q)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "the broker's `DIR`")
	cmd.Flags().Uint64Var(&q.Entry, "entry", 0, "the number `N` of the entry")
	cmd.Flags().StringVar(&member, "member", "", "show what this `MEMBER` may see")
	cmd.Flags().Uint64Var(&q.Since, "since", 0, "prove also that the head extends one of `N` entries")
	return cmd
}

func prove(cmd *cobra.Command, dir string, q broker.ProofQuery) error {
	return withOperator(cmd, dir, func(ctx context.Context, op broker.Operator) error {
		b, err := op.Prove(ctx, q)
		if err == nil {
			_, err = cmd.OutOrStdout().Write(b)
		}
		return err
	})
}

func newVerifyProof() *cobra.Command {
	var key, older, copied, salt string
	cmd := &cobra.Command{
		Use: "verify-proof FILE", Short: "Check a proof, without a broker",
		Long: `Check what 'liaison proof', 'liaison ledger head' or 'liaison ledger prove'
printed, with the broker's public key alone. With --older it must also show that
its head extends the head of a proof that was kept: ask for it with --since and
the number of entries of that.

With --copy a message is compared as well: your own, whose whole content the
ledger commits to (with --salt), or a copy that you received, of which the
ledger has the message and the number of items, and not the wording.

The exit code is 3 if anything does not hold.`,
		Example: `  liaison ledger verify-proof proof.json --key "$(cat hub.key)" --older head.json
  liaison ledger verify-proof proof.json --key "$(cat hub.key)" --copy tip.json --salt iQ6f...`,
		Args: exactly(1, "the FILE with the proof"),
		RunE: func(cmd *cobra.Command, args []string) error {
			verifier, err := note.NewVerifier(key)
			if err != nil {
				return usageError{errors.New("give the broker's public key, as 'liaison ledger key' prints it: --key KEY")}
			}
			p, err := verifyProof(verifier, args[0], older)
			if err == nil && copied != "" {
				err = compareCopy(p, copied, salt)
			}
			var fault *os.PathError
			if errors.As(err, &fault) {
				return err
			}
			if err != nil {
				fmt.Fprintf(cmd.OutOrStdout(), "DOES NOT HOLD: %v\n", err)
				return errRefused
			}
			return printProven(cmd, p, copied != "")
		},
	}
	cmd.Flags().StringVar(&key, "key", "", "the broker's public `KEY`")
	cmd.Flags().StringVar(&older, "older", "", "the `FILE` of a proof that was kept, whose head must be extended")
	cmd.Flags().StringVar(&copied, "copy", "", "the `FILE` of the message or copy to compare")
	cmd.Flags().StringVar(&salt, "salt", "", "the `SALT` of your own message")
	return cmd
}

func verifyProof(key note.Verifier, file, older string) (p proof.Proven, err error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return p, err
	}
	var before []byte
	if older != "" {
		if before, err = os.ReadFile(older); err != nil {
			return p, err
		}
	}
	return proof.Verify(b, key, before)
}

// compareCopy holds a message, plain or as the outbox keeps it, against what a
// proof shows.
func compareCopy(p proof.Proven, file, salt string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var kept struct {
		Message json.RawMessage `json:"message"`
	}
	if err := json.Unmarshal(b, &kept); err == nil && kept.Message != nil {
		b = kept.Message
	}
	m, err := schemas.DecodeCopy(b)
	switch {
	case err != nil:
		return fmt.Errorf("reading the message: %w", err)
	case p.Sent != nil:
		return p.Sent.CheckSent(m, salt)
	case p.Received != nil:
		return p.Received.CheckReceived(m)
	}
	return errors.New("the proof shows nothing that a message could be compared with")
}

// printProven prints what a proof that holds has shown.
func printProven(cmd *cobra.Command, p proof.Proven, compared bool) error {
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "holds: %s signed a ledger of %d entries, %s\n", p.Head.Origin, p.Head.Size, p.Head.Root)
	if p.Older != nil {
		fmt.Fprintf(w, "it extends the ledger of %d entries, %s\n", p.Older.Size, p.Older.Root)
	}
	switch {
	case p.Received != nil:
		printReceived(w, p.Received, compared)
	case p.Sent != nil:
		return printSent(w, p.Sent, compared)
	case p.Entry != nil:
		e, err := ledger.Parse(p.Entry)
		if err != nil {
			return err
		}
		printEntry(cmd, e)
	}
	return nil
}

func printReceived(w io.Writer, r *proof.Received, compared bool) {
	fmt.Fprintf(w, "entry %d: %s/%s was disclosed to %s at %s\n", r.Entry, r.Originator, r.Message, r.Member, r.At.Format("2006-01-02T15:04:05Z"))
	for _, it := range r.Items {
		fmt.Fprintf(w, "    an item under %s (%s)\n", it.Gateway, it.Statute)
	}
	if compared {
		fmt.Fprintln(w, "the copy is of this message and has as many items")
	}
}

func printSent(w io.Writer, s *proof.Sent, compared bool) error {
	fmt.Fprintf(w, "entry %d: decided about %s/%s at %s\n", s.Entry, s.Originator, s.Message, s.At.Format("2006-01-02T15:04:05Z"))
	if compared {
		fmt.Fprintln(w, "the message is the one whose content the ledger commits to")
	}
	var outcomes []schemas.Outcome
	if len(s.Outcomes) > 0 {
		if err := json.Unmarshal(s.Outcomes, &outcomes); err != nil {
			return fmt.Errorf("reading the outcomes: %w", err)
		}
	}
	for _, o := range outcomes {
		printOutcome(w, o)
	}
	return nil
}
