package accounts

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// beyond is where the locked byte lies, as the upper half of its offset: far
// beyond the file's text, because Windows lets nobody read what is locked and
// whoever meets the lock wants to read who holds it.
const beyond = 1

// lockFile takes the kernel's lock on a file, or says that somebody has it.
// Windows gives it back when the process ends, though perhaps not at once.
func lockFile(f *os.File) (free bool, err error) {
	at := &windows.Overlapped{OffsetHigh: beyond}
	err = windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, err
}
