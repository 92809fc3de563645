package intake

import (
	"sync"
	"time"
)

// Bounds of what one commit should take, so that nobody waits for long behind
// what others have sent in masses.
const (
	// commitAim is how long a commit of many records should last at most: a
	// small part of commitWait, so that a slow disk refuses nobody who came
	// with little because others came with much.
	commitAim = 100 * time.Millisecond
	// leastCommit is the fewest records that it is bounded to: a commit of
	// fewer hardly takes less time.
	leastCommit = 128
)

// nextMost bounds the records of the next commit, by what the last one was
// bounded to, had and took.
func nextMost(most, records int, took time.Duration) int {
	switch {
	case took > commitAim && records > leastCommit:
		return max(leastCommit, min(most, records)/2)
	case took < commitAim && records > most/4:
		return min(maxCommit, 2*most)
	}
	return most
}

// ahead is what has been examined and not yet gathered into a commit, in order.
// An account may have as much in it as there is still room for in the next
// commit: one that floods has half, two have a third each, and whoever comes
// then still goes out with the next commit.
type ahead struct {
	submissions chan *submission
	freed       func() // told when an account may have more than before

	mu       sync.Mutex // guards what follows, all counted in records
	most     int        // of the next commit
	total    int
	accounts map[string]int
}

func newAhead(freed func()) *ahead {
	return &ahead{submissions: make(chan *submission, maxCommit), freed: freed, most: maxCommit, accounts: map[string]int{}}
}

// may says whether another submission of an account may be examined.
func (a *ahead) may(account string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.accounts[account] < a.most-a.total
}

func (a *ahead) put(s *submission) {
	a.count(s, len(s.records))
	a.submissions <- s
}

// took counts what has been gathered.
func (a *ahead) took(s *submission) {
	a.count(s, -len(s.records))
	a.freed()
}

func (a *ahead) count(s *submission, records int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	account := accountOf(s.msg)
	a.total += records
	if a.accounts[account] += records; a.accounts[account] == 0 {
		delete(a.accounts, account)
	}
}

// bound sets how many records the next commit may have.
func (a *ahead) bound(most int) {
	a.mu.Lock()
	a.most = most
	a.mu.Unlock()
	a.freed()
}
