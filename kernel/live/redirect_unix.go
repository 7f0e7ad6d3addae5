//go:build unix

package live

import (
	"os"

	"golang.org/x/sys/unix"
)

// redirect lets the file descriptors 1 and 2 end in two pipes, for Go and for C alike. It returns what undoes that, and
// the standard error as it was.
func redirect(stdout, stderr *os.File) (undo func(), was *os.File, err error) {
	var saved [2]int
	for i, w := range []*os.File{stdout, stderr} {
		if saved[i], err = unix.Dup(i + 1); err != nil {
			return nil, nil, err
		}
		unix.CloseOnExec(saved[i])
		if err := duplicate(int(w.Fd()), i+1); err != nil {
			return nil, nil, err
		}
	}
	undo = func() {
		for i, fd := range saved {
			_ = duplicate(fd, i+1) // both are open
		}
	}
	return undo, os.NewFile(uintptr(saved[1]), "stderr"), nil
}
