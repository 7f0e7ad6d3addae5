//go:build unix && !linux

package live

import "golang.org/x/sys/unix"

// duplicate makes the descriptor to mean the file of from.
func duplicate(from, to int) error { return unix.Dup2(from, to) }
