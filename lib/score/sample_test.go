package score_test

import (
	"bytes"
	"context"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/jamba-threat/jamba/lib/export"
	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/model"
	"github.com/jamba-threat/jamba/lib/score"
)

func TestSample(t *testing.T) {
	m := open(t, written(t, model.Config{Members: 2}, derived, nil), "")
	a, b, c := m.Sample(500, 1), m.Sample(500, 1), m.Sample(500, 2)
	equal := func(x, y []float64) bool {
		return slices.EqualFunc(x, y, func(p, q float64) bool { return p == q || p != p && q != q })
	}
	if !equal(a.Numeric, b.Numeric) || !slices.Equal(a.Categorical, b.Categorical) {
		t.Error("the same seed gives other rows")
	}
	if equal(a.Numeric, c.Numeric) {
		t.Error("another seed gives the same rows")
	}
	// The columns hold whole numbers whose logarithm is normal around 0 with deviation 2: half of them are below 1.
	small, missing := 0, 0
	for i := 0; i < len(a.Numeric); i += 3 {
		switch v := a.Numeric[i]; {
		case v != v:
			missing++
		case v < 1:
			small++
		}
	}
	if small < 180 || small > 320 || missing < 1 || missing > 30 {
		t.Errorf("of 500 values %d are below 1 and %d missing", small, missing)
	}
	if p := predict(t, m, a); slices.Max(p)-slices.Min(p) < 0.1 {
		t.Errorf("all probabilities lie in %v..%v", slices.Min(p), slices.Max(p))
	}
}

// TestRolling: a table has its past, a row given by name must bring the means along.
func TestRolling(t *testing.T) {
	const rows = 120
	table := flows(rows, 11)
	table.Columns = table.Columns[:2]
	table.Time = make([]int64, rows)
	for i := range table.Time {
		table.Time[i] = int64(i) * 1e9
	}
	fitted, err := features.Fit(table, features.Config{Derived: features.Derived{Rolling: []features.Rolling{{Column: "bytes", Rows: 3}}}})
	if err != nil {
		t.Fatal(err)
	}
	layout, err := model.NewLayout(model.Config{Members: 2}, fitted.Spec())
	if err != nil {
		t.Fatal(err)
	}
	weights, stats := layout.Init(1)
	var b bytes.Buffer
	if _, err := export.Write(&b, export.Source{Layout: layout, Weights: weights, Stats: stats, Features: fitted, Schema: table.Schema,
		Classes: []string{"benign", "threat"}, Threshold: 0.5}, export.F32); err != nil {
		t.Fatal(err)
	}
	m := open(t, b.Bytes(), "")
	want, err := m.PredictTable(context.Background(), table)
	if err != nil {
		t.Fatal(err)
	}
	names := m.Inputs().Numeric
	if !m.NeedsHistory() || len(names) != 3 {
		t.Fatalf("inputs %v, needs history %v", names, m.NeedsHistory())
	}
	bytesColumn := table.Columns[0].Num
	for i, row := range asMaps(table) {
		sum, n := 0.0, 0
		for _, v := range bytesColumn[max(0, i-3):i] {
			if v == v {
				sum, n = sum+float64(v), n+1
			}
		}
		row[names[2]] = sum / float64(n) // 0/0 is NaN: no past
		got, err := m.PredictRow(row)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.Prob-want.Prob[i]) > 1e-7 {
			t.Fatalf("row %d alone has %v, in the table %v", i, got.Prob, want.Prob[i])
		}
	}
	if open(t, written(t, model.Config{Members: 2}, derived, nil), "").NeedsHistory() {
		t.Error("a model without rolling means needs history")
	}
}

// FuzzOpen changes bytes of a valid file: an error or a model that predicts, never a panic.
func FuzzOpen(f *testing.F) {
	file, err := os.ReadFile(fixture)
	if err != nil {
		f.Fatal(err)
	}
	for _, at := range []uint32{4, 8, 60, 700, 2000, 9000, uint32(len(file) - 5)} {
		f.Add(at, byte(0xff), uint32(len(file)))
	}
	f.Add(uint32(0), byte('G'), uint32(len(file)/2))
	f.Fuzz(func(t *testing.T, at uint32, value byte, size uint32) {
		spoilt := slices.Clone(file)[:min(uint64(size), uint64(len(file)))]
		if len(spoilt) > 0 {
			spoilt[int(at)%len(spoilt)] = value
		}
		m, err := score.OpenReader(bytes.NewReader(spoilt), int64(len(spoilt)))
		if err != nil {
			return
		}
		x := m.Sample(3, 1)
		if err := m.PredictBatch(make([]float64, 3*m.Outputs()), x); err != nil {
			t.Errorf("the model that was read cannot predict: %v", err)
		}
	})
}
