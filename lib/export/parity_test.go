package export_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/export"
	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/internal/gx"
	"github.com/jamba-threat/jamba/lib/internal/simd"
	"github.com/jamba-threat/jamba/lib/metrics"
	"github.com/jamba-threat/jamba/lib/model"
	"github.com/jamba-threat/jamba/lib/score"
	"github.com/jamba-threat/jamba/lib/testenv"
	"github.com/jamba-threat/jamba/lib/train"
)

// randomTable has numeric columns of several kinds (with many ties, with missing values, constant), and categorical ones.
func randomTable(rows, numeric, categorical int, seed uint64) *data.Table {
	rng := rand.New(rand.NewPCG(seed, 1))
	t := &data.Table{Name: "random"}
	for j := range numeric {
		c := data.Column{Name: fmt.Sprintf("n%d", j), Kind: data.Numeric, Num: make([]float32, rows)}
		for i := range c.Num {
			v := rng.NormFloat64() * math.Pow(10, float64(j%5-2))
			switch {
			case j%3 == 1 && rng.IntN(2) == 0:
				v = 0
			case j%4 == 3:
				v = math.Exp(2 * rng.NormFloat64())
			}
			c.Num[i] = float32(v)
			if rng.IntN(25) == 0 {
				c.Num[i] = float32(math.NaN())
			}
		}
		t.Columns = append(t.Columns, c)
	}
	for j := range categorical {
		c := data.Column{Name: fmt.Sprintf("c%d", j), Kind: data.Categorical, Code: make([]int32, rows)}
		for k := range 3 + 4*j {
			c.Dict = append(c.Dict, fmt.Sprintf("v%d", k))
		}
		for i := range c.Code {
			c.Code[i] = int32(rng.IntN(len(c.Dict)+1)) - 1
		}
		t.Columns = append(t.Columns, c)
	}
	for i := range t.Columns {
		t.Schema.Columns = append(t.Schema.Columns, data.ColumnSpec{Name: t.Columns[i].Name, Kind: t.Columns[i].Kind})
	}
	return t
}

// network is a detector with random weights and statistics: as good as a trained one for comparing two computations.
type network struct {
	export.Source
	matrix *features.Matrix
}

func randomNetwork(t testing.TB, cfg model.Config, scaling features.Config, numeric, categorical int, seed uint64) *network {
	t.Helper()
	table := randomTable(301, numeric, categorical, seed)
	fitted, err := features.Fit(table, scaling)
	if err != nil {
		t.Fatal(err)
	}
	layout, err := model.NewLayout(cfg, fitted.Spec())
	if err != nil {
		t.Fatal(err)
	}
	weights, stats := layout.Init(int64(seed))
	rng := rand.New(rand.NewPCG(seed, 2))
	for i := range weights { // norms and biases start at constants that would hide mistakes
		weights[i] += float32(0.1 * rng.NormFloat64())
	}
	for i := range stats {
		stats[i] += float32(0.3 * rng.Float64())
	}
	n := &network{Source: export.Source{Layout: layout, Weights: weights, Stats: stats, Features: fitted, Schema: table.Schema,
		Classes: []string{"benign", "threat"}, Threshold: 0.5}}
	if c := layout.Config.Outputs; c > 1 {
		n.Classes = nil
		for i := range c {
			n.Classes = append(n.Classes, fmt.Sprintf("class %d", i))
		}
	}
	if n.matrix, err = fitted.Transform(table); err != nil {
		t.Fatal(err)
	}
	return n
}

func (n *network) open(t testing.TB, mix export.Mix, isa simd.ISA) *score.Model {
	t.Helper()
	var file bytes.Buffer
	if _, err := export.Write(&file, n.Source, mix); err != nil {
		t.Fatal(err)
	}
	m, err := score.Options{ISA: isa.String()}.OpenReader(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// engine predicts with the engine that trains: probabilities, one per row and class.
func (n *network) engine(t testing.TB, e *gx.Engine) []float64 {
	t.Helper()
	p, err := train.NewPredictor(e, n.Layout)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.SetWeights(n.Weights, n.Stats); err != nil {
		t.Fatal(err)
	}
	raw, err := p.Predict(context.Background(), n.matrix)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float64, len(raw))
	for i, v := range raw {
		out[i] = float64(v)
		if n.Layout.Config.Outputs == 1 {
			out[i] = metrics.Sigmoid(out[i])
		}
	}
	return out
}

type variant struct {
	cfg                  model.Config
	features             features.Config
	numeric, categorical int
	tolerance            float64
}

// variants cover the options of the network: embeddings, blocks, members, the layer where they begin, outputs, widths that
// fill no vector, features of one kind only, ways to treat missing values.
func variants() map[string]variant {
	standard := features.Config{Scaling: features.Standard, Missing: features.MissingMedian}
	return map[string]variant{
		"default":           {cfg: model.Config{Dropout: 0.3}, numeric: 7, categorical: 2},
		"linear":            {cfg: model.Config{Embedding: model.Linear, TokenWidth: 16, Heads: 2, Blocks: 3, Members: 4, Layers: 3}, features: standard, numeric: 5, categorical: 1},
		"periodic":          {cfg: model.Config{Embedding: model.Periodic, Members: 1, Layers: 1, Hidden: 16, Heads: 8}, numeric: 6, categorical: 3},
		"no attention":      {cfg: model.Config{Blocks: -1, Members: 3, Layers: 1}, numeric: 4, categorical: 1},
		"members first":     {cfg: model.Config{Members: 5, Hidden: 40, MemberLayer: 1, Layers: 3}, numeric: 9},
		"members last":      {cfg: model.Config{Members: 16, Hidden: 64, MemberLayer: 3, Layers: 3}, numeric: 3, categorical: 2},
		"classes":           {cfg: model.Config{Outputs: 5, Members: 2}, numeric: 6, categorical: 1},
		"classes alone":     {cfg: model.Config{Outputs: 3, Members: 1}, numeric: 6, categorical: 1},
		"hundred classes":   {cfg: model.Config{Outputs: 100, Members: 17, Layers: 2}, numeric: 2, categorical: 1},
		"one number":        {cfg: model.Config{TokenWidth: 1, Heads: 1, FFN: 1, Members: 1, Layers: 1, Hidden: 16}, numeric: 1},
		"one category":      {cfg: model.Config{TokenWidth: 4, Heads: 2, FFN: 3, Members: 2}, categorical: 1},
		"one bin":           {cfg: model.Config{Members: 2}, features: features.Config{Bins: 1}, numeric: 3},
		"odd widths":        {cfg: model.Config{TokenWidth: 9, Heads: 3, FFN: 7, Blocks: 2, Members: 7, Hidden: 33, Layers: 3}, numeric: 17, categorical: 4},
		"many features":     {cfg: model.Config{TokenWidth: 8, Members: 3}, numeric: 70, categorical: 3},
		"wide":              {cfg: model.Config{TokenWidth: 64, Heads: 8, Blocks: 3, FFN: 256, Members: 16}, numeric: 6},
		"no members, large": {cfg: model.Config{Members: 1, Hidden: 512, Layers: 4}, numeric: 11, categorical: 1},
		"unscaled":          {cfg: model.Config{Embedding: model.PiecewiseLinear, Members: 2}, features: features.Config{Scaling: features.NoScaling}, numeric: 8},
		// Trained with products of bfloat16, computed in float32: they agree to the precision of bfloat16.
		"bfloat16": {cfg: model.Config{Precision: model.BFloat16}, numeric: 7, categorical: 2, tolerance: 2e-2},
	}
}

// TestParity compares the probabilities of the training engines with those of the model file, on every instruction set.
func TestParity(t *testing.T) {
	for _, name := range []string{gx.PureGo, gx.XLACPU} {
		t.Run(name, func(t *testing.T) {
			e, err := gx.Open(name)
			if err != nil {
				testenv.Missing(t, "xla", err.Error())
			}
			defer e.Close()
			for variant, v := range variants() {
				if name != gx.PureGo && variant != "default" && variant != "wide" && variant != "classes" {
					continue // its compiler takes seconds for each graph
				}
				t.Run(variant, func(t *testing.T) { compare(t, e, v) })
			}
		})
	}
}

func compare(t *testing.T, e *gx.Engine, v variant) {
	n := randomNetwork(t, v.cfg, v.features, v.numeric, v.categorical, 7)
	want := n.engine(t, e)
	tolerance := v.tolerance
	if tolerance == 0 {
		tolerance = 1e-5
	}
	for _, isa := range simd.Supported() {
		m := n.open(t, export.F32, isa)
		got := make([]float64, len(want))
		if err := m.PredictMatrix(got, n.matrix); err != nil {
			t.Fatal(err)
		}
		if worst, at := largest(got, want); !(worst <= tolerance) {
			t.Errorf("%v: value %d is %.8f, the engine has %.8f", isa, at, got[at], want[at])
		}
		if spread(want) < 1e-3 {
			t.Errorf("all rows have nearly the same probability: the comparison says nothing")
		}
	}
}

func largest(a, b []float64) (worst float64, at int) {
	for i := range a {
		d := math.Abs(a[i] - b[i])
		if d != d {
			return d, i
		}
		if d > worst {
			worst, at = d, i
		}
	}
	return worst, at
}

func spread(v []float64) float64 {
	low, high := v[0], v[0]
	for _, x := range v {
		low, high = min(low, x), max(high, x)
	}
	return high - low
}
