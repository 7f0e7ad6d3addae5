//go:build unix && !aix && !solaris

package plugin

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the exclusive lock of an open file without waiting. The kernel gives it back when the file is closed or
// the process dies, so there is no stale lock to clean up.
func tryLock(file *os.File) (bool, error) {
	err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
