//go:build !unix

package live

import "os"

// redirect lets Go's standard output and standard error end in two pipes.
func redirect(stdout, stderr *os.File) (undo func(), was *os.File, err error) {
	oldOut, oldErr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = stdout, stderr
	return func() { os.Stdout, os.Stderr = oldOut, oldErr }, oldErr, nil
}
