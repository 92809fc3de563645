package agents

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// checkCreds finds the faults of a credentials file that a person can mend.
func checkCreds(path string) error {
	if path == "" {
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%w: there is no file %s; ask the broker's operator for it (liaison enrol)", ErrCredentials, path)
	case err != nil:
		return fmt.Errorf("%w: %w", ErrCredentials, err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%w: %s is not a regular file", ErrCredentials, path)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("%w: others can read %s (mode %04o); run: chmod 600 %s, and have new ones issued if anybody may have read it", ErrCredentials, path, info.Mode().Perm(), path)
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCredentials, err)
	}
	return f.Close()
}

// userOf returns the key of the user that a credentials file is for, or "" if
// there is none to be read: the connection then fails with the reason, or needs
// none. Whether the file is genuine is for the broker to say.
func userOf(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(b), "-----BEGIN NATS USER JWT-----")
	token, _, _ := strings.Cut(rest, "------END NATS USER JWT------")
	parts := strings.Split(strings.TrimSpace(token), ".")
	if len(parts) != 3 {
		return ""
	}
	claims, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var user struct {
		Key string `json:"sub"`
	}
	if json.Unmarshal(claims, &user) != nil || strings.ContainsAny(user.Key, ".*> \t\r\n") {
		return ""
	}
	return user.Key
}
