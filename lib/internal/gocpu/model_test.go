package gocpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/internal/simd"
	"github.com/jamba-threat/jamba/lib/model"
)

// spec has features of every sort: bins of different numbers, a small category table and one that is gathered from.
func spec() features.Spec {
	return features.Spec{
		Numeric: []features.NumericSpec{
			{Name: "bytes", Edges: []float32{-2, -1, 0, 1, 2}},
			{Name: "packets", Edges: []float32{-1, 0.5, 3}},
			{Name: "constant", Edges: []float32{-0.5, 0.5}},
		},
		Categorical: []features.CategoricalSpec{{Name: "protocol", Size: 5}, {Name: "address", Size: 600}},
	}
}

// trainingGraph is forward pass, loss, gradient and a step of a network, as lib/train builds them.
func trainingGraph(l *model.Layout, loss model.Loss) func(in []*Node) []*Node {
	return func(in []*Node) []*Node {
		g := in[0].Graph()
		weights, stats := model.NewVector(in[0], l.Weights), model.NewVector(in[1], l.Stats)
		batch := model.Inputs{Numeric: Gather(in[2], ExpandAxes(in[5], -1)), Categorical: Gather(in[3], ExpandAxes(in[5], -1))}
		random := model.NewRandom(Const(g, uint32(77)))
		dims := batch.Numeric.Shape().Dimensions
		batch.Numeric = Add(batch.Numeric, MulScalar(random.Normal(dims...), 0.1))
		hidden := random.Below(Const(g, float32(0.05)), dims...)
		batch.Numeric = Where(hidden, BroadcastToDims(Const(g, float32(math.NaN())), dims...), batch.Numeric)
		logits := l.Forward(weights, stats, batch, model.Mode{
			Training: true, Random: random, Dropout: Const(g, float32(0.2)), Momentum: 0.1})
		value := loss.Graph(logits, Gather(in[4], ExpandAxes(in[5], -1)))
		gradient := weights.Gradient(value)
		norm := Sqrt(ReduceAllSum(Square(gradient)))
		clipped := Mul(gradient, MinScalar(MulScalar(Inverse(AddScalar(norm, 1e-6)), 0.5), 1))
		return []*Node{value, gradient, Sub(in[0], MulScalar(clipped, 0.01)), stats.Joined(), norm}
	}
}

func predictionGraph(l *model.Layout) func(in []*Node) []*Node {
	return func(in []*Node) []*Node {
		weights, stats := model.NewVector(in[0], l.Weights), model.NewVector(in[1], l.Stats)
		return []*Node{model.Vote(l.Forward(weights, stats, model.Inputs{Numeric: in[2], Categorical: in[3]}, model.Mode{}))}
	}
}

// TestGraphsOfThisRepository: training and prediction of every sort of network are compiled here, all of them, and agree
// with the reference backend.
func TestGraphsOfThisRepository(t *testing.T) {
	quick, plain := fusing(t, simd.Best(), 2), plainBackend(t)
	for name, c := range map[string]struct {
		config model.Config
		loss   model.Loss
	}{
		"default":       {model.Config{Dropout: 0.3}, model.Loss{}},
		"linear":        {model.Config{Embedding: model.Linear, TokenWidth: 16, Heads: 2, Blocks: 3, Members: 4, Layers: 3}, model.Loss{Focal: 2}},
		"periodic":      {model.Config{Embedding: model.Periodic, Members: 1, Layers: 1, Hidden: 16, Heads: 8}, model.Loss{ClassWeights: []float64{0.5, 2}}},
		"no attention":  {model.Config{Blocks: -1, Members: 3, Layers: 1}, model.Loss{Smoothing: 0.1}},
		"early members": {model.Config{Members: 3, Hidden: 16, MemberLayer: 1}, model.Loss{Focal: 1, Smoothing: 0.05, ClassWeights: []float64{1, 3}}},
		"classes":       {model.Config{Outputs: 4, Members: 2}, model.Loss{Focal: 1, Smoothing: 0.1, ClassWeights: []float64{1, 2, 3, 4}}},
		"wide heads":    {model.Config{TokenWidth: 24, Heads: 2, Members: 1}, model.Loss{}},
	} {
		for _, rows := range []int{5, 70} {
			t.Run(fmt.Sprint(name, " ", rows), func(t *testing.T) {
				l, err := model.NewLayout(c.config, spec())
				if err != nil {
					t.Fatal(err)
				}
				inputs := modelInputs(l, max(2, c.config.Outputs), rows)
				compareGraphs(t, quick, plain, trainingGraph(l, c.loss), inputs, 2e-4)
				compareGraphs(t, quick, plain, predictionGraph(l), inputs[:4], 2e-5)
			})
		}
	}
}

// modelInputs are weights, statistics, columns, labels and the rows of a batch.
func modelInputs(l *model.Layout, classes, rows int) []any {
	rng := rand.New(rand.NewPCG(3, 5))
	weights, stats := l.Init(1)
	numeric, codes := make([]float32, rows*3), make([]int32, rows*2)
	labels, index := make([]int32, rows), make([]int32, rows)
	for i := range rows {
		for j := range 3 {
			numeric[i*3+j] = float32(rng.NormFloat64())
		}
		codes[i*2], codes[i*2+1] = rng.Int32N(5), rng.Int32N(600)
		labels[i], index[i] = rng.Int32N(int32(classes)), rng.Int32N(int32(rows))
	}
	numeric[1] = float32(math.NaN())
	return []any{
		tensors.FromFlatDataAndDimensions(weights, len(weights)), tensors.FromFlatDataAndDimensions(stats, len(stats)),
		tensors.FromFlatDataAndDimensions(numeric, rows, 3), tensors.FromFlatDataAndDimensions(codes, rows, 2),
		tensors.FromFlatDataAndDimensions(labels, rows), tensors.FromFlatDataAndDimensions(index, rows),
	}
}

// compareGraphs runs a graph on both backends and compares what has a value.
func compareGraphs(t *testing.T, quick *backend, plain compute.Backend, build func(in []*Node) []*Node, inputs []any, tolerance float32) {
	t.Helper()
	before, left := quick.fused.Load(), quick.reference.Load()
	got, want := runGraph(t, quick, build, inputs), runGraph(t, plain, build, inputs)
	if quick.fused.Load() == before || quick.reference.Load() != left {
		t.Errorf("%d graphs compiled here, %d left to the reference backend", quick.fused.Load()-before, quick.reference.Load()-left)
	}
	for i := range want {
		if err := near(got[i], want[i], tolerance); err != nil {
			t.Errorf("output %d of %d values: %v", i, len(want[i].flat.([]float32)), err)
		}
	}
}

func runGraph(t *testing.T, b compute.Backend, build func(in []*Node) []*Node, inputs []any) []value {
	t.Helper()
	exec, err := NewExec(b, build)
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	local := make([]any, len(inputs))
	for i, in := range inputs {
		if local[i], err = in.(*tensors.Tensor).LocalClone(); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.Call(local...)
	if err != nil {
		t.Fatal(err)
	}
	values := make([]value, len(out))
	for i, o := range out {
		flat, err := tensors.CopyFlatData[float32](o)
		if err != nil {
			t.Fatal(err)
		}
		values[i] = value{flat, o.Shape().Dimensions}
	}
	return values
}
