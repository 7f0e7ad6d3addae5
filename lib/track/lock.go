package track

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

const lockFile = ".lock"

// holder is the content of the lock file: who writes the run.
type holder struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
}

// lock is a held lock. Where the system has flock the kernel lets go when the process dies, however it dies; elsewhere
// (Windows, some network file systems) the file itself is the lock, and one left by a dead process is taken over.
type lock struct {
	path string
	file *os.File // holds the flock; nil when the file's existence is the lock
}

// acquire takes the lock of a run directory or fails with ErrLocked, saying who holds it. A second attempt from the same
// process fails as well.
func acquire(dir string) (*lock, error) {
	path := filepath.Join(dir, lockFile)
	// Someone who only looks (locked, below) holds the flock for an instant; that must not turn a writer away.
	for try := 0; ; try++ {
		l, err := acquireOnce(path)
		if !errors.Is(err, ErrLocked) || try == 3 {
			return l, err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func acquireOnce(path string) (*lock, error) {
	l, err := flockPath(path)
	if errors.Is(err, errors.ErrUnsupported) {
		return claimPath(path)
	}
	return l, err
}

// claimPath makes the lock file, which must not exist unless its process is dead.
func claimPath(path string) (*lock, error) {
	for range 3 {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err == nil {
			if err := errors.Join(sign(f), f.Close()); err != nil {
				os.Remove(path)
				return nil, err
			}
			return &lock{path: path}, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
		h, err := readHolder(path)
		if host, _ := os.Hostname(); err != nil || h.Host != host || alive(h.PID) {
			return nil, lockedBy(path)
		}
		// Renaming to a name of our own lets exactly one of several claimants take the stale file away. One that was
		// overtaken holds a fresh lock instead and puts it back.
		stale := fmt.Sprintf("%s.stale-%d", path, os.Getpid())
		if os.Rename(path, stale) != nil {
			continue
		}
		if taken, err := readHolder(stale); err != nil || taken != h {
			return nil, errors.Join(lockedBy(stale), os.Rename(stale, path))
		}
		os.Remove(stale)
	}
	return nil, lockedBy(path)
}

// sign writes who holds the lock.
func sign(f *os.File) error {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	text, err := json.Marshal(holder{PID: os.Getpid(), Host: host, Since: now()})
	if err != nil {
		return err
	}
	_, err = f.WriteAt(append(text, '\n'), 0)
	return err
}

func readHolder(path string) (holder, error) {
	var h holder
	err := readJSON(path, &h)
	return h, err
}

// lockedBy is ErrLocked with what is known about the holder.
func lockedBy(path string) error {
	h, err := readHolder(path)
	if err != nil {
		return fmt.Errorf("%w (%s); wait for it, or choose another directory", ErrLocked, path)
	}
	return fmt.Errorf("%w: %d on %s since %s; wait for it, or choose another directory", ErrLocked, h.PID, h.Host, h.Since.Format(time.RFC3339))
}

// alive reports whether a process of this machine exists. In doubt it says yes, which keeps the lock.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil { // Windows: there is no such process
		return false
	}
	defer func() { _ = p.Release() }()
	if runtime.GOOS == "windows" {
		return true
	}
	err = p.Signal(syscall.Signal(0))
	return !errors.Is(err, os.ErrProcessDone) && !errors.Is(err, syscall.ESRCH)
}

// locked reports whether some process is writing the run directory.
func locked(dir string) bool {
	path := filepath.Join(dir, lockFile)
	if held, err := flockHeld(path); err == nil {
		return held
	}
	h, err := readHolder(path)
	if err != nil {
		return false
	}
	host, _ := os.Hostname()
	return h.Host != host || alive(h.PID)
}

// release lets go of the lock and removes the file.
func (l *lock) release() error {
	err := os.Remove(l.path)
	if errors.Is(err, fs.ErrNotExist) { // the user removed the run directory
		err = nil
	}
	if l.file != nil {
		err = errors.Join(err, l.file.Close())
	}
	return err
}
