package model

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
)

// Mode says how a forward pass differs between training and use.
type Mode struct {
	Training bool
	Random   *Random // training only
	Dropout  *Node   // training only: scalar float32, probability of dropping an activation of a feature layer
	Momentum float64 // training only: weight of the batch in the running statistics, 0.1 as in PyTorch
}

// Forward builds the network: one logit per row, member and output, [B, K, C]. In training the new running statistics
// are set in stats.
func (l *Layout) Forward(w, stats *Vector, in Inputs, mode Mode) *Node {
	c := l.Config
	t := l.tokens(w, in) // [B, F, D]
	B, F, D := t.Shape().Dim(0), t.Shape().Dim(1), c.TokenWidth
	x := Reshape(t, B, F*D)
	if n := c.AttentionBlocks(); n > 0 {
		a := Reshape(t, B*F, D)
		for i := range n {
			a = c.block(w, fmt.Sprintf("blk.%d.", i), a, B)
		}
		x = Concatenate([]*Node{x, ReduceMean(Reshape(a, B, F, D), 1)}, 1)
	}
	for i, width := range c.LayerWidths() {
		x = c.featureLayer(w, stats, fmt.Sprintf("layer.%d.", i), x, B, width, mode)
	}
	return c.head(w, Reshape(x, B, c.Members, -1))
}

// featureLayer is Linear -> BatchNorm -> SiLU -> Dropout. x is [B, in] up to the layer from which on members differ, and
// [B*K, in] after it; the result is [B, out] or [B*K, out].
//
// Members share the matrix and differ by element-wise factors on its input and output, and by a bias (BatchEnsemble,
// Wen et al. 2020; TabM, Gorishniy et al. 2025). Batch norm takes its statistics over rows and members together: with
// statistics of its own, a member's output factor would have no effect.
func (c Config) featureLayer(w, stats *Vector, at string, x *Node, B, out int, mode Mode) *Node {
	var h *Node
	if w.Has(at + "member_in.weight") {
		h = c.memberLinear(w, at, x, B)
	} else {
		h = c.linear(x, w.Get(at+"linear.weight"), w.Get(at+"linear.bias"))
	}
	return dropoutSiLU(batchNorm(w, stats, at+"norm", h, mode), mode)
}

// memberLinear is the linear map of a layer whose members differ: out_k = s_k * (W (r_k * x) + b) + b_k for member k, with
// x [B, in], the same for all members, or [B*K, in]; the result is [B*K, out].
//
// Where all members read the same rows, and there are more of them than outputs, it is cheaper to scale the matrix for
// each member, once for all rows, than the rows for each member: one product with a [K*out, in] matrix.
func (c Config) memberLinear(w *Vector, at string, x *Node, B int) *Node {
	K, in := c.Members, x.Shape().Dim(1)
	matrix, bias := w.Get(at+"linear.weight"), w.Get(at+"linear.bias")
	r, s, own := w.Get(at+"member_in.weight"), w.Get(at+"member_out.weight"), w.Get(at+"member_out.bias")
	out := matrix.Shape().Dim(0)
	if x.Shape().Dim(0) == B && B > out {
		all := Mul(Mul(ExpandAxes(matrix, 0), ExpandAxes(r, 1)), ExpandAxes(s, 2)) // [K, out, in]
		biases := Add(Mul(ExpandAxes(bias, 0), s), own)                            // [K, out]
		return Reshape(c.linear(x, Reshape(all, K*out, in), Reshape(biases, K*out)), B*K, out)
	}
	x = Reshape(Mul(Reshape(x, B, -1, in), Reshape(rows(r, B), B, K, in)), B*K, in)
	h := Reshape(c.linear(x, matrix, bias), B, K*out)
	return Reshape(Add(Mul(h, rows(s, B)), rows(own, B)), B*K, out)
}

// batchNorm normalises each column of x [N, W] by the mean and variance of the batch in training, and by the running
// ones otherwise, so that in use a row does not depend on its neighbours.
func batchNorm(w, stats *Vector, at string, x *Node, mode Mode) *Node {
	mean, variance := stats.Get(at+".mean"), stats.Get(at+".variance")
	weight, bias := w.Get(at+".weight"), w.Get(at+".bias")
	row := func(n *Node) *Node { return ExpandLeftToRank(n, 2) }
	if !mode.Training {
		factor := Mul(weight, Inverse(Sqrt(AddScalar(variance, NormEpsilon))))
		return Add(Mul(Sub(x, row(mean)), row(factor)), row(bias))
	}
	n := float64(x.Shape().Dim(0))
	// Divided first: a sum that is scaled afterwards is no longer one that XLA's compiler does in vector registers.
	columnMeans := func(x *Node) *Node { return ReduceSum(MulScalar(x, 1/n), 0) }
	in, gain := StopGradient(x), StopGradient(weight)
	batchMean := columnMeans(in)
	centred := Sub(in, row(batchMean))
	batchVariance := columnMeans(Square(centred))
	blend := func(old, new *Node) *Node {
		return StopGradient(Add(MulScalar(old, 1-mode.Momentum), MulScalar(new, mode.Momentum)))
	}
	stats.Set(at+".mean", blend(mean, batchMean))
	stats.Set(at+".variance", blend(variance, MulScalar(batchVariance, n/max(1, n-1))))
	inverse := Inverse(Sqrt(AddScalar(batchVariance, NormEpsilon)))
	scaled := Mul(centred, row(inverse))
	y := Add(Mul(scaled, row(gain)), row(StopGradient(bias)))
	return withGradient(y, func(dy *Node) []*Node {
		dBias, dWeight := ReduceSum(dy, 0), ReduceSum(Mul(dy, scaled), 0)
		through := Add(row(dBias), Mul(scaled, row(dWeight))) // by way of mean and variance
		return []*Node{Mul(Sub(dy, MulScalar(through, 1/n)), row(Mul(gain, inverse))), dWeight, dBias}
	}, x, weight, bias)
}

// dropoutSiLU is SiLU, after which training zeroes activations with the probability of the mode and scales the others, so
// that the mean is unchanged.
//
// The division comes last and the gradient is written by hand for the sake of XLA: it keeps the result of a division, and
// would else draw the random numbers and take the exponentials anew for each member that reads it.
func dropoutSiLU(x *Node, mode Mode) *Node {
	if !mode.Training {
		return silu(x)
	}
	dropped := mode.Random.Below(mode.Dropout, x.Shape().Dimensions...)
	keep := Inverse(MaxScalar(OneMinus(mode.Dropout), 1e-6))
	mask := func(x *Node) *Node { return Where(dropped, ZerosLike(x), Mul(x, keep)) }
	in := StopGradient(x)
	denominator := AddScalar(Exp(Neg(in)), 1)
	return withGradient(Div(mask(in), denominator), func(dy *Node) []*Node {
		sigmoid := Inverse(denominator)
		return []*Node{Mul(mask(dy), Mul(sigmoid, AddScalar(Mul(in, OneMinus(sigmoid)), 1)))}
	}, x)
}

// head maps each member's features [B, K, W] to its own logits [B, K, C].
func (c Config) head(w *Vector, h *Node) *Node {
	weight, bias := w.Get("head.weight"), ExpandAxes(w.Get("head.bias"), 0) // [K, C, W], [1, K, C]
	if c.Outputs == 1 {
		B, K, W := h.Shape().Dim(0), c.Members, h.Shape().Dim(2)
		return Add(ReduceAndKeep(Mul(h, Reshape(rows(weight, B), B, K, W)), ReduceSum, -1), bias)
	}
	return Add(Einsum("bkw,kcw->bkc", h, weight), bias)
}

// logitBound keeps exponentials of logits inside float32; beyond it a probability is 0 or 1 to 26 digits anyway.
const logitBound = 60

// Vote averages the members' probabilities: logits [B, K, C] to one log-odds per row [B, 1] when C is 1, else to
// class probabilities [B, C]. Log-odds keep the order of rows whose probability rounds to 1.
func Vote(logits *Node) *Node {
	logits = ClipScalar(logits, -logitBound, logitBound)
	if logits.Shape().Dim(2) == 1 {
		return Sub(Log(ReduceMean(Sigmoid(logits), 1)), Log(ReduceMean(Sigmoid(Neg(logits)), 1)))
	}
	return ReduceMean(Softmax(logits, -1), 1)
}
