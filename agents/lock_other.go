//go:build !unix

package agents

import "os"

// lockFile only opens the file: this system has no lock that ends with the
// process. Two agents on one inbox send records twice, which is harmless, and
// may put a file away twice, which one of them reports.
func lockFile(root *os.Root, name string) (*os.File, error) {
	return root.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
}
