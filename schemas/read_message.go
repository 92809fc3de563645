package schemas

// The readers of the contract's types. A test holds the names against the
// struct tags, which EncodeJSON uses, and against what EncodeMsgPack writes.

func (m *Message) read(r *reader) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "schema":
			m.Schema = r.integer()
		case "id":
			readText(r, &m.ID)
		case "kind":
			readWord(r, &m.Kind)
		case "originator":
			readWord(r, &m.Originator)
		case "reference":
			m.Reference = r.text()
		case "created":
			readTime(r, &m.Created)
		case "marking":
			readWord(r, &m.Marking)
		case "urgency":
			readWord(r, &m.Urgency)
		case "purpose":
			readWord(r, &m.Purpose)
		case "jurisdictions":
			m.Jurisdictions = readList(r, MaxJurisdictions, readJurisdiction)
		case "crime_types":
			m.CrimeTypes = readList(r, MaxCrimeTypes, readWord[Code])
		case "sectors":
			m.Sectors = readList(r, MaxSectors, readWord[Code])
		case "items":
			m.Items = readList(r, MaxItems, readItem)
		case "subjects":
			m.Subjects = readList(r, MaxSubjects, readSubject)
		case "links":
			m.Links = readList(r, MaxLinks, readLink)
		case "review":
			readDate(r, &m.Review)
		case "withheld_items":
			readInteger(r, &m.WithheldItems)
		case "tip":
			m.Tip = new(Tip)
			readTip(r, m.Tip)
		case "case":
			m.Case = new(Case)
			readCase(r, m.Case)
		case "consent":
			m.Consent = new(Consent)
			readConsent(r, m.Consent)
		case "request":
			m.Request = new(Request)
			readRequest(r, m.Request)
		case "answer":
			m.Answer = new(Reply)
			readReply(r, m.Answer)
		case "tasking":
			m.Tasking = new(Tasking)
			readTasking(r, m.Tasking)
		case "outcome":
			m.Outcome = new(Feedback)
			readFeedback(r, m.Outcome)
		case "referral":
			m.Referral = new(Referral)
			readReferral(r, m.Referral)
		case "decision":
			m.Decision = new(Finding)
			readFinding(r, m.Decision)
		case "notice":
			m.Notice = new(Notice)
			readNotice(r, m.Notice)
		case "recall":
			m.Recall = new(Recall)
			readRecall(r, m.Recall)
		case "recall-confirmation":
			m.RecallConfirmation = new(Confirmation)
			readConfirmation(r, m.RecallConfirmation)
		case "correction":
			m.Correction = new(Correction)
			readCorrection(r, m.Correction)
		default:
			r.unknown()
		}
	}
}

func readItem(r *reader, it *Item) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "text":
			it.Text = r.text()
		case "source":
			readWord(r, &it.Source)
		case "information":
			readInteger(r, &it.Information)
		case "handling":
			it.Handling = readList(r, MaxHandling, readInteger[int])
		case "conditions":
			it.Conditions = r.text()
		case "origin":
			readWord(r, &it.Origin)
		case "obtained_by":
			readWord(r, &it.ObtainedBy)
		case "consents":
			it.Consents = readList(r, MaxConsents, readWord[Code])
		case "indicators":
			it.Indicators = readList(r, MaxIndicators, readWord[Code])
		case "crime_types":
			it.CrimeTypes = readList(r, MaxCrimeTypes, readWord[Code])
		case "jurisdictions":
			it.Jurisdictions = readList(r, MaxJurisdictions, readJurisdiction)
		case "links":
			it.Links = readList(r, MaxLinks, readLink)
		case "subjects":
			it.Subjects = readList(r, MaxSubjects, readInteger[int])
		case "gateways":
			it.Gateways = readList(r, MaxGateways, readWord[Code])
		case "graded_by_hub":
			readWord(r, &it.GradedByHub)
		default:
			r.unknown()
		}
	}
}

func readSubject(r *reader, s *Subject) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "kind":
			readWord(r, &s.Kind)
		case "name":
			s.Name = r.text()
		case "aliases":
			s.Aliases = readList(r, MaxAliases, readText[string])
		case "born":
			readDate(r, &s.Born)
		case "nationality":
			s.Nationality = r.text()
		case "position":
			s.Position = r.word()
		case "address":
			s.Address = r.text()
		case "postcode":
			s.Postcode = r.text()
		case "registration":
			s.Registration = r.text()
		case "number":
			s.Number = r.text()
		default:
			r.unknown()
		}
	}
}

func readJurisdiction(r *reader, j *Jurisdiction) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "code":
			readWord(r, &j.Code)
		case "role":
			readWord(r, &j.Role)
		default:
			r.unknown()
		}
	}
}

func readLink(r *reader, l *Link) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "originator":
			readWord(r, &l.Originator)
		case "id":
			readText(r, &l.ID)
		case "relation":
			readWord(r, &l.Relation)
		default:
			r.unknown()
		}
	}
}

func readConsent(r *reader, c *Consent) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "of":
			readRef(r, &c.Of)
		case "items":
			c.Items = readList(r, MaxItems, readInteger[int])
		case "authority":
			readWord(r, &c.Authority)
		case "answer":
			readWord(r, &c.Answer)
		case "to":
			c.To = readList(r, MaxRecipients, readWord[MemberID])
		case "until":
			readDate(r, &c.Until)
		case "reason":
			c.Reason = r.text()
		default:
			r.unknown()
		}
	}
}

func readRef(r *reader, ref *MessageRef) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "originator":
			readWord(r, &ref.Originator)
		case "id":
			readText(r, &ref.ID)
		default:
			r.unknown()
		}
	}
}

func readTip(r *reader, t *Tip) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "channel":
			readWord(r, &t.Channel)
		case "received":
			readDate(r, &t.Received)
		default:
			r.unknown()
		}
	}
}

func readCase(r *reader, c *Case) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "status":
			readWord(r, &c.Status)
		case "reason":
			readWord(r, &c.Reason)
		case "lead":
			readWord(r, &c.Lead)
		case "opened":
			readDate(r, &c.Opened)
		case "operation":
			c.Operation = r.text()
		case "strands":
			c.Strands = readList(r, MaxStrands, readStrand)
		default:
			r.unknown()
		}
	}
}

func readStrand(r *reader, s *Strand) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "crime_type":
			readWord(r, &s.CrimeType)
		case "lead":
			readWord(r, &s.Lead)
		case "gateway":
			readWord(r, &s.Gateway)
		case "review":
			readDate(r, &s.Review)
		default:
			r.unknown()
		}
	}
}
