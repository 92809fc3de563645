package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// usageError is a mistake on the command line.
type usageError struct{ error }

// flagError puts into words what is wrong with a flag's value.
func flagError(_ *cobra.Command, err error) error {
	var number *strconv.NumError
	if !errors.As(err, &number) {
		return usageError{err}
	}
	give := map[string]string{"ParseInt": "a whole number", "Atoi": "a whole number", "ParseUint": "a whole number that is not below 0",
		"ParseFloat": "a number", "ParseBool": "true or false"}[number.Func]
	if errors.Is(number, strconv.ErrRange) {
		give = "a smaller number"
	}
	what, _, _ := strings.Cut(err.Error(), ": strconv.")
	return usageError{fmt.Errorf("%s: give %s", what, give)}
}

// ofPath is what a command's line of use, or a flag, calls what is the name of a file
// or a folder.
var ofPath = regexp.MustCompile(`\b(FILE|DIR|TABLES)\b`)

// checkText refuses arguments and flags' values that are no text: what a member
// writes is read by others, and must reach them as it was meant. The name of a file
// may be whatever the system lets it be.
func checkText(cmd *cobra.Command, args []string) error {
	var texts []string
	if !ofPath.MatchString(cmd.Use) {
		texts = args
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if name, _ := pflag.UnquoteUsage(f); !ofPath.MatchString(name) {
			texts = append(texts, f.Value.String())
		}
	})
	for _, a := range texts {
		if !utf8.ValidString(a) {
			return usageError{fmt.Errorf("the argument %+q is no UTF-8 text: have your terminal write UTF-8, or send the message as a file ('liaison send')", a)}
		}
	}
	return nil
}
