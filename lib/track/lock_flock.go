//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package track

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// flockPath opens the file and takes the kernel's lock on it; errors.ErrUnsupported where the file system has none.
func flockPath(path string) (*lock, error) {
	for range 10 {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
		if err != nil {
			return nil, err
		}
		if err := flock(f, syscall.LOCK_EX); err != nil {
			f.Close()
			if errors.Is(err, syscall.EWOULDBLOCK) {
				return nil, lockedBy(path)
			}
			return nil, err
		}
		// The previous holder may have removed the file between our open and our lock: then we hold the lock of a file
		// that nobody else will find.
		if onDisk(f, path) {
			err := f.Truncate(0)
			if err == nil {
				err = sign(f)
			}
			if err != nil {
				f.Close()
				return nil, err
			}
			return &lock{path: path, file: f}, nil
		}
		f.Close()
	}
	return nil, lockedBy(path)
}

// flockHeld reports whether another holder has the lock. No file means that nobody has.
func flockHeld(path string) (bool, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	err = flock(f, syscall.LOCK_SH)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}

// flock locks without waiting.
func flock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		switch {
		case err == nil || errors.Is(err, syscall.EWOULDBLOCK):
			return err
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.ENOLCK), errors.Is(err, syscall.ENOSYS), errors.Is(err, syscall.ENOTSUP):
			return fmt.Errorf("flock %s: %w", f.Name(), errors.ErrUnsupported)
		}
		return fmt.Errorf("flock %s: %w", f.Name(), err)
	}
}

// onDisk reports whether path still names the open file.
func onDisk(f *os.File, path string) bool {
	a, errA := f.Stat()
	b, errB := os.Stat(path)
	return errA == nil && errB == nil && os.SameFile(a, b)
}
