//go:build !windows && (!unix || aix || solaris)

package plugin

import (
	"fmt"
	"os"
	"runtime"
)

// tryLock refuses: there is no plugin for these systems, so there is nothing to install either.
func tryLock(*os.File) (bool, error) {
	return false, fmt.Errorf("there is no XLA plugin for %s", runtime.GOOS)
}
