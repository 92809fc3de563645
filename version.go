package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"liaison/schemas"
)

// versionInfo is what the program knows about itself.
type versionInfo struct {
	Version    string `json:"version"`
	Commit     string `json:"commit,omitempty"`
	Go         string `json:"go"`
	NATSServer string `json:"nats_server,omitempty"`
	Schema     int    `json:"schema"`
}

func newVersion() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "version", Short: "Print the versions of the program and of what it is built on",
		Example: "  liaison version --json",
		Args:    exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := readVersion()
			if asJSON {
				return printJSON(cmd.OutOrStdout(), v)
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "liaison %s %s\nschema %d, nats-server %s, %s\n", v.Version, v.Commit, v.Schema, v.NATSServer, v.Go)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func readVersion() versionInfo {
	v := versionInfo{Version: "unknown", Schema: schemas.Schema}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	v.Version, v.Go = info.Main.Version, info.GoVersion
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Commit = s.Value
		}
	}
	for _, d := range info.Deps {
		if d.Path == "github.com/nats-io/nats-server/v2" {
			v.NATSServer = d.Version
		}
	}
	return v
}
