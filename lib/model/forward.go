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
	// Halves computes tokens and attention of either half of the batch apart, where it has an even number of rows. The
	// numbers are the same but for rounding. An engine with a thread pool works on both at once, also through
	// operations that it has no parallel form of.
	Halves bool
}

// Forward builds the network: one logit per row, member and output, [B, K, C]. In training the new running statistics
// are set in stats.
func (l *Layout) Forward(w, stats *Vector, in Inputs, mode Mode) *Node {
	c, B := l.Config, in.rows()
	var x *Node
	if mode.Halves && B%2 == 0 {
		x = Concatenate([]*Node{l.represent(w, in.slice(0, B/2)), l.represent(w, in.slice(B/2, B))}, 0)
	} else {
		x = l.represent(w, in)
	}
	for i, width := range c.LayerWidths() {
		x = c.featureLayer(w, stats, fmt.Sprintf("layer.%d.", i), x, B, width, mode)
	}
	return c.head(w, Reshape(x, B, c.Members, -1))
}

// represent makes what the feature layers read of the rows: their tokens side by side, then the mean of the tokens that
// attention has made of them, [B, F*D] or [B, (F+1)*D].
func (l *Layout) represent(w *Vector, in Inputs) *Node {
	c := l.Config
	t := l.tokens(w, in) // [B, F, D]
	B, F, D := t.Shape().Dim(0), t.Shape().Dim(1), c.TokenWidth
	x := Reshape(t, B, F*D)
	n := c.AttentionBlocks()
	if n == 0 {
		return x
	}
	a := Reshape(t, B*F, D)
	for i := range n {
		a = c.block(w, fmt.Sprintf("blk.%d.", i), a, B)
	}
	return Concatenate([]*Node{x, ReduceMean(Reshape(a, B, F, D), 1)}, 1)
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
	return dropoutSiLU(batchNorm(w, stats, at+"norm", h, out, mode), mode)
}

// memberLinear is the linear map of a layer whose members differ: out_k = s_k * (W (r_k * x) + b) + b_k for member k, with
// x [B, in], the same for all members, or [B*K, in]; the result is [B, K*out].
//
// Where all members read the same rows, and there are more of them than outputs, it is cheaper to scale the matrix for
// each member, once for all rows, than the rows for each member: one product with a [K*out, in] matrix.
func (c Config) memberLinear(w *Vector, at string, x *Node, B int) *Node {
	K, in := c.Members, x.Shape().Dim(1)
	matrix, bias := w.Get(at+"linear.weight"), w.Get(at+"linear.bias")
	r, s, own := w.Get(at+"member_in.weight"), w.Get(at+"member_out.weight"), w.Get(at+"member_out.bias")
	out := matrix.Shape().Dim(0)
	biases := kept(Reshape(Add(Mul(ExpandAxes(bias, 0), s), own), K*out))[0]
	if x.Shape().Dim(0) == B && B > out {
		all := Mul(Mul(ExpandAxes(matrix, 0), ExpandAxes(r, 1)), ExpandAxes(s, 2)) // [K, out, in]
		return c.linear(x, Reshape(all, K*out, in), biases)
	}
	x = Reshape(Mul(Reshape(x, B, -1, in), Reshape(rows(r, B), B, K, in)), B*K, in)
	return Add(Mul(Reshape(c.product(x, matrix), B, K*out), rows(s, B)), rows(biases, B))
}

// batchNorm normalises each column of x by the mean and variance of the batch in training, and by the running ones
// otherwise, so that in use a row does not depend on its neighbours. x is [N, width], or [N, K*width] with the columns of
// K members side by side, which are normalised together; the result is [N*K, width].
func batchNorm(w, stats *Vector, at string, x *Node, width int, mode Mode) *Node {
	members := x.Shape().Dim(1) / width
	h := Reshape(x, -1, width)
	mean, variance := stats.Get(at+".mean"), stats.Get(at+".variance")
	weight, bias := w.Get(at+".weight"), w.Get(at+".bias")
	row := func(n *Node) *Node { return ExpandLeftToRank(n, 2) }
	if !mode.Training {
		factor := Mul(weight, Inverse(Sqrt(AddScalar(variance, NormEpsilon))))
		return Add(Mul(Sub(h, row(mean)), row(factor)), row(bias))
	}
	n := float64(h.Shape().Dim(0))
	// Divided first: a sum that is scaled afterwards is no longer one that XLA's compiler does in vector registers.
	columnMeans := func(x *Node) *Node { return ReduceSum(MulScalar(x, 1/n), 0) }
	in, gain := StopGradient(h), StopGradient(weight)
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

	// The derivative by x, inverse*gain * (dy - mean(dy) - scaled*mean(dy*scaled)), is put as a*dy + b*x + c, with a, b and c
	// for all columns of x, in whose shape the next products read it.
	tile := func(n *Node) *Node { return Reshape(BroadcastToDims(row(n), members, width), members*width) }
	return withGradient(y, func(dy *Node) []*Node {
		dBias, dWeight := ReduceSum(dy, 0), ReduceSum(Mul(dy, scaled), 0)
		factor := Mul(gain, inverse)
		slope := MulScalar(Mul(Mul(factor, inverse), dWeight), -1/n)
		offset := Sub(MulScalar(Mul(factor, dBias), -1/n), Mul(slope, batchMean))
		of := kept(tile(factor), tile(slope), tile(offset))
		a, b, c := row(of[0]), row(of[1]), row(of[2])
		dx := Add(Mul(Reshape(dy, x.Shape().Dimensions...), a), Add(Mul(StopGradient(x), b), c))
		return []*Node{dx, dWeight, dBias}
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
