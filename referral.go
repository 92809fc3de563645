package main

import (
	"errors"

	"github.com/spf13/cobra"

	"liaison/schemas"
)

func newRefer() *cobra.Command {
	var e envelope
	var i item
	var to, support, earlier []string
	var form, consent, sex, victim, born string
	cmd := &cobra.Command{
		Use: "refer TEXT", Short: "Refer a possible victim to a competent authority",
		Long: `Refer a possible victim (National Referral Mechanism). An adult must have signed;
for a child no consent is needed, and if the age is in doubt the child's form is
the right one: it goes to children's services of the area and to CEOP in every
case. The competent authority's clock starts. What the person needs (--support)
is routed to the provider that takes such a person in, once the adult's consent is
on record; 'liaison support find' shows which that is.`,
		Example: `  liaison refer "Found in an invented house." --form adult --consent signed --to ukhtc --indicator GEN01 --crime trafficking-forced-labour --area lincolnshire --grade B2 --handling 1,2 --victim "Invented Person" --born 1985 --sex female --support safe-accommodation --creds lincolnshire.creds`,
		Args:    exactly(1, "what was found, as one argument"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("purpose") {
				e.purpose = "protect-victim"
			}
			m := e.message(schemas.KindReferral)
			m.Referral = &schemas.Referral{Form: schemas.ReferralForm(form), Consent: schemas.ReferralConsent(consent), Sex: schemas.Sex(sex),
				To: words[schemas.MemberID](to), Support: words[schemas.Code](support)}
			for _, arg := range earlier {
				ref, err := refOf(arg)
				if err != nil {
					return err
				}
				m.Referral.Earlier = append(m.Referral.Earlier, ref)
			}
			var err error
			if i.victim, err = victimOf(victim, born); err != nil {
				return err
			}
			return e.takeWith(cmd, m, &i, args)
		},
	}
	e.flags(cmd)
	i.flags(cmd)
	cmd.Flags().StringVar(&victim, "victim", "", "the `NAME` of the person who is referred: a provider of support gets nobody else's")
	cmd.Flags().StringVar(&born, "born", "", "the victim's date of birth as far as it is known, as 1991-08-20, 1991-08 or 1991")
	cmd.Flags().StringVar(&form, "form", "", "adult or child")
	cmd.Flags().StringVar(&consent, "consent", "", "'signed' for an adult")
	cmd.Flags().StringVar(&sex, "sex", "", "female or male: it decides which provider of support may have the referral")
	cmd.Flags().StringSliceVar(&to, "to", nil, "the competent authority, and each support provider: a `MEMBER`; may be repeated")
	cmd.Flags().StringSliceVar(&support, "support", nil, "what the person needs, a `CODE`; may be repeated")
	cmd.Flags().StringSliceVar(&earlier, "earlier", nil, "an earlier referral of the same person, as `ORIGINATOR/ID`; may be repeated")
	return cmd
}

// victimOf is the person who is referred, if the command names one.
func victimOf(name, born string) (*schemas.Subject, error) {
	if name == "" {
		if born != "" {
			return nil, usageError{errors.New("--born is the victim's: give --victim")}
		}
		return nil, nil
	}
	s := &schemas.Subject{Kind: schemas.PersonSubject, Name: name, Position: "victim"}
	var err error
	s.Born, err = dateFlag("born", born)
	return s, err
}

func newDecide() *cobra.Command {
	var e envelope
	var to []string
	var stage, result, until string
	cmd := &cobra.Command{
		Use: "decide ORIGINATOR/ID", Short: "Record a competent authority's decision about a referral",
		Example: "  liaison decide lincolnshire/6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 --stage reasonable-grounds --result positive --to lincolnshire,poppy --creds ukhtc.creds",
		Args:    exactly(1, "the referral, as ORIGINATOR/ID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			of, err := refOf(args[0])
			if err != nil {
				return err
			}
			if !cmd.Flags().Changed("purpose") {
				e.purpose = "protect-victim"
			}
			m := e.message(schemas.KindDecision)
			m.Decision = &schemas.Finding{Of: of, Stage: schemas.Stage(stage), Result: schemas.FindingResult(result), To: words[schemas.MemberID](to)}
			if m.Decision.ReflectionUntil, err = dateFlag("reflection-until", until); err != nil {
				return err
			}
			return e.take(cmd, m)
		},
	}
	e.flags(cmd)
	cmd.Flags().StringVar(&stage, "stage", "", "reasonable-grounds or conclusive-grounds")
	cmd.Flags().StringVar(&result, "result", "", "positive, negative or reopened")
	cmd.Flags().StringSliceVar(&to, "to", nil, "a `MEMBER` to notify, the first responder in all cases; may be repeated")
	cmd.Flags().StringVar(&until, "reflection-until", "", "the last `DAY` of the reflection period, if it is longer than the protocol's")
	return cmd
}

func newNotify() *cobra.Command {
	var e envelope
	var i item
	var to, see []string
	var about, of string
	cmd := &cobra.Command{
		Use: "notify ABOUT [TEXT]", Short: "Send a notice: removal-hold, victim-status, missing-child, ...",
		Long: `Send a notice. One about a missing or found child goes to the police of the area,
to its children's services (with handling code 2), to CEOP and to the UKHTC, whomever it names,
and to the UK Border Agency where there is an immigration matter.`,
		Example: `  liaison notify removal-hold --of lincolnshire/6f1d0c9e-3f0e-8b0a-9d7e-0a4a7f3f2b11 --to ukba --creds ukhtc.creds
  liaison notify missing-child "An invented girl of 15." --to ceop --crime missing-child --area kent --handling 1,2 --grade B2 --creds kent.creds`,
		Args: between(1, 2, "what the notice is about, and for a missing or found child a text"),
		RunE: func(cmd *cobra.Command, args []string) error {
			about = args[0]
			child := about == string(schemas.NoticeMissingChild) || about == string(schemas.NoticeFoundChild)
			if child && !cmd.Flags().Changed("purpose") {
				e.purpose = "safeguard-child"
			}
			m := e.message(schemas.KindNotice)
			m.Notice = &schemas.Notice{About: schemas.NoticeAbout(about), To: words[schemas.MemberID](to)}
			if of == "" && !child {
				return usageError{errors.New("say which message it is about: --of ORIGINATOR/ID; only a notice of a missing or found child needs none")}
			}
			if of != "" {
				var err error
				if m.Notice.Of, err = refOf(of); err != nil {
					return err
				}
			}
			for _, arg := range see {
				ref, err := refOf(arg)
				if err != nil {
					return err
				}
				m.Links = append(m.Links, schemas.Link{Originator: ref.Originator, ID: ref.ID, Relation: schemas.SeeAlso})
			}
			return e.takeWith(cmd, m, &i, args[1:])
		},
	}
	e.flags(cmd)
	i.flags(cmd)
	cmd.Flags().StringSliceVar(&see, "see", nil, "an open tip or an earlier matter of that child, as `ORIGINATOR/ID`: only those learn of it who have it; may be repeated")
	cmd.Flags().StringVar(&of, "of", "", "the message that it is about, as `ORIGINATOR/ID`")
	cmd.Flags().StringSliceVar(&to, "to", nil, "a `MEMBER` to tell; may be repeated")
	return cmd
}
