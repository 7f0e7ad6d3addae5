package model

import . "github.com/gomlx/gomlx/core/graph"

// block is one pre-norm residual block over the tokens of each row: t [B*F, D] -> [B*F, D].
//
//	t += attention(norm(t));  t += down(silu(gate(norm(t))) * up(norm(t)))
func (c Config) block(w *Vector, at string, t *Node, rows int) *Node {
	d, ff := c.TokenWidth, c.FFN
	qkv := c.normLinear(t, w.Get(at+"attn_norm.weight"), w.Get(at+"attn_norm.bias"),
		w.Span(at+"attn_q.weight", at+"attn_v.weight", 3*d, d), w.Span(at+"attn_q.bias", at+"attn_v.bias", 3*d))
	h := attention(qkv, rows, c.Heads)
	t = Add(t, c.linear(h, w.Get(at+"attn_output.weight"), w.Get(at+"attn_output.bias")))

	both := c.normLinear(t, w.Get(at+"ffn_norm.weight"), w.Get(at+"ffn_norm.bias"),
		w.Span(at+"ffn_gate.weight", at+"ffn_up.weight", 2*ff, d), w.Span(at+"ffn_gate.bias", at+"ffn_up.bias", 2*ff))
	gate, up := Slice(both, AxisRange(), AxisRange(0, ff)), Slice(both, AxisRange(), AxisRange(ff, 2*ff))
	return Add(t, c.linear(Mul(silu(gate), up), w.Get(at+"ffn_down.weight"), w.Get(at+"ffn_down.bias")))
}

// attention is multi-head self-attention among the F tokens of each of B rows: qkv [B*F, 3D] -> [B*F, D].
// Its gradient is written by hand: the automatic one keeps soft-max weights, their logarithms and several transposed
// copies. Scores are kept as [B, H, key, query], so that every product has the form of batchProduct without a copy,
// and the soft-max is divided by its sum only after the second product, on a tensor F/(D/H) times smaller.
func attention(qkv *Node, B, H int) *Node {
	D := qkv.Shape().Dim(1) / 3
	F, dh := qkv.Shape().Dim(0)/B, D/H
	scale := 1 / sqrt(float64(dh))
	x := Reshape(StopGradient(qkv), B, F, 3, H, dh)
	part := func(i int) *Node {
		return Reshape(Slice(x, AxisRange(), AxisRange(), AxisRange(i, i+1)), B, F, H, dh)
	}
	tokensFirst := func(n *Node) *Node { return TransposeAllAxes(n, 0, 2, 1, 3) } // [B,F,H,dh] -> [B,H,F,dh]
	widthFirst := func(n *Node) *Node { return TransposeAllAxes(n, 0, 2, 3, 1) }  // [B,F,H,dh] -> [B,H,dh,F]
	q, k, v := part(0), part(1), part(2)

	e := batchProduct(tokensFirst(k), widthFirst(MulScalar(q, scale))) // [B,H,key,query]
	e = Exp(Sub(e, ReduceAndKeep(e, ReduceMax, 2)))
	sum := ReduceAndKeep(e, ReduceSum, 2) // [B,H,1,query]
	inverse := Inverse(sum)
	out := Mul(batchProduct(widthFirst(v), e), inverse) // [B,H,dh,query]
	flat := func(n *Node, perm ...int) *Node { return Reshape(TransposeAllAxes(n, perm...), B*F, D) }
	y := flat(out, 0, 3, 1, 2)

	return withGradient(y, func(dy *Node) []*Node {
		d4 := Reshape(dy, B, F, H, dh)
		dOut := Div(widthFirst(d4), sum)                             // [B,H,dh,query]; XLA keeps the result of a division
		dRow := Mul(tokensFirst(d4), Reshape(inverse, B, H, F, 1))   // the same as [B,H,query,dh]
		delta := ReduceAndKeep(Mul(dOut, out), ReduceSum, 2)         // [B,H,1,query]
		dv := batchProduct(e, dRow)                                  // [B,H,key,dh]
		ds := Mul(e, Sub(outerProduct(tokensFirst(v), dOut), delta)) // [B,H,key,query]
		dk := MulScalar(batchProduct(ds, tokensFirst(q)), scale)     // [B,H,key,dh]
		dq := MulScalar(batchProduct(widthFirst(k), ds), scale)      // [B,H,dh,query]
		return []*Node{Concatenate([]*Node{flat(dq, 0, 3, 1, 2), flat(dk, 0, 2, 1, 3), flat(dv, 0, 2, 1, 3)}, 1)}
	}, qkv)
}
