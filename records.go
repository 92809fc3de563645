package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"liaison/agents"
	"liaison/schemas"
)

// eachRecord calls fn with every encoded message of the files, "-" being
// standard input. It says at once which files cannot be read, and goes on; an
// error ends it.
func eachRecord(cmd *cobra.Command, files []string, fn func(agents.Encoded) error) (unread int, err error) {
	for r, err := range agents.Files(cmd.Context(), files, cmd.InOrStdin()) {
		switch {
		case cmd.Context().Err() != nil:
			return unread, fmt.Errorf("%s is not read to its end: %w", r.Where, context.Cause(cmd.Context()))
		case err != nil:
			unread++
			fmt.Fprintf(cmd.ErrOrStderr(), "liaison: %v\n", err)
			continue
		}
		if err := fn(r); err != nil {
			return unread, err
		}
	}
	return unread, nil
}

// eachMessage calls fn with every good message of the files, says what is wrong
// with the others, and returns how the command ends.
func eachMessage(cmd *cobra.Command, files []string, fn func(*schemas.Message) error) error {
	refused := 0
	unread, err := eachRecord(cmd, files, func(r agents.Encoded) error {
		m, refusal := schemas.Read(r.Raw, time.Now())
		if refusal != nil {
			refused++
			printFaults(cmd.ErrOrStderr(), r.Where, refusal)
			return nil
		}
		return fn(m)
	})
	if err != nil {
		return err
	}
	return verdict(unread, len(files), refused)
}

// verdict is how a command ends that has gone through all its files.
func verdict(unread, files, refused int) error {
	switch {
	case unread > 0:
		return fmt.Errorf("%d of %d files could not be read", unread, files)
	case refused > 0:
		return errRefused
	}
	return nil
}
