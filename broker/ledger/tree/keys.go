package tree

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"liaison/schemas/proof"
)

// keyFile has three lines: the signing key, the verifier's key, the secret.
const keyFile = "keys/ledger.key"

// keys are what the tree signs and salts with. They never change.
type keys struct {
	signer note.Signer
	// verifier is the public key in the form that is given to members.
	verifier string
	secret   []byte
}

// loadKeys reads the keys; with create, it makes them if they are missing.
func loadKeys(root *os.Root, create bool) (keys, error) {
	b, err := readFile(root, keyFile, 1<<10)
	if errors.Is(err, fs.ErrNotExist) && create {
		return makeKeys(root)
	}
	if err != nil {
		return keys{}, fmt.Errorf("reading the ledger's key: %w", err)
	}
	k, err := parseKeys(string(b))
	if err != nil {
		return keys{}, fmt.Errorf("reading the ledger's key: %s: %w; restore it from a backup", keyFile, err)
	}
	return k, nil
}

func parseKeys(text string) (keys, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return keys{}, errors.New("it has not three lines")
	}
	signer, err := note.NewSigner(lines[0])
	if err != nil {
		return keys{}, err
	}
	verifier, err := note.NewVerifier(lines[1])
	if err != nil {
		return keys{}, err
	}
	if verifier.Name() != signer.Name() || verifier.KeyHash() != signer.KeyHash() {
		return keys{}, errors.New("its two keys do not belong together")
	}
	secret, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(secret) != sha256.Size {
		return keys{}, errors.New("its secret is none")
	}
	return keys{signer: signer, verifier: lines[1], secret: secret}, nil
}

// makeKeys makes new keys under a name that nobody else has.
func makeKeys(root *os.Root) (keys, error) {
	var name [6]byte
	rand.Read(name[:]) // never fails, by its contract
	private, public, err := note.GenerateKey(rand.Reader, "liaison/"+hex.EncodeToString(name[:]))
	if err != nil {
		return keys{}, fmt.Errorf("making the ledger's key: %w", err)
	}
	secret := make([]byte, sha256.Size)
	rand.Read(secret)
	text := private + "\n" + public + "\n" + base64.StdEncoding.EncodeToString(secret) + "\n"
	if err := writeFile(root, keyFile, []byte(text)); err != nil {
		return keys{}, fmt.Errorf("keeping the ledger's key: %w", err)
	}
	return parseKeys(text)
}

// entryKey derives the key of an entry. It depends on the entry's bytes, so
// that a ledger that was forked shares no salts with the one before.
func (k keys) entryKey(number uint64, raw []byte) proof.Key {
	sum := sha256.Sum256(raw)
	mac := hmac.New(sha256.New, k.secret)
	mac.Write([]byte("liaison entry key v1\n"))
	mac.Write(binary.BigEndian.AppendUint64(nil, number))
	mac.Write(sum[:])
	return proof.Key(mac.Sum(nil))
}

// PublicKey returns the public key of the broker whose folder it is.
func PublicKey(dir string) (string, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", fmt.Errorf("reading the ledger's key: %w", err)
	}
	defer root.Close()
	k, err := loadKeys(root, false)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%w; it is made when the broker is first started", err)
	}
	return k.verifier, err
}
