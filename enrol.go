package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"liaison/broker"
	"liaison/broker/accounts"
	"liaison/schemas"
)

func newEnrol() *cobra.Command {
	var dir, out, role, encoding, tables string
	var w wish
	cmd := &cobra.Command{
		Use: "enrol MEMBER[/DESK]", Short: "Give a member's desk credentials",
		Long: `Make a desk for a member, if it has none of that name, and write credentials
for it. A desk is where a member reads: the filter says which of the member's
copies it wants. Without a desk, it is the member's main one.

Beside a running broker the command returns when the account is live. Without
one it changes the folder itself, under its lock.`,
		Example: `  liaison enrol gla --dir ./broker --out gla.creds
  liaison enrol ukhtc/labour-east --role read --crime labour-standards --area acpo-eastern --dir ./broker --out east.creds`,
		Args: exactly(1, "one MEMBER, or MEMBER/DESK"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if dir == "" || out == "" {
				return usageError{errors.New("give the broker's folder and the file to write: --dir DIR --out FILE")}
			}
			e, err := enrolment(args[0], role, encoding, &w)
			if err != nil {
				return err
			}
			return enrol(cmd, dir, out, tables, e)
		},
	}
	w.flags(cmd)
	cmd.Flags().StringVar(&dir, "dir", "", "the broker's `DIR`")
	cmd.Flags().StringVar(&out, "out", "", "the credentials `FILE` to write")
	cmd.Flags().StringVar(&role, "role", "both", "what the credentials are for: send, read or both")
	cmd.Flags().StringVar(&encoding, "encoding", "", "how the desk's copies are encoded: msgpack (default) or json")
	cmd.Flags().StringVar(&tables, "protocol", "", "the `DIR` of the protocol tables, where no broker runs (default: the embedded set)")
	return cmd
}

func enrolment(name, role, encoding string, w *wish) (accounts.Enrolment, error) {
	member, desk, _ := strings.Cut(name, "/")
	e := accounts.Enrolment{Member: schemas.MemberID(member), Desk: desk}
	if err := accounts.CheckNames(e.Member, cmp.Or(e.Desk, schemas.MainDesk)); err != nil {
		return e, usageError{err}
	}
	var err error
	if e.Role, err = accounts.ParseRole(role); err != nil {
		return e, usageError{err}
	}
	switch encoding {
	case "":
	case "json":
		e.Encoding = schemas.TypeJSON
	case "msgpack":
		e.Encoding = schemas.TypeMsgPack
	default:
		return e, usageError{fmt.Errorf("--encoding %s: it is json or msgpack", encoding)}
	}
	e.Filter, err = w.filter()
	return e, err
}

func enrol(cmd *cobra.Command, dir, out, tables string, e accounts.Enrolment) error {
	file, err := accounts.CreateCreds(out)
	if err != nil {
		return err
	}
	issued, err := broker.Enrol(cmd.Context(), dir, openTables(tables), e)
	if err != nil {
		return errors.Join(err, file.Discard())
	}
	if err := file.Write(issued.Creds); err != nil {
		return fmt.Errorf("the credentials were made and could not be written; run 'liaison revoke %s' and try again: %w", issued.Desk, err)
	}
	what := "further credentials for"
	if issued.New {
		what = "enrolled"
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s %s (%s), in %s\n", what, issued.Desk, e.Role, out)
	return err
}

func newRevoke() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use: "revoke MEMBER[/DESK]", Short: "Withdraw all credentials of a member's desk",
		Long: `Withdraw all credentials of a desk. Its live connections are cut within a
second, and nothing more is disclosed to it. What the desk already has stays;
enrol it again to give it new credentials.`,
		Example: "  liaison revoke gla --dir ./broker",
		Args:    exactly(1, "one MEMBER, or MEMBER/DESK"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := needDir(dir); err != nil {
				return err
			}
			member, desk, ok := strings.Cut(args[0], "/")
			if !ok {
				desk = schemas.MainDesk
			}
			d, err := broker.Revoke(cmd.Context(), dir, schemas.MemberID(member), desk)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "revoked %s\n", d)
			return err
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "the broker's `DIR`")
	return cmd
}
