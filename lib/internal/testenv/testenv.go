// Package testenv finds what a test needs beyond Go itself, and decides between skipping and failing when it is absent.
//
// A test names its need ("data", "xla", "python", ...). When the need is not met the test is skipped with a visible
// reason, unless the environment variable JAMBA_REQUIRE lists the need: then it fails, so that CI cannot pass by skipping.
package testenv

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// Missing skips the test for want of need, or fails it when JAMBA_REQUIRE lists the need.
func Missing(t testing.TB, need, why string) {
	t.Helper()
	if Required(need) {
		t.Fatalf("JAMBA_REQUIRE has %q, but %s", need, why)
	}
	t.Skipf("needs %s: %s", need, why)
}

// Required reports whether JAMBA_REQUIRE lists the need.
func Required(need string) bool {
	return slices.Contains(strings.Split(os.Getenv("JAMBA_REQUIRE"), ","), need)
}

// Data returns the path of a file of the real data sets, named by slash-separated path below the folder JAMBA_DATA
// (default: shared/data beside the repository). Without it the test is skipped, see Missing.
func Data(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("JAMBA_DATA")
	if dir == "" {
		dir = filepath.Join(filepath.Dir(Root()), "shared", "data")
	} else if !filepath.IsAbs(dir) {
		dir = filepath.Join(Root(), dir)
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		Missing(t, "data", "there is no "+path+" (set JAMBA_DATA to the folder of the data sets)")
	}
	return path
}

// Root returns the folder of the repository, found from this file's own place in it.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(filepath.Dir(file))))
}
