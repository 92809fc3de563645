package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"liaison/broker"
)

func newProtocolLoad() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use: "load TABLES", Short: "Bring a set of tables into force at the running broker",
		Long: `Read a folder of tables, check it, record it in the ledger with its hash and
bring it into force: as a whole or not at all. When the command returns nothing
is decided under the old set any more. The set outlives a restart, unless 'serve'
is given another with --protocol.

What would change? Ask before: 'liaison protocol diff'.`,
		Example: "  liaison protocol load ./protocol --dir ./broker",
		Args:    exactly(1, "the folder of the TABLES"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := needDir(dir); err != nil {
				return err
			}
			tables, err := filepath.Abs(args[0])
			if err != nil {
				return err
			}
			remote, ok := broker.Reach(dir)
			if !ok {
				return fmt.Errorf("no broker runs on %s; start one with 'liaison serve --dir %s --protocol %s'", dir, dir, args[0])
			}
			s, err := remote.Load(cmd.Context(), tables)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "in force: %s\n", s.Policy)
			return err
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "", "the broker's `DIR`")
	return cmd
}
