package model

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

const normEpsilon = 1e-5

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

func layerNorm(x, weight, bias *Node) *Node { // x [N, D]
	centred := Sub(x, ReduceAndKeep(x, ReduceMean, -1))
	variance := ReduceAndKeep(Square(centred), ReduceMean, -1)
	// Rsqrt has no gradient in GoMLX.
	scaled := Mul(centred, Inverse(Sqrt(AddScalar(variance, normEpsilon))))
	return Add(Mul(scaled, ExpandLeftToRank(weight, 2)), ExpandLeftToRank(bias, 2))
}

func silu(x *Node) *Node { return Mul(x, Sigmoid(x)) }

// withGradient returns y, computed from x without automatic gradient, such that the derivative by x is grad(dy).
// x is [N, wide], y is [N, narrow]; narrow must not be wider.
func withGradient(x, y *Node, grad func(dy *Node) *Node) *Node {
	narrow := y.Shape().Dim(1)
	carrier := IdentityWithCustomGradient(x, func(_, dx *Node) *Node {
		return grad(Slice(dx, AxisRange(), AxisRange(0, narrow)))
	})
	carrier = Slice(carrier, AxisRange(), AxisRange(0, narrow))
	return Add(StopGradient(y), Sub(carrier, StopGradient(carrier)))
}
