package score

import (
	"github.com/jamba-threat/jamba/lib/internal/simd"
)

// scratch is the memory of one pass over plan.rows rows. A pool keeps them, so that predictions allocate nothing.
type scratch struct {
	numeric []float32 // [rows, Fn] scaled values
	raw     []float32 // tokens [rows, F*D], row-major
	input   []float32 // of the tower [F*D+D][rows]
	tokens  []float32 // [D][lanes]
	normed  []float32 // [D][lanes]
	qkv     []float32 // [3*D][lanes]
	ffn     []float32 // [2*ffn][lanes]

	attention []float32
	shared    [2][]float32 // [width][rows], by turns
	members   [2][]float32 // [width][rows*K]: input and output of a layer
	logits    []float32    // [outputs][rows*K]

	// one row
	raw1    []float64 // inputs
	codes1  []int32
	out1    []float64 // [outputs]
	ignored []int32
	noTexts []string
}

// newScratch makes room for a whole pass.
func (n *transformer) newScratch() *scratch {
	s := &scratch{}
	t := &n.tower
	rows, F := n.plan.rows, n.tokens.tokens()
	s.numeric = make([]float32, rows*len(n.tokens.numeric))
	s.raw = make([]float32, n.plan.attention*F*n.width)
	s.input = simd.Alloc((F+1)*n.width*n.inputStride(rows) + simd.Group)
	if len(n.blocks) > 0 {
		lanes := n.plan.attention * F
		ld := simd.Stride(lanes) + simd.Group
		s.tokens, s.normed, s.qkv = simd.Alloc(n.width*ld), simd.Alloc(n.width*ld), simd.Alloc(3*n.width*ld)
		s.ffn = simd.Alloc(2 * n.ffn * simd.Stride(min(n.plan.ffn, lanes)))
		s.attention = make([]float32, simd.AttentionScratch(F))
	}
	for i := range s.shared {
		s.shared[i] = simd.Alloc(t.widest*n.inputStride(rows) + simd.Group)
	}
	lanes := simd.Stride(n.plan.members * t.members)
	s.members[0], s.members[1] = simd.Alloc(t.memberIn*lanes), simd.Alloc(t.widest*lanes)
	s.logits = simd.Alloc(t.head.outputs * lanes)
	return s
}

// newScratch adds room for one row to the network's.
func (m *Model) newScratch() *scratch {
	s := m.net.newScratch()
	nc := len(m.inputs.Categorical)
	s.raw1 = make([]float64, len(m.inputs.Numeric))
	s.codes1, s.ignored, s.noTexts = make([]int32, nc), make([]int32, nc), make([]string, nc)
	s.out1 = make([]float64, m.Outputs())
	return s
}
