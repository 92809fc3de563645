package broker

import (
	"sync/atomic"

	"liaison/broker/accounts"
	"liaison/broker/intake"
	"liaison/broker/router"
	"liaison/schemas"
)

// directory tells intake, router and the information desk who is enrolled. It
// is replaced as a whole when that changes, so that readers never wait.
type directory struct {
	// own is the broker's own member. It has no desk and no account.
	own     func() (schemas.MemberID, bool)
	current atomic.Pointer[enrolled]
}

type enrolled struct {
	byAccount map[string]accounts.Desk
	byMember  map[schemas.MemberID][]router.Desk
}

// set replaces what the directory knows. Desks come sorted from the registry.
func (d *directory) set(desks []accounts.Desk) {
	e := &enrolled{byAccount: map[string]accounts.Desk{}, byMember: map[schemas.MemberID][]router.Desk{}}
	for _, desk := range desks {
		if !desk.Live() {
			continue // nothing is taken from a revoked desk, or disclosed to it
		}
		e.byAccount[desk.Account] = desk
		e.byMember[desk.Member] = append(e.byMember[desk.Member], router.Desk{
			Member: desk.Member, Name: desk.Name, Account: desk.Account, Filter: desk.Filter, Encoding: desk.Encoding})
	}
	d.current.Store(e)
}

// MemberOf returns the member behind an account.
func (d *directory) MemberOf(account string) (schemas.MemberID, bool) {
	if account == intake.BrokerAccount {
		return d.own()
	}
	desk, ok := d.current.Load().byAccount[account]
	return desk.Member, ok
}

// DeskOf returns the member and the desk behind an account.
func (d *directory) DeskOf(account string) (schemas.MemberID, string, bool) {
	desk, ok := d.current.Load().byAccount[account]
	return desk.Member, desk.Name, ok
}

// DesksOf returns the desks of a member.
func (d *directory) DesksOf(member schemas.MemberID) []router.Desk {
	return d.current.Load().byMember[member]
}
