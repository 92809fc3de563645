package agents

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"

	"liaison/schemas"
)

// outboxFile is a copy as it stands in the outbox. The agency's system may
// delete the file when it has taken it.
type outboxFile struct {
	Sequence uint64          `json:"sequence,omitempty"`
	Decision uint64          `json:"decision"`
	Policy   string          `json:"policy"`
	Gateways []string        `json:"gateways,omitempty"`
	Address  string          `json:"address"`
	Message  json.RawMessage `json:"message"`
}

// runOutbox writes the desk's copies into the outbox, each durably before it
// is acknowledged.
func (a *Agent) runOutbox(ctx context.Context) error {
	if a.cfg.Outbox == "" {
		return nil
	}
	root, err := os.OpenRoot(a.cfg.Outbox)
	if err != nil {
		return fmt.Errorf("opening the outbox: %w", err)
	}
	defer root.Close()
	take := func(_ context.Context, one Copy) error { return a.writeCopy(root, one) }
	err = a.cfg.Client.Desk(ctx, DeskOptions{Once: a.cfg.Once}, take)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// writeCopy writes one copy. The name is made of what is the same at each
// delivery, so that a copy that comes again replaces itself.
func (a *Agent) writeCopy(root *os.Root, one Copy) error {
	name := fmt.Sprintf("%s-%d", fileID(one), one.Decision)
	if one.Message == nil {
		a.log.Error("a copy could not be read; it is kept as it came, with the ending .unread", "id", one.ID, "err", one.Fault)
		return writeFile(root, name+".unread", one.Raw)
	}
	message, err := schemas.EncodeJSON(one.Message)
	if err != nil {
		return fmt.Errorf("writing a copy: %w", err)
	}
	var body bytes.Buffer
	e := json.NewEncoder(&body)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(outboxFile{Sequence: one.Sequence, Decision: one.Decision, Policy: one.Policy,
		Gateways: one.Gateways, Address: one.Address, Message: message}); err != nil {
		return fmt.Errorf("writing a copy: %w", err)
	}
	if err := writeFile(root, name+".json", body.Bytes()); err != nil {
		return err
	}
	a.log.Info("copy received", "id", one.ID, "kind", one.Message.Kind, "decision", one.Decision)
	return nil
}

// fileID returns the message's id, or a hash where the id cannot be a name.
func fileID(one Copy) string {
	if one.ID.Valid() {
		return string(one.ID)
	}
	sum := sha256.Sum256(one.Raw)
	return hex.EncodeToString(sum[:16])
}
