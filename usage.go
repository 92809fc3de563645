package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
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

// checkText refuses arguments that are no text: what a member writes is read by
// others, and must reach them as it was meant.
func checkText(args []string) error {
	for _, a := range args {
		if !utf8.ValidString(a) {
			return usageError{fmt.Errorf("the argument %+q is no UTF-8 text: have your terminal write UTF-8, or send the message as a file ('liaison send')", a)}
		}
	}
	return nil
}
