package score

import (
	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/internal/modelfile"
	"github.com/jamba-threat/jamba/lib/internal/simd"
)

// transformer is the network of this library, compiled for one instruction set: matrices packed, norms folded into what stands beside
// them. It does not change and may be used by many goroutines, each with its own scratch.
//
// Activations are matrices [features][lanes]. A lane is a token in the attention blocks, a row in the shared feature layers,
// and a member of a row in those where the members differ; all lanes are independent, so every kernel works on
// sixteen of them at a time, and one row with sixteen members is as good as sixteen rows.
type transformer struct {
	k       *simd.Kernels
	tokens  *tokenizer
	blocks  []block
	tower   tower
	width   int // D
	ffn     int
	heads   int
	epsilon float32
	plan    plan
}

// block is one attention block.
type block struct {
	attentionNorm, ffnNorm norm
	qkv, output            *simd.Packed
	gateUp, down           *simd.Packed
}

type norm struct{ weight, bias []float32 }

// plan says how many rows or lanes are worked on at a time, so that the buffers stay in the second-level cache.
type plan struct {
	rows      int // of a whole pass
	attention int // rows in the attention blocks
	ffn       int // lanes in the feed-forward part of a block
	members   int // rows in the layers where members differ
}

const (
	maxRows = 64       // enough columns for a matrix product to run at full speed
	budget  = 96 << 10 // floats that a part may work on: 384 KiB
)

func newTransformer(k *simd.Kernels, m *modelfile.Model, spec features.Spec) *transformer {
	c := &m.Network
	n := &transformer{k: k, tokens: newTokenizer(m, spec), width: c.Width, ffn: c.FFN, heads: c.Heads, epsilon: c.Epsilon}
	for i := range c.Blocks {
		n.blocks = append(n.blocks, newBlock(k, m, i))
	}
	n.tower = newTower(k, m, n.tokens.tokens())
	F := n.tokens.tokens()
	n.plan = plan{rows: maxRows,
		attention: within(budget/(5*c.Width*F), 1, maxRows),
		ffn:       within(budget/(2*c.FFN)/simd.Group*simd.Group, simd.Group, budget),
		members:   within(budget/(n.tower.memberIn*c.Members), 1, maxRows)}
	return n
}

func within(v, low, high int) int { return min(max(v, low), high) }

func newBlock(k *simd.Kernels, m *modelfile.Model, i int) block {
	get := func(part string) []float32 { return m.Weights[modelfile.Block(i, part)] }
	join := func(parts ...string) (all []float32) {
		for _, p := range parts {
			all = append(all, get(p)...)
		}
		return all
	}
	d, ff := m.Network.Width, m.Network.FFN
	return block{
		attentionNorm: norm{get("attn_norm.weight"), get("attn_norm.bias")},
		ffnNorm:       norm{get("ffn_norm.weight"), get("ffn_norm.bias")},
		qkv:           k.Pack(3*d, d, join("attn_q.weight", "attn_k.weight", "attn_v.weight"), join("attn_q.bias", "attn_k.bias", "attn_v.bias")),
		output:        k.Pack(d, d, get("attn_output.weight"), get("attn_output.bias")),
		gateUp:        k.Pack(2*ff, d, join("ffn_gate.weight", "ffn_up.weight"), join("ffn_gate.bias", "ffn_up.bias")),
		down:          k.Pack(d, ff, get("ffn_down.weight"), get("ffn_down.bias")),
	}
}

func (n *transformer) outputs() int { return n.tower.head.outputs }
func (n *transformer) batch() int   { return n.plan.rows }

func (n *transformer) run(s *scratch, out []float64, numeric []float32, codes []int32, rows int) error {
	k, D, F := n.k, n.width, n.tokens.tokens()
	fn, fc := len(n.tokens.numeric), len(n.tokens.category)
	step := min(rows, n.plan.attention)
	ldi := n.inputStride(rows)
	for first := 0; first < rows; first += step {
		m := min(step, rows-first)
		n.tokens.write(s.raw, numeric[first*fn:(first+m)*fn], codes[first*fc:(first+m)*fc], m)
		k.Transpose(s.input[first:], ldi, s.raw, F*D, m, F*D)
		if len(n.blocks) > 0 {
			n.attend(s, m)
			k.MeanTokens(s.input[F*D*ldi+first:], ldi, s.tokens, simd.Stride(m*F), D, F, m)
		}
	}
	n.tower.run(k, s, out, ldi, rows, min(rows, n.plan.members))
	return nil
}

// inputStride leaves room for what kernels write beyond the last row of a part that begins inside a group of lanes.
func (n *transformer) inputStride(rows int) int {
	if rows > n.plan.attention {
		rows += simd.Group - 1
	}
	return simd.Stride(rows)
}

// attend makes lanes of the raw tokens of m rows and runs the attention blocks over them, in place.
func (n *transformer) attend(s *scratch, m int) {
	k, D, F := n.k, n.width, n.tokens.tokens()
	lanes := m * F
	ld := simd.Stride(lanes)
	k.Transpose(s.tokens, ld, s.raw, D, lanes, D)
	q, key, v := s.qkv[:D*ld], s.qkv[D*ld:2*D*ld], s.qkv[2*D*ld:3*D*ld]
	for i := range n.blocks {
		b := &n.blocks[i]
		k.LayerNorm(s.normed, ld, s.tokens, ld, b.attentionNorm.weight, b.attentionNorm.bias, n.epsilon, D, lanes)
		k.Gemm(s.qkv, ld, b.qkv, s.normed, ld, lanes, false)
		k.Attention(s.normed, q, key, v, ld, n.heads, D/n.heads, F, m, s.attention)
		k.Gemm(s.tokens, ld, b.output, s.normed, ld, lanes, true)

		k.LayerNorm(s.normed, ld, s.tokens, ld, b.ffnNorm.weight, b.ffnNorm.bias, n.epsilon, D, lanes)
		for first := 0; first < lanes; first += n.plan.ffn {
			c := min(n.plan.ffn, lanes-first)
			ldf := simd.Stride(c)
			gate, up := s.ffn[:n.ffn*ldf], s.ffn[n.ffn*ldf:2*n.ffn*ldf]
			k.Gemm(s.ffn, ldf, b.gateUp, s.normed[first:], ld, c, false)
			k.SiLUMul(gate, up, ldf, n.ffn, c)
			k.Gemm(s.tokens[first:], ld, b.down, gate, ldf, c, true)
		}
	}
}
