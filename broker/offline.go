package broker

import (
	"context"
	"fmt"
	"io/fs"
	"time"

	"liaison/broker/accounts"
	"liaison/broker/policy"
	"liaison/schemas"
)

// Operate gives fn the broker that runs on a folder, or else opens the folder
// without letting anybody connect. A folder that is no broker's is refused and
// stays as it is.
func Operate(ctx context.Context, cfg Config, fn func(Operator) error) error {
	if remote, ok := Reach(cfg.Dir); ok {
		return fn(remote)
	}
	if err := accounts.CheckFolder(cfg.Dir); err != nil {
		return err
	}
	b, err := Open(ctx, cfg)
	if err != nil {
		return err
	}
	defer b.Close()
	return fn(b)
}

// Enrol issues credentials at the broker that runs on a folder, or in the
// folder itself if none runs; then tables say who is a member. By and At of the
// enrolment are filled in.
func Enrol(ctx context.Context, dir string, tables fs.FS, e accounts.Enrolment) (accounts.Issued, error) {
	if remote, ok := Reach(dir); ok {
		return remote.Enrol(ctx, e)
	}
	p, err := policy.Load(tables)
	if err != nil {
		return accounts.Issued{}, fmt.Errorf("reading the protocol tables: %w", err)
	}
	if err := CheckMember(p, e.Member); err != nil {
		return accounts.Issued{}, err
	}
	r, err := accounts.Open(dir)
	if err != nil {
		return accounts.Issued{}, err
	}
	defer r.Close()
	e.By, e.At = ThisUser(), time.Now()
	return r.Enrol(e)
}

// Revoke withdraws a desk's credentials at the broker that runs on a folder, or
// in the folder itself if none runs.
func Revoke(ctx context.Context, dir string, member schemas.MemberID, desk string) (accounts.Desk, error) {
	if remote, ok := Reach(dir); ok {
		return remote.Revoke(ctx, member, desk)
	}
	if err := accounts.CheckFolder(dir); err != nil {
		return accounts.Desk{}, err
	}
	r, err := accounts.Open(dir)
	if err != nil {
		return accounts.Desk{}, err
	}
	defer r.Close()
	return r.Revoke(member, desk, time.Now())
}
