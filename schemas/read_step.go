package schemas

// The readers of the bodies of steps.

func readRequest(r *reader, q *Request) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "to":
			q.To = readList(r, MaxRecipients, readWord[MemberID])
		case "gateway":
			readWord(r, &q.Gateway)
		case "needed_by":
			readDate(r, &q.NeededBy)
		default:
			r.unknown()
		}
	}
}

func readReply(r *reader, a *Reply) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "of":
			readRef(r, &a.Of)
		case "status":
			readWord(r, &a.Status)
		default:
			r.unknown()
		}
	}
}

func readTasking(r *reader, t *Tasking) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "of":
			readRef(r, &t.Of)
		case "action":
			readWord(r, &t.Action)
		case "to":
			readWord(r, &t.To)
		case "strand":
			readWord(r, &t.Strand)
		case "reason":
			readWord(r, &t.Reason)
		default:
			r.unknown()
		}
	}
}

func readFeedback(r *reader, f *Feedback) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "of":
			readRef(r, &f.Of)
		case "to":
			f.To = readList(r, MaxRecipients, readWord[MemberID])
		case "strand":
			readWord(r, &f.Strand)
		case "results":
			f.Results = readList(r, MaxCrimeTypes, readWord[Code])
		case "charged_as":
			f.ChargedAs = readList(r, MaxCrimeTypes, readWord[Code])
		case "assessed_as":
			f.AssessedAs = readList(r, MaxCrimeTypes, readWord[Code])
		case "status":
			readWord(r, &f.Status)
		default:
			r.unknown()
		}
	}
}

func readReferral(r *reader, f *Referral) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "form":
			readWord(r, &f.Form)
		case "consent":
			readWord(r, &f.Consent)
		case "sex":
			readWord(r, &f.Sex)
		case "to":
			f.To = readList(r, MaxRecipients, readWord[MemberID])
		case "support":
			f.Support = readList(r, MaxIndicators, readWord[Code])
		case "earlier":
			f.Earlier = readList(r, MaxLinks, readRef)
		default:
			r.unknown()
		}
	}
}

func readFinding(r *reader, f *Finding) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "of":
			readRef(r, &f.Of)
		case "stage":
			readWord(r, &f.Stage)
		case "result":
			readWord(r, &f.Result)
		case "to":
			f.To = readList(r, MaxRecipients, readWord[MemberID])
		case "reflection_until":
			readDate(r, &f.ReflectionUntil)
		default:
			r.unknown()
		}
	}
}

func readNotice(r *reader, n *Notice) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "about":
			readWord(r, &n.About)
		case "of":
			readRef(r, &n.Of)
		case "to":
			n.To = readList(r, MaxRecipients, readWord[MemberID])
		case "clock":
			readWord(r, &n.Clock)
		case "due":
			readTime(r, &n.Due)
		case "step":
			readWord(r, &n.Step)
		case "strand":
			readWord(r, &n.Strand)
		case "reason":
			readWord(r, &n.Reason)
		default:
			r.unknown()
		}
	}
}

func readRecall(r *reader, c *Recall) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "of":
			readRef(r, &c.Of)
		case "reason":
			readWord(r, &c.Reason)
		default:
			r.unknown()
		}
	}
}

func readConfirmation(r *reader, c *Confirmation) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "of":
			readRef(r, &c.Of)
		case "answer":
			readWord(r, &c.Answer)
		case "reason":
			readWord(r, &c.Reason)
		default:
			r.unknown()
		}
	}
}

func readCorrection(r *reader, c *Correction) {
	for r.open(); r.field(); {
		switch string(r.current) {
		case "of":
			readRef(r, &c.Of)
		default:
			r.unknown()
		}
	}
}
