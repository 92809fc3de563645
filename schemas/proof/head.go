package proof

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Head is the state of a ledger that its broker signs.
type Head struct {
	// Origin is the name of the key that signs it.
	Origin string
	// Size is how many entries there are, and Root the hash of their tree.
	Size uint64
	Root tlog.Hash
}

// Sign returns the head as a signed note.
func (h Head) Sign(signer note.Signer) ([]byte, error) {
	return note.Sign(&note.Note{Text: h.text()}, signer)
}

func (h Head) text() string { return fmt.Sprintf("%s\n%d\n%s\n", h.Origin, h.Size, h.Root) }

// OpenHead checks the signature of a head and reads it. There is only one way
// to write a head, and any other is refused.
func OpenHead(msg []byte, key note.Verifier) (Head, error) {
	n, err := note.Open(msg, note.VerifierList(key))
	if err != nil {
		return Head{}, fmt.Errorf("the head is not signed by %s: %w", key.Name(), err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 {
		return Head{}, errors.New("the head has not three lines")
	}
	h := Head{Origin: lines[0]}
	var sizeErr, rootErr error
	h.Size, sizeErr = strconv.ParseUint(lines[1], 10, 62)
	h.Root, rootErr = tlog.ParseHash(lines[2])
	if err := errors.Join(sizeErr, rootErr); err != nil {
		return Head{}, fmt.Errorf("reading the head: %w", err)
	}
	// The library passes over what it does not need: a second signature, and
	// the loose bits at the end of a base64 text.
	sig, err := base64.StdEncoding.DecodeString(n.Sigs[0].Base64)
	only := h.text() + "\n— " + key.Name() + " " + base64.StdEncoding.EncodeToString(sig) + "\n"
	if err != nil || string(msg) != only || h.Origin != key.Name() {
		return Head{}, errors.New("the head is written in another way than its broker writes it")
	}
	return h, nil
}
