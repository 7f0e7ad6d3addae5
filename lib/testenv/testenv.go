// Package testenv finds what a test needs beyond Go itself, and decides between skipping and failing when it is absent.
//
// A test names its need ("data", "xla", "python", ...). When the need is not met the test is skipped with a visible
// reason, unless the environment variable JAMBA_REQUIRE lists the need: then it fails, so that CI cannot pass by skipping.
package testenv

import (
	"cmp"
	"os"
	"os/exec"
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
	return Shared(t, "data", name)
}

// Shared returns the path of a file of reference material that stands beside the repository: below the folder that the
// environment variable JAMBA_<NEED> names (default: shared/<need>). Without it the test is skipped, see Missing.
func Shared(t testing.TB, need, name string) string {
	t.Helper()
	variable := "JAMBA_" + strings.ToUpper(need)
	dir := os.Getenv(variable)
	if dir == "" {
		dir = filepath.Join(filepath.Dir(Root()), "shared", need)
	} else if !filepath.IsAbs(dir) {
		dir = filepath.Join(Root(), dir)
	}
	path := filepath.Join(dir, filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		Missing(t, need, "there is no "+path+" (set "+variable+" to the folder that holds it)")
	}
	return path
}

// Python returns the Python interpreter that JAMBA_PYTHON names (default python3), provided that it can import the
// given modules, a comma-separated list. Without it the test is skipped, see Missing.
func Python(t testing.TB, need, modules string) string {
	t.Helper()
	interpreter := cmp.Or(os.Getenv("JAMBA_PYTHON"), "python3")
	if path, err := exec.LookPath(interpreter); err == nil {
		interpreter = path // a test may run it with another PATH
	}
	if err := exec.Command(interpreter, "-c", "import "+modules).Run(); err != nil {
		Missing(t, need, interpreter+" cannot import "+modules+" (JAMBA_PYTHON names another interpreter)")
	}
	return interpreter
}

// Root returns the folder of the repository, found from this file's own place in it.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}
