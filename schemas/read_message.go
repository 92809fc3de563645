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
			readText(r, &m.Kind)
		case "originator":
			readText(r, &m.Originator)
		case "reference":
			m.Reference = r.text()
		case "created":
			r.textual(&m.Created)
		case "marking":
			readText(r, &m.Marking)
		case "urgency":
			readText(r, &m.Urgency)
		case "purpose":
			readText(r, &m.Purpose)
		case "jurisdictions":
			m.Jurisdictions = readList(r, MaxJurisdictions, readJurisdiction)
		case "crime_types":
			m.CrimeTypes = readList(r, MaxCrimeTypes, readText[Code])
		case "sectors":
			m.Sectors = readList(r, MaxSectors, readText[Code])
		case "items":
			m.Items = readList(r, MaxItems, readItem)
		case "subjects":
			m.Subjects = readList(r, MaxSubjects, readSubject)
		case "links":
			m.Links = readList(r, MaxLinks, readLink)
		case "review":
			r.textual(&m.Review)
		case "tip":
			m.Tip = new(Tip)
			readTip(r, m.Tip)
		case "case":
			m.Case = new(Case)
			readCase(r, m.Case)
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
			readText(r, &it.Source)
		case "information":
			readInteger(r, &it.Information)
		case "handling":
			it.Handling = readList(r, MaxHandling, readInteger[int])
		case "conditions":
			it.Conditions = r.text()
		case "origin":
			readText(r, &it.Origin)
		case "obtained_by":
			readText(r, &it.ObtainedBy)
		case "consents":
			it.Consents = readList(r, MaxConsents, readText[Code])
		case "indicators":
			it.Indicators = readList(r, MaxIndicators, readText[Code])
		case "crime_types":
			it.CrimeTypes = readList(r, MaxCrimeTypes, readText[Code])
		case "jurisdictions":
			it.Jurisdictions = readList(r, MaxJurisdictions, readJurisdiction)
		case "links":
			it.Links = readList(r, MaxLinks, readLink)
		case "subjects":
			it.Subjects = readList(r, MaxSubjects, readInteger[int])
		case "gateways":
			it.Gateways = readList(r, MaxGateways, readText[Code])
		default:
			r.unknown()
		}
	}
}

func readSubject(r *reader, s *Subject) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "kind":
			readText(r, &s.Kind)
		case "name":
			s.Name = r.text()
		case "aliases":
			s.Aliases = readList(r, MaxAliases, readText[string])
		case "born":
			r.textual(&s.Born)
		case "nationality":
			s.Nationality = r.text()
		case "position":
			s.Position = r.text()
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
			readText(r, &j.Code)
		case "role":
			readText(r, &j.Role)
		default:
			r.unknown()
		}
	}
}

func readLink(r *reader, l *Link) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "originator":
			readText(r, &l.Originator)
		case "id":
			readText(r, &l.ID)
		case "relation":
			readText(r, &l.Relation)
		default:
			r.unknown()
		}
	}
}

func readTip(r *reader, t *Tip) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "channel":
			readText(r, &t.Channel)
		case "received":
			r.textual(&t.Received)
		default:
			r.unknown()
		}
	}
}

func readCase(r *reader, c *Case) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "status":
			readText(r, &c.Status)
		case "lead":
			readText(r, &c.Lead)
		case "opened":
			r.textual(&c.Opened)
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
			readText(r, &s.CrimeType)
		case "lead":
			readText(r, &s.Lead)
		default:
			r.unknown()
		}
	}
}
