package broker

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"liaison/broker/ledger"
	"liaison/schemas"
)

// The engine's record begins with its length, whose highest bit says that it
// has headers, and its sequence, whose two highest bits mark what was erased.
const (
	frameHead     = 22
	frameHeaders  = 1 << 31
	frameSequence = 1<<62 - 1
	frameErased   = 1 << 62 // a record that only says that another is gone
	// maxJump is more than sequences ever move from one record to the next.
	maxJump = 1 << 20
)

// errFrame says that a record has a sequence that cannot be.
var errFrame = errors.New("a record's sequence cannot be")

// checkFrames looks for records of a block whose sequence is far from the one
// before. The engine takes the sequences between for erased ones and lists each:
// one wrong bit makes it use up all memory as soon as it reads the block. Where
// the file does not look like records it is left to the engine. checkFrames
// returns the last sequence before an error.
func checkFrames(block string) (last uint64, err error) {
	f, err := os.Open(block)
	if err != nil {
		return 0, fmt.Errorf("reading a stream's block: %w", err)
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	var head [frameHead]byte
	for at := 0; ; {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return last, nil // the end, or a record that is not there as a whole
		}
		length := int(binary.LittleEndian.Uint32(head[:]) &^ uint32(frameHeaders))
		sequence := binary.LittleEndian.Uint64(head[4:])
		if length < frameHead {
			return last, nil
		}
		if sequence&frameErased == 0 {
			if sequence &= frameSequence; last > 0 && sequence > last+maxJump {
				return last, fmt.Errorf("%w: at byte %d of %s, %d follows %d; restore a backup", errFrame, at, block, sequence, last)
			}
			last = max(last, sequence)
		}
		if n, err := r.Discard(length - frameHead); err != nil || n != length-frameHead {
			return last, nil
		}
		at += length
	}
}

// blocksOf lists the blocks of a stream in their order.
func blocksOf(dir, stream string) ([]string, error) {
	blocks, err := filepath.Glob(filepath.Join(dir, "jetstream", "*", "streams", stream, "msgs", "*.blk"))
	slices.SortFunc(blocks, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b) // their names are numbers
		}
		return slices.Compare([]byte(a), []byte(b))
	})
	return blocks, err
}

// checkLastFrames looks at the block of each stream that the engine reads when
// it starts. The scrub looks at all of them.
func checkLastFrames(dir string) error {
	for _, stream := range []string{schemas.IntakeName, ledger.Stream} {
		blocks, err := blocksOf(dir, stream)
		if err == nil && len(blocks) > 0 {
			_, err = checkFrames(blocks[len(blocks)-1])
		}
		if err != nil {
			return fmt.Errorf("looking at the end of %s: %w", stream, err)
		}
	}
	return nil
}
