package agents

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"

	"liaison/schemas"
)

// Identity derives the ids of one agent's messages. The same record gets the
// same id each time it is read, which makes sending again harmless; without
// the key nobody can tell from an id, or test a guess, which record it is.
type Identity struct{ key []byte }

const keyBytes = 32

// NewIdentity returns the identity with the given key of 32 bytes.
func NewIdentity(key []byte) (Identity, error) {
	if len(key) != keyBytes {
		return Identity{}, fmt.Errorf("the key has %d bytes and must have %d", len(key), keyBytes)
	}
	return Identity{key: key}, nil
}

// ID returns the UUID (version 8) of a record: HMAC-SHA-256 of the member, the
// native reference and the content, cut to 128 bits. A corrected record has
// other content and so another id.
func (i Identity) ID(member schemas.MemberID, reference string, content []byte) schemas.ID {
	mac := hmac.New(sha256.New, i.key)
	for _, part := range [][]byte{[]byte("liaison message id 1"), []byte(member), []byte(reference), content} {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(part)))
		mac.Write(n[:])
		mac.Write(part)
	}
	u := mac.Sum(nil)[:16]
	u[6] = u[6]&0x0f | 0x80
	u[8] = u[8]&0x3f | 0x80
	h := hex.EncodeToString(u)
	return schemas.ID(h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:])
}

const keyFile = "key"

// readIdentity reads the key from the state folder, or makes one. The key file
// belongs in the agency's backup: with another key every record that is
// delivered again becomes a second message.
func readIdentity(state *os.Root) (id Identity, made bool, err error) {
	info, err := state.Lstat(keyFile)
	if errors.Is(err, fs.ErrNotExist) {
		id, err = makeIdentity(state)
		return id, true, err
	}
	if err != nil {
		return Identity{}, false, fmt.Errorf("reading the key: %w", err)
	}
	if !info.Mode().IsRegular() || (runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0) {
		return Identity{}, false, fmt.Errorf("the key file %s must be a regular file that nobody else can read (mode 0600, it has %04o): with it a person can test which record a message is",
			state.Name()+"/"+keyFile, info.Mode().Perm())
	}
	text, err := state.ReadFile(keyFile)
	if err != nil {
		return Identity{}, false, fmt.Errorf("reading the key: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return Identity{}, false, fmt.Errorf("the key file %s is damaged; restore it from the backup", state.Name()+"/"+keyFile)
	}
	id, err = NewIdentity(key)
	return id, false, err
}

func makeIdentity(state *os.Root) (Identity, error) {
	key := make([]byte, keyBytes)
	rand.Read(key) // never fails
	if err := writeFile(state, keyFile, []byte(hex.EncodeToString(key)+"\n")); err != nil {
		return Identity{}, fmt.Errorf("making the key: %w", err)
	}
	return NewIdentity(key)
}
