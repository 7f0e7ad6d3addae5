package complexity

import (
	"context"
	"testing"

	"github.com/jamba-threat/jamba/lib/testenv"
)

// BenchmarkAnalyze measures this repository's library, tests included.
func BenchmarkAnalyze(b *testing.B) {
	lines := 0
	for b.Loop() {
		r, err := Analyze(context.Background(), Options{Dir: testenv.Root(), Patterns: []string{"./lib/..."}})
		if err != nil {
			b.Fatal(err)
		}
		lines += r.Totals.Lines
	}
	b.ReportMetric(float64(lines)/b.Elapsed().Seconds(), "lines/s")
}
