package plugin

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// lockDir waits until no other process (and no other goroutine) installs into or removes from dir, and returns the
// function that lets the next one in. The lock file stays: deleting it would let two waiters lock two different files.
func lockDir(ctx context.Context, dir string, log func(string)) (unlock func(), err error) {
	file, err := os.OpenFile(filepath.Join(dir, ".lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for waiting := false; ; waiting = true {
		ok, err := tryLock(file)
		if err != nil {
			file.Close()
			return nil, fmt.Errorf("lock %s: %w", file.Name(), err)
		}
		if ok {
			return func() { file.Close() }, nil
		}
		if !waiting {
			log("another process is installing the plugin, waiting for it")
		}
		select {
		case <-ctx.Done():
			file.Close()
			return nil, fmt.Errorf("lock %s: held by another process: %w", file.Name(), ctx.Err())
		case <-tick.C:
		}
	}
}
