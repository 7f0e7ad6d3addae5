//go:build unix

package cli_test

import (
	"os"
	"strconv"
	"syscall"
)

// limitEnv bounds the size of the files that a child writes, in bytes: beyond it a write fails as on a full disk.
const limitEnv = "JAMBA_CLI_TEST_FILE_BYTES"

func limitFiles() {
	n, err := strconv.ParseUint(os.Getenv(limitEnv), 10, 64)
	if err != nil {
		return
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
		panic(err)
	}
}
