package main

import (
	"github.com/spf13/cobra"

	"liaison/schemas"
)

func newRequest() *cobra.Command {
	var e envelope
	var i item
	var to []string
	var gateway, by string
	cmd := &cobra.Command{
		Use: "request TEXT", Short: "Ask other members for information",
		Long: `Ask the members that you name, and no others. Your question is an item like any
other: it is graded, and each member gets it only under a legal gateway. A clock
runs for each of them, by the urgency.

It prints the request's name, by which it is answered ('liaison answer') and
looked up ('liaison case show').`,
		Example: `  liaison request "Is an invented gangmaster known?" --to hmrc-nmw --crime nmw-underpayment --area lincolnshire --sector agriculture --grade B4 --creds gla.creds`,
		Args:    exactly(1, "the question, as one argument"),
		RunE: func(cmd *cobra.Command, args []string) error {
			m := e.message(schemas.KindRequest)
			m.Request = &schemas.Request{To: words[schemas.MemberID](to), Gateway: schemas.Code(gateway)}
			var err error
			if m.Request.NeededBy, err = dateFlag("needed-by", by); err != nil {
				return err
			}
			if err := i.add(m, args[0]); err != nil {
				return err
			}
			return e.take(cmd, m)
		},
	}
	e.flags(cmd)
	i.flags(cmd)
	cmd.Flags().StringSliceVar(&to, "to", nil, "a `MEMBER` to ask; may be repeated")
	cmd.Flags().StringVar(&gateway, "gateway", "", "the `GATEWAY` under which you think it may be answered")
	cmd.Flags().StringVar(&by, "needed-by", "", "the `DAY` after which an answer is of no use, as 2010-08-14")
	return cmd
}

func newAnswer() *cobra.Command {
	var e envelope
	var i item
	var status string
	cmd := &cobra.Command{
		Use: "answer ORIGINATOR/ID [TEXT]", Short: "Answer another member's request",
		Long: `Answer a request that is in your feed. 'acknowledged' says that somebody has it in
hand, and takes no text. 'full', 'partial', 'no-trace' and 'refused' do: what you
answer is your member's information, and needs a legal gateway of its own. To
refuse is a valid answer; the text is the reason.`,
		Example: `  liaison answer gla/6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 --status acknowledged --creds hmrc.creds
  liaison answer gla/6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 "Nothing is held." --status no-trace --crime nmw-underpayment --area lincolnshire --sector agriculture --grade A1 --creds hmrc.creds`,
		Args: between(1, 2, "the request, as ORIGINATOR/ID, and the text"),
		RunE: func(cmd *cobra.Command, args []string) error {
			of, err := refOf(args[0])
			if err != nil {
				return err
			}
			m := e.message(schemas.KindAnswer)
			m.Answer = &schemas.Reply{Of: of, Status: schemas.AnswerStatus(status)}
			return e.takeWith(cmd, m, &i, args[1:])
		},
	}
	e.flags(cmd)
	i.flags(cmd)
	cmd.Flags().StringVar(&status, "status", "", "acknowledged, full, partial, no-trace or refused")
	return cmd
}
