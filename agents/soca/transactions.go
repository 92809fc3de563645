package soca

import (
	"fmt"
	"strings"

	"liaison/agents/native"
	"liaison/agents/native/markup"
	"liaison/schemas"
)

// maxTransactions and maxListed bound what fits into a message beside the longest
// reason.
const (
	maxTransactions = 200
	maxListed       = 24 << 10
)

var transactionFields = markup.Fields{
	"date": "", "type": "", "amount": "", "currency": "", "direction": "", "counterparty": "", "account": inELMER, "sort_code": inELMER, "reference": inELMER,
}

// transactions make items of their own, which mention the main subject: they
// are facts of the account, and the reason is somebody's judgement.
func (s *sar) transactions() {
	n := s.from.Kid("transactions")
	if n == nil {
		return
	}
	markup.Account(&s.record, n, "transactions/", markup.Fields{"transaction": markup.Parts}, "transaction")
	all := n.All("transaction")
	if len(all) > maxTransactions {
		s.fault(n, "transaction", fmt.Sprintf("the SAR has %d transactions, and a message takes %d", len(all), maxTransactions), "split it, or sum them up in the reason")
		return
	}
	var text strings.Builder
	total := 0
	for _, t := range all {
		line := s.transaction(t)
		if total += len(line); total > maxListed {
			s.fault(t, "transaction", "the transactions have more text than a message takes beside its reason", "split the SAR, or sum them up in the reason")
			return
		}
		if text.Len()+len(line) > schemas.MaxText-20 {
			s.listed(text.String())
			text.Reset()
		}
		text.WriteString("\n" + line)
	}
	if text.Len() > 0 {
		s.listed(text.String())
	}
}

func (s *sar) listed(lines string) {
	it := s.base
	it.Text = "Transactions:" + lines
	if len(s.message.Subjects) > 0 {
		it.Subjects = []int{0}
	}
	s.message.Items = append(s.message.Items, it)
}

// transaction writes one on one line, as far as it is known.
func (s *sar) transaction(t *native.Element) string {
	markup.Account(&s.record, t, "transactions/transaction/", transactionFields)
	date, p := native.Date(t.Value("date"))
	s.check(t, "date", p)
	var parts []string
	for _, v := range []string{date.String(), known(t.Value("type")), known(t.Value("direction")), strings.TrimSpace(known(t.Value("amount")) + " " + known(t.Value("currency")))} {
		if v != "" {
			parts = append(parts, v)
		}
	}
	if other := known(t.Value("counterparty")); other != "" {
		parts = append(parts, "with "+other)
	}
	if len(parts) == 0 {
		s.fault(t, "transaction", "the transaction says nothing", "leave it out")
	}
	line := strings.Join(parts, ", ")
	if len(line) > 400 {
		s.fault(t, "transaction", "the transaction has more than 400 bytes", "shorten it")
	}
	return line
}
