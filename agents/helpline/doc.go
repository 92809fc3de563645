// Package helpline reads the calls of the Pay and Work Rights Helpline, which
// the hub's agent submits: JSON in UTF-8, one call an object, either one object
// a line or all in one array.
//
// No export of the real system was found; the layout is a stand-in:
//
//	{"call_ref": "PWR/09/000123", "taken_at": "21/09/2009 10:15", "nation": "England",
//	 "caller_type": "worker", "caller_named": true, "pass_on": true, "sector": "Food processing",
//	 "employer":  {"name": "Example Packers plc", "address": "...", "postcode": "..."},
//	 "agency":    {"name": "Example Labour Ltd"},
//	 "workplace": {"name": "Invented Farm", "address": "Boston, Lincs"},
//	 "worker_count": 12, "urgency": "priority",
//	 "issues": [{"line": 1, "issue": "NMW", "detail": "...", "since": "06/2009", "pay": "£4.10", "hours": 60, "indicators": ["LAB03"]},
//	            {"line": 2, "issue": "Gangmaster licence", "detail": "..."}]}
//
// One call becomes one case, of which each issue line is an item and gives a
// strand. Where the domain is silent, this is what was decided:
//
//   - The table issues.csv leads from an issue to its crime type and to the body
//     that enforces it. That body leads the strand, which documents who is meant
//     to act and opens nothing. Bodies that are not members (Defra, local
//     authorities) cannot lead: the hub holds their strands until somebody takes
//     them. The hub leads the case as a whole.
//   - Callers from Northern Ireland are served for the minimum wage and for
//     gangmasters alone. A call of theirs with another issue is rejected, for a
//     line that is left out silently is a record altered. A concern about
//     trafficking is no service and is heard from everywhere.
//   - Who calls is a source. A call that holds a name, a number or an address of
//     the caller is rejected, so that somebody takes them out of the export.
//   - The export is the hub's own, so that the hub's rule for ungraded
//     information is applied here, by the table callers.csv, and the text says
//     so: a worker who gave a name is E2, who gave none E4, others E4. What
//     another agency told is that agency's: it needs origin, and stays ungraded.
//   - pass_on says whether the caller agrees that the account be passed on: true
//     is handling code 1, false code 4 (nobody else gets it), and if nobody
//     asked there is no code, so that nobody has permitted it yet.
//   - A caller's complaint stays a complaint, also through a relative or an
//     adviser; a stranger's account is public.
//   - The workplace is where it happened, the employer and the agency are where
//     the business is. Where no table knows any of these places the nation is
//     the area, and "N/K" as nation the whole country. A call without a nation
//     is rejected.
//   - The marking is protect, a routine complaint with personal data, unless the
//     call has one. The purpose is the prevention and detection of crime: the
//     hub is led by the police and has no other power over what it passes on.
//   - taken_by, language, consent texts and everything that is not known here
//     are listed as dropped.
//
// A call that is no JSON, has a key twice or lies too deep is rejected by itself.
// In an array, a string that is not closed ends with its line; if the end of a
// call cannot be found, nothing behind it is read.
package helpline
