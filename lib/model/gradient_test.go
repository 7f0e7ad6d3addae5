package model

import (
	"math"
	"math/rand/v2"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/jamba-threat/jamba/lib/internal/gx"
)

// TestHandWrittenGradients compares each operation that has a gradient of its own with the same one written plainly: its
// value, and its derivative by every input.
func TestHandWrittenGradients(t *testing.T) {
	const n, wide = 6, 4
	stats := []Param{{Name: "norm.mean", Shape: []int{wide}, Size: wide},
		{Name: "norm.variance", Shape: []int{wide}, Offset: wide, Size: wide}}
	params := []Param{{Name: "norm.weight", Shape: []int{wide}, Size: wide},
		{Name: "norm.bias", Shape: []int{wide}, Offset: wide, Size: wide}}
	training := func(g *Graph) Mode {
		return Mode{Training: true, Random: NewRandom(Const(g, uint32(5))), Dropout: Const(g, float32(0.3)), Momentum: 0.1}
	}
	plainNorm := func(x, weight, bias *Node, axis int) *Node {
		centred := Sub(x, ReduceAndKeep(x, ReduceMean, axis))
		deviation := Sqrt(AddScalar(ReduceAndKeep(Square(centred), ReduceMean, axis), NormEpsilon))
		return Add(Mul(Div(centred, deviation), ExpandAxes(weight, 0)), ExpandAxes(bias, 0))
	}
	for name, c := range map[string]struct {
		shapes       [][]int
		quick, plain func(in []*Node) *Node
	}{
		"layer norm": {[][]int{{n, wide}, {wide}, {wide}, {3, wide}, {3}},
			func(in []*Node) *Node { return Config{}.normLinear(in[0], in[1], in[2], in[3], in[4]) },
			func(in []*Node) *Node { return Config{}.linear(plainNorm(in[0], in[1], in[2], -1), in[3], in[4]) }},
		"batch norm": {[][]int{{n, wide}, {2 * wide}},
			func(in []*Node) *Node {
				s := NewVector(Ones(in[0].Graph(), in[1].Shape()), stats)
				return batchNorm(NewVector(in[1], params), s, "norm", in[0], wide, training(in[0].Graph()))
			},
			func(in []*Node) *Node {
				return plainNorm(in[0], Slice(in[1], AxisRange(0, wide)), Slice(in[1], AxisRange(wide)), 0)
			}},
		"batch norm of members side by side": {[][]int{{n, 3 * wide}, {2 * wide}},
			func(in []*Node) *Node {
				s := NewVector(Ones(in[0].Graph(), in[1].Shape()), stats)
				return batchNorm(NewVector(in[1], params), s, "norm", in[0], wide, training(in[0].Graph()))
			},
			func(in []*Node) *Node {
				return plainNorm(Reshape(in[0], 3*n, wide), Slice(in[1], AxisRange(0, wide)), Slice(in[1], AxisRange(wide)), 0)
			}},
		"kept": {[][]int{{wide}, {wide}},
			func(in []*Node) *Node { return Mul(kept(in[0])[0], kept(in[1], in[0])[0]) },
			func(in []*Node) *Node { return Mul(in[0], in[1]) }},
		"dropout": {[][]int{{n, wide}},
			func(in []*Node) *Node { return dropoutSiLU(in[0], training(in[0].Graph())) },
			func(in []*Node) *Node {
				m := training(in[0].Graph())
				dropped := m.Random.Below(m.Dropout, n, wide)
				return Where(dropped, ZerosLike(in[0]), MulScalar(silu(in[0]), 1/0.7))
			}},
		"rows": {[][]int{{n, wide}, {2, wide / 2}},
			func(in []*Node) *Node { return Mul(in[0], rows(in[1], n)) },
			func(in []*Node) *Node { return Mul(in[0], Reshape(in[1], 1, wide)) }},
		"attention": {[][]int{{2 * n, 3 * wide}},
			func(in []*Node) *Node { return attention(in[0], 2, 2) },
			func(in []*Node) *Node { return plainAttention(in[0], 2, 2) }},
		"attention with wide heads": {[][]int{{2 * n, 3 * 18}}, // too wide for outerProduct
			func(in []*Node) *Node { return attention(in[0], 2, 2) },
			func(in []*Node) *Node { return plainAttention(in[0], 2, 2) }},
	} {
		t.Run(name, func(t *testing.T) {
			quick, plain := derive(t, c.quick, c.shapes), derive(t, c.plain, c.shapes)
			for i := range plain {
				for j, want := range plain[i] {
					if got := quick[i][j]; math.Abs(float64(got-want)) > 1e-5*(1+math.Abs(float64(want))) {
						t.Fatalf("%s: element %d is %v, written plainly %v",
							[]string{"value", "input 0", "input 1", "input 2", "input 3", "input 4"}[i], j, got, want)
					}
				}
			}
		})
	}
}

// plainAttention is what attention computes, from its definition.
func plainAttention(qkv *Node, B, H int) *Node {
	D := qkv.Shape().Dim(1) / 3
	F, dh := qkv.Shape().Dim(0)/B, D/H
	part := func(i int) *Node { return Reshape(Slice(qkv, AxisRange(), AxisRange(i*D, (i+1)*D)), B, F, H, dh) }
	weights := Softmax(MulScalar(Einsum("bqhd,bkhd->bhqk", part(0), part(1)), 1/sqrt(float64(dh))), -1)
	return Reshape(Einsum("bhqk,bkhd->bqhd", weights, part(2)), B*F, D)
}

// derive returns the value of f for random inputs, and the derivatives by them of a weighted sum of it.
func derive(t *testing.T, f func(in []*Node) *Node, dims [][]int) (values [][]float32) {
	t.Helper()
	e, err := gx.Open(gx.PureGo)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	rng := rand.New(rand.NewPCG(1, 2))
	var args []any
	for _, d := range dims {
		v := make([]float32, size(d))
		for i := range v {
			v[i] = float32(rng.NormFloat64())
		}
		x, err := e.Floats(v, d...)
		if err != nil {
			t.Fatal(err)
		}
		args = append(args, x)
	}
	fn, err := e.Compile(t.Name(), func(in []*Node) []*Node {
		y := f(in)
		weights := AddScalar(Sin(MulScalar(IotaFull(y.Graph(), y.Shape()), 1.7)), 0.3)
		return append([]*Node{y}, Gradient(ReduceAllSum(Mul(y, weights)), in...)...)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer fn.Close()
	out, err := fn.Call(args...)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range out {
		v, err := gx.Read(o)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	return values
}
