package score_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/export"
	"github.com/jamba-threat/jamba/lib/original"
	"github.com/jamba-threat/jamba/lib/score"
)

// TestOriginal carries a checkpoint of the Python project into a model file and predicts from it.
func TestOriginal(t *testing.T) {
	file, err := os.Open(filepath.Join("..", "original", "testdata", "processor.pt"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	net, err := original.Import(file, info.Size(), nil)
	if err != nil {
		t.Fatal(err)
	}
	kvs, list := net.Encode(original.Info{Name: "processor"})
	var tensors []export.Tensor
	for _, x := range list {
		tensors = append(tensors, export.Tensor{Name: x.Name, Dims: x.Dims(), Values: x.Data})
	}
	for _, mix := range []export.Mix{export.F32, export.Q8_0} {
		var b bytes.Buffer
		if _, err := export.WriteTensors(&b, kvs, tensors, mix); err != nil {
			t.Fatal(err)
		}
		m := open(t, b.Bytes(), "")
		if m.Info().Encoding != mix.String() || m.Threshold() != 0.5 || len(m.Inputs().Numeric) != net.Inputs() {
			t.Errorf("opened %v", m)
		}
		x := make([]float32, net.Inputs())
		row := map[string]any{}
		for i, name := range m.Inputs().Numeric {
			x[i] = float32(i%5) - 2
			row[name] = x[i]
		}
		want := make([]float32, net.Outputs())
		if err := net.Probabilities(want, x, 1); err != nil {
			t.Fatal(err)
		}
		got, err := m.PredictRow(row)
		if err != nil {
			t.Fatal(err)
		}
		// Several outputs are independent: the row is as much of a threat as the largest of them says.
		if d := math.Abs(got.Prob - float64(slices.Max(want))); mix == export.F32 && d > 1e-6 || d > 0.05 {
			t.Errorf("%v: probability %v, the network has %v", mix, got.Prob, want)
		}
		if got.Flagged != (got.Prob >= 0.5) || len(got.Classes) != net.Outputs() {
			t.Errorf("%v: %+v", mix, got)
		}
		name := m.Inputs().Numeric[1]
		row[name] = nil
		if _, err := m.PredictRow(row); !errors.Is(err, score.ErrInput) || !strings.Contains(err.Error(), name) {
			t.Errorf("a missing value: %v", err)
		}
	}
}
