package main

import "github.com/spf13/cobra"

func newAgent() *cobra.Command { return &cobra.Command{Use: "agent"} }
