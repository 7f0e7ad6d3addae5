package script_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/jamba-threat/jamba/kernel/script"
)

// Whatever a file holds, checking it ends with findings or with an error about the script.
func FuzzCheck(f *testing.F) {
	for _, folder := range []string{"checks", "fine"} {
		paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.go"))
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Add([]byte("package main\nimport . \"fmt\"\nfunc main() { x := y; defer z.a(); go q[1](); for range w {}; switch v.(type) {}; _ = x.(T) }"))
	path := filepath.Join(f.TempDir(), "fuzz.go")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		findings, err := script.Check(path)
		if err != nil && !errors.Is(err, script.ErrScript) {
			t.Fatal(err)
		}
		for _, finding := range findings {
			if finding.Line < 1 || finding.Check == "" || finding.Problem == "" {
				t.Fatalf("%+v", finding)
			}
		}
	})
}
