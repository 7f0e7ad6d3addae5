package model

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Inputs are the columns of a batch, as features.Matrix has them.
type Inputs struct {
	Numeric     *Node // [B, Fn] float32, NaN where missing; nil when there is no numeric feature
	Categorical *Node // [B, Fc] int32 codes; nil when there is no categorical feature
}

func (in Inputs) rows() int {
	if in.Numeric != nil {
		return in.Numeric.Shape().Dim(0)
	}
	return in.Categorical.Shape().Dim(0)
}

// slice returns rows from..to-1.
func (in Inputs) slice(from, to int) Inputs {
	if in.Numeric != nil {
		in.Numeric = Slice(in.Numeric, AxisRange(from, to))
	}
	if in.Categorical != nil {
		in.Categorical = Slice(in.Categorical, AxisRange(from, to))
	}
	return in
}

// tokens makes one token per feature: [B, F, D], numeric features first.
func (l *Layout) tokens(w *Vector, in Inputs) *Node {
	var parts []*Node
	if in.Numeric != nil {
		parts = append(parts, l.numericTokens(w, in.Numeric))
	}
	if in.Categorical != nil {
		parts = append(parts, l.categoryTokens(w, in.Categorical))
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return Concatenate(parts, 1)
}

func (l *Layout) numericTokens(w *Vector, x *Node) *Node { // [B, Fn] -> [B, Fn, D]
	F, D := x.Shape().Dim(1), l.Config.TokenWidth
	x = ExpandAxes(Transpose(x, 0, 1), -1) // [Fn, B, 1]
	missing := NotEqual(x, x)              // true for NaN only
	x = Where(missing, ZerosLike(x), x)

	weight := Reshape(w.Get("token.numeric.weight"), F, -1, D)
	var code *Node // [Fn, B, T]
	switch l.Config.Embedding {
	case PiecewiseLinear:
		code = l.piecewise(x)
	case Linear:
		code = x
	case Periodic:
		angle := MulScalar(Mul(x, ExpandAxes(w.Get("token.numeric.frequency"), 1)), 2*math.Pi)
		code = Concatenate([]*Node{Sin(angle), Cos(angle)}, -1)
	}
	// Bias and learned missing value are two more rows of the matrix, of which a token has one: everything is one
	// product, and so is its gradient.
	code = Where(BroadcastToShape(missing, code.Shape()), ZerosLike(code), code)
	absent := ConvertDType(missing, code.DType())
	code = Concatenate([]*Node{code, OneMinus(absent), absent}, -1)
	extra := func(name string) *Node { return Reshape(w.Get("token.numeric."+name), F, 1, D) }
	table := Concatenate([]*Node{weight, extra("bias"), extra("missing")}, 1)
	return TransposeAllAxes(batchProduct(code, table), 1, 0, 2)
}

// piecewise encodes x [Fn, B, 1] as the share of each bin that lies below it: [Fn, B, T], all ones below the bin of x,
// all zeros above. Values outside the bins of the training rows count as the outermost edge, so that a wild value
// cannot drive the network further than the training rows did.
func (l *Layout) piecewise(x *Node) *Node {
	g, F, T := x.Graph(), len(l.Spec.Numeric), l.Bins()
	low, inverse := make([]float32, F*T), make([]float32, F*T)
	for j, f := range l.Spec.Numeric {
		for t := range len(f.Edges) - 1 {
			low[j*T+t] = f.Edges[t]
			inverse[j*T+t] = 1 / (f.Edges[t+1] - f.Edges[t])
		} // bins beyond the feature's own keep inverse 0 and encode to 0
	}
	cell := Mul(Sub(x, constant3(g, low, F, T)), constant3(g, inverse, F, T))
	return ClipScalar(cell, 0, 1)
}

func constant3(g *Graph, values []float32, rows, columns int) *Node {
	return Reshape(Const(g, values), rows, 1, columns)
}

// gatherAbove is the table size from which embeddings are looked up instead of multiplied: a product with one-hot rows
// is faster for small tables, in its gradient above all.
const gatherAbove = 512

func (l *Layout) categoryTokens(w *Vector, codes *Node) *Node { // [B, Fc] -> [B, Fc, D]
	g, B, D := codes.Graph(), codes.Shape().Dim(0), l.Config.TokenWidth
	table := w.Get("token.category.weight") // [rows of all features, D]
	var tokens []*Node
	row := 0
	for j, f := range l.Spec.Categorical {
		code := Slice(codes, AxisRange(), AxisRange(j, j+1)) // [B, 1]
		own := Slice(table, AxisRange(row, row+f.Size))      // [size, D]
		row += f.Size
		var t *Node
		if f.Size > gatherAbove {
			t = Gather(own, code)
		} else {
			classes := Iota(g, shapes.Make(dtypes.Int32, B, f.Size), 1)
			oneHot := ConvertDType(Equal(BroadcastToDims(code, B, f.Size), classes), dtypes.Float32)
			t = Dot(oneHot, own).Product()
		}
		tokens = append(tokens, Reshape(t, B, 1, D))
	}
	if len(tokens) == 1 {
		return tokens[0]
	}
	return Concatenate(tokens, 1)
}
