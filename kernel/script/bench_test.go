package script_test

import (
	"path/filepath"
	"testing"

	"github.com/jamba-threat/jamba/kernel/script"
)

// Checking is most of what a script costs before it runs.
func BenchmarkCheck(b *testing.B) {
	for _, path := range []string{filepath.Join("testdata", "fine", "values.go"), filepath.Join("..", "..", "scripts", "sweep.go")} {
		b.Run(filepath.Base(path), func(b *testing.B) {
			for b.Loop() {
				if findings, err := script.Check(path); err != nil || len(findings) > 0 {
					b.Fatal(findings, err)
				}
			}
		})
	}
}
