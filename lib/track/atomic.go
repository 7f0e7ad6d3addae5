package track

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// AtomicWrite replaces the file at path by what write writes. The content goes to a temporary file in the same folder,
// is synced to disk and renamed over path, and the folder is synced: after a crash or a full disk the file has its old
// content or all of the new. The folder must exist. An error of write, of the disk or of the rename leaves path as it was.
func AtomicWrite(path string, write func(io.Writer) error) (err error) {
	f, err := createTemp(path)
	if err != nil {
		return fmt.Errorf("track: write %s: %w", path, err)
	}
	renamed := false
	defer func() { // also when write panics
		if !renamed {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriterSize(f, 1<<16)
	if err = write(w); err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = f.Close()
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("track: write %s: %w", path, err)
	}
	renamed = true
	return syncDir(filepath.Dir(path))
}

// createTemp opens a new file beside path. Unlike os.CreateTemp it leaves the permissions to the umask, as os.Create does:
// the result must be as readable as any other file of the user.
func createTemp(path string) (*os.File, error) {
	dir, base := filepath.Split(path)
	for try := 0; ; try++ {
		name := fmt.Sprintf("%s.%s.tmp-%08x", dir, base, rand.Uint32())
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, fs.ErrExist) || try == 100 {
			return f, err
		}
	}
}

// syncDir makes a rename durable. Windows cannot open a folder for this and does not need it.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("track: sync %s: %w", dir, err)
	}
	defer d.Close()
	// Some file systems (network shares, FUSE) refuse to sync a folder; the rename itself has happened.
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) {
		return fmt.Errorf("track: sync %s: %w", dir, err)
	}
	return nil
}
