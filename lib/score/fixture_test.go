package score_test

import (
	"flag"
	"math"
	"os"
	"testing"

	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/model"
	"github.com/jamba-threat/jamba/lib/score"
)

var update = flag.Bool("update", false, "write testdata/flows.gguf anew")

const fixture = "testdata/flows.gguf"

// TestFixture reads a file that an earlier version wrote: what was a valid model file must stay one, with the same results.
func TestFixture(t *testing.T) {
	if *update {
		file := written(t, model.Config{Hidden: 16, Members: 2}, features.Derived{}, nil)
		if err := os.WriteFile(fixture, file, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	m, err := score.Open(fixture)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		row  map[string]any
		want float64
	}{
		{map[string]any{"bytes": 1840, "packets": 12, "duration": 3, "port": "443", "protocol": "tcp"}, 0.9663487},
		{map[string]any{"bytes": 0, "packets": nil, "duration": 1, "port": "22", "protocol": "udp"}, 0.9604592},
		{map[string]any{"bytes": 7, "packets": 1, "duration": 900, "port": "9999", "protocol": nil}, 0.5069419},
	} {
		got, err := m.PredictRow(c.row)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.Prob-c.want) > 1e-5 {
			t.Errorf("%v gives %.7f, want %.7f", c.row, got.Prob, c.want)
		}
	}
}
