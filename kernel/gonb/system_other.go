//go:build !unix

package gonb

import (
	"errors"
	"io/fs"
)

const (
	supported = false // GoNB runs on Linux and macOS
	goName    = "go.exe"
)

func executable(fs.FileInfo) bool { return true }

func become(string, []string, []string) error {
	return errors.New("gonb: GoNB does not run on this system")
}
