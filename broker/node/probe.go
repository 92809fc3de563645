package node

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	server "github.com/nats-io/nats-server/v2/server"

	"liaison/broker/accounts"
)

// Room that the folder must have before a server is opened on it. A batch that
// was cut off is completed from its staging area when the stream is opened, and
// dropped if that fails: half of it would stay for ever. So as much as is staged
// comes on top.
const (
	roomToStart  = 1 << 20
	roomToReopen = 16 << 20
	// settleBytes is how much of a stream's end is written out again: more than
	// one batch can have left behind (8 MiB, and one record's copies).
	settleBytes = 80 << 20
	// partFile is the file that probes and copies are made in. It lies where the
	// server looks for nothing.
	partFile = "liaison.part"
)

// storeDir is where the server keeps the hub's streams.
func storeDir(dir string, reg *accounts.Registry) string {
	return filepath.Join(dir, server.JetStreamStoreDir, reg.HubAccount())
}

// try writes a file of the size, syncs it and deletes it. It writes every byte:
// a quota or a limit on file sizes shows in no other way. The bytes are random,
// so that no file system can make little of them.
func try(dir string, room int64) (err error) {
	staged, err := stagedBytes(dir)
	if err != nil {
		return err
	}
	room += staged
	name := filepath.Join(dir, partFile)
	defer os.Remove(name)
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("trying whether the folder takes %d MiB: %w", room>>20, err)
	}
	block := make([]byte, 1<<20)
	rand.Read(block)
	for written := int64(0); written < room && err == nil; written += int64(len(block)) {
		_, err = f.Write(block)
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("trying whether the folder takes %d MiB: %w", room>>20, err)
	}
	return nil
}

// stagedBytes is how much batches that were not finished left behind.
func stagedBytes(dir string) (sum int64, err error) {
	staged, err := filepath.Glob(filepath.Join(dir, "streams", "*", stagedFolder))
	if err != nil {
		return 0, err
	}
	for _, d := range staged {
		err := filepath.WalkDir(d, func(_ string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			info, err := e.Info()
			if err == nil {
				sum += info.Size()
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return 0, fmt.Errorf("looking for unfinished batches: %w", err)
		}
	}
	return sum, nil
}

// A disk may have taken only the first half of a batch. The next server
// completes it from what is staged; but a server that stops throws that away,
// and one that cannot complete it does too, and the stream would keep half a
// batch for ever. So a copy lies aside from before a server stops until one has
// started whose streams all work. A crash leaves it aside for the next start.
const (
	stagedFolder = "batches"
	asideSuffix  = ".liaison-batches" // below the hub's folder, behind the stream's name
)

// setAside takes what is staged out of the reach of a server that stops.
func setAside(dir string) error {
	return eachStream(dir, func(staged, aside string) error {
		if there(aside) || !there(staged) {
			return nil // what lies aside is older, and was not completed yet
		}
		return os.Rename(staged, aside)
	})
}

// putBack gives the next server what lies aside, or else sets a copy aside of
// what a crash has left.
func putBack(dir string) error {
	return eachStream(dir, func(staged, aside string) error {
		if !there(aside) && there(staged) {
			if err := os.Rename(staged, aside); err != nil {
				return err
			}
		}
		if !there(aside) {
			return nil
		}
		if err := os.RemoveAll(staged); err != nil {
			return err
		}
		return os.CopyFS(staged, os.DirFS(aside))
	})
}

// dropAside deletes what lies aside: the streams are whole.
func dropAside(dir string) error {
	return eachStream(dir, func(_, aside string) error { return os.RemoveAll(aside) })
}

// eachStream calls fn for each stream with the folder that it stages in and the
// one where that is set aside.
func eachStream(dir string, fn func(staged, aside string) error) error {
	streams, err := filepath.Glob(filepath.Join(dir, "streams", "*"))
	if err != nil {
		return err
	}
	var faults []error
	for _, s := range streams {
		faults = append(faults, fn(filepath.Join(s, stagedFolder), filepath.Join(dir, filepath.Base(s)+asideSuffix)))
	}
	return errors.Join(faults...)
}

func there(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// settle makes what can be read of the ends of the streams durable, so that
// what the server finds is what the next power cut leaves. It also drops the
// index that a server wrote which had failed to write the messages: the next
// one reads the messages themselves, as after a crash. A crash in here leaves
// each file as it was or as it is now to be.
func settle(dir string) error {
	streams, err := filepath.Glob(filepath.Join(dir, "streams", "*", "msgs"))
	if err != nil {
		return err
	}
	for _, msgs := range streams {
		if err := os.Remove(filepath.Join(msgs, "index.db")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		blocks, err := blocksOf(msgs)
		if err != nil {
			return err
		}
		rest := int64(settleBytes)
		for _, b := range slices.Backward(blocks) {
			if rest <= 0 {
				break
			}
			n, err := rewrite(filepath.Join(dir, partFile), b)
			if err != nil {
				return err
			}
			rest -= n
		}
		if err := syncFolder(msgs); err != nil {
			return err
		}
	}
	return nil
}

// blocksOf lists the files of a stream's messages in their order.
func blocksOf(msgs string) ([]string, error) {
	names, err := filepath.Glob(filepath.Join(msgs, "*.blk"))
	if err != nil {
		return nil, err
	}
	number := func(name string) int {
		n, err := strconv.Atoi(strings.TrimSuffix(filepath.Base(name), ".blk"))
		if err != nil {
			return -1 // none of the server's
		}
		return n
	}
	slices.SortFunc(names, func(a, b string) int { return number(a) - number(b) })
	return names, nil
}

// rewrite gives a file the content that it has, in blocks of the disk that are
// written anew.
func rewrite(part, name string) (int64, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return 0, err
	}
	defer os.Remove(part)
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return 0, err
	}
	return int64(len(content)), os.Rename(part, name)
}

// syncFolder makes the names in a folder durable. Windows has no such call and
// needs none.
func syncFolder(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
