package model

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// NormEpsilon is what batch norm and layer norm add to a variance.
const NormEpsilon = 1e-5

func sqrt(x float64) float64 { return math.Sqrt(x) }

// linear is x Wᵀ + b with x [N, in], W [out, in], b [out]. With W in this order the gradients are plain products too.
func (c Config) linear(x, w, b *Node) *Node {
	return Add(c.product(x, w), ExpandLeftToRank(b, 2))
}

// product is x Wᵀ. Under BFloat16 the inputs are rounded and the result is float32 again.
func (c Config) product(x, w *Node) *Node {
	if c.Precision == BFloat16 {
		x, w = ConvertDType(x, dtypes.BFloat16), ConvertDType(w, dtypes.BFloat16)
	}
	return ConvertDType(DotGeneral(x, []int{1}, nil, w, []int{1}, nil), dtypes.Float32)
}

// batchProduct multiplies [..., m, k] by [..., k, n], all leading axes being batch axes. This is the one form of a
// batched product that XLA's CPU compiler tiles.
func batchProduct(a, b *Node) *Node {
	r := a.Rank()
	batch := make([]int, r-2)
	for i := range batch {
		batch[i] = i
	}
	return DotGeneral(a, []int{r - 1}, batch, b, []int{r - 2}, batch)
}

// outerProduct is batchProduct for a small k: element-wise, so that it becomes one loop with what is done to its result.
func outerProduct(a, b *Node) *Node {
	k := b.Shape().Dim(-2)
	if k > 8 {
		return batchProduct(a, b)
	}
	var sum *Node
	for i := range k {
		one := AxisRange(i, i+1)
		term := Mul(Slice(a, AxisRange().Spacer(), one), Slice(b, AxisRange().Spacer(), one, AxisRange()))
		if sum == nil {
			sum = term
		} else {
			sum = Add(sum, term)
		}
	}
	return sum
}

// standardise makes the mean of each row of x [N, D] 0 and its variance 1.
func standardise(x *Node) *Node {
	mean := func(n *Node) *Node { return ReduceAndKeep(n, ReduceMean, -1) }
	in := StopGradient(x)
	centred := Sub(in, mean(in))
	inverse := Inverse(Sqrt(AddScalar(mean(Square(centred)), NormEpsilon))) // [N, 1]
	y := Mul(centred, inverse)
	return withGradient(y, func(dy *Node) []*Node {
		return []*Node{Mul(Sub(Sub(dy, mean(dy)), Mul(y, mean(Mul(dy, y)))), inverse)}
	}, x)
}

// normLinear is linear(norm(x)) with a layer norm of the given weight and bias. What the norm does to a column it does
// to the matrix instead, which is many times smaller than x.
func (c Config) normLinear(x, weight, bias, w, b *Node) *Node {
	b = Add(b, Reshape(Dot(w, ExpandAxes(bias, -1)).Product(), -1))
	return c.linear(standardise(x), Mul(w, ExpandAxes(weight, 0)), b)
}

func silu(x *Node) *Node { return Mul(x, Sigmoid(x)) }

// rows repeats v, [W] or of any shape with W elements, as n rows [n, W]. Its gradient is a sum over the first of two axes;
// over the first of three, to which ExpandAxes would lead, XLA takes so much longer that it shows in the whole step.
func rows(v *Node, n int) *Node {
	v = Reshape(v, -1)
	y := BroadcastToDims(ExpandAxes(StopGradient(v), 0), n, v.Shape().Dim(0))
	return withGradient(y, func(dy *Node) []*Node { return []*Node{ReduceSum(dy, 0)} }, v)
}

// kept returns vectors of one length unchanged, as something that XLA computes before whatever reads them: rows of a
// product. It would else work out, for each element of a large tensor again, what a short vector repeated along its rows
// has there, and to which column the element belongs, which it can only do for one element at a time.
func kept(vectors ...*Node) []*Node {
	all := make([]*Node, max(2, len(vectors))) // a product with a single row would be taken apart
	for i := range all {
		all[i] = ExpandAxes(vectors[min(i, len(vectors)-1)], 0)
	}
	n := len(all)
	product := Dot(DiagonalWithValue(ScalarOne(all[0].Graph(), all[0].DType()), n), Concatenate(all, 0)).Product()
	out := make([]*Node, len(vectors))
	for i := range out {
		out[i] = Reshape(Slice(product, AxisRange(i, i+1)), -1)
	}
	return out
}

// withGradient returns y such that its derivatives by the inputs are what grad makes of the derivative of the loss by y,
// one for each input. y must be computed from the inputs without automatic gradient, see StopGradient.
func withGradient(y *Node, grad func(dy *Node) []*Node, inputs ...*Node) *Node {
	var grads []*Node
	// The automatic gradient needs a path from y to each input, and no number may take it in either direction.
	path := ScalarZero(y.Graph(), y.DType())
	for i, in := range inputs {
		in = IdentityWithCustomGradient(in, func(_, _ *Node) *Node { return grads[i] })
		path = Add(path, Reshape(Slice(Reshape(in, -1), AxisRange(0, 1))))
	}
	y = Where(Const(y.Graph(), false), BroadcastToDims(path, y.Shape().Dimensions...), y)
	return IdentityWithCustomGradient(y, func(_, dy *Node) *Node {
		grads = grad(dy)
		return dy
	})
}
