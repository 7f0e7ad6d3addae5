//go:build unix

package gonb

import (
	"io/fs"
	"syscall"
)

const (
	supported = true
	goName    = "go"
)

func executable(info fs.FileInfo) bool { return info.Mode().Perm()&0o111 != 0 }

// become replaces this process: Jupyter then signals and waits for GoNB itself.
func become(path string, args, env []string) error { return syscall.Exec(path, args, env) }
