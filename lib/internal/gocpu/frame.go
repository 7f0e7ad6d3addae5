package gocpu

import (
	"github.com/jamba-threat/jamba/lib/internal/simd"
)

// frame is the memory of one execution. Frames are kept for the next one.
type frame struct {
	kernels  *simd.Kernels
	arena    []float32
	data     [][]float32 // by buffer; nil for booleans
	booleans [][]bool    // by buffer; nil for the others
	workers  []*worker
	job      job
	shares   []share // of job, by worker
}

// worker is the memory of one of the threads that work on an execution.
type worker struct {
	registers [][]float32
	scratch   []float32
	uniforms  []float32
	bytes     []bool
	spare     []float32 // for a pass's own use
}

func (f *frame) floats(b *buffer) []float32 { return f.data[b.id] }
func (f *frame) flags(b *buffer) []bool     { return f.booleans[b.id] }

// value returns the one value that a uniform view reads.
func (f *frame) value(r ref) float32 {
	if r.item.kind == boolean {
		var mask [1]uint32
		f.kernels.Widen(mask[:], f.flags(r.item.buffer)[r.view.offset:][:1])
		return floats(mask[:])[0]
	}
	return f.floats(r.item.buffer)[r.view.offset]
}

// load copies the elements of r from number at on to dst, as values of a register.
func (f *frame) load(w *worker, dst []float32, r ref, at int) {
	if r.item.kind != boolean {
		fetchFloats(f.kernels, w.spare, dst, f.floats(r.item.buffer), r.view, at)
		return
	}
	from := f.flags(r.item.buffer)
	if r.view.isFlat() {
		f.kernels.Widen(bits(dst), from[r.view.offset+at:][:len(dst)])
		return
	}
	for len(dst) > 0 {
		n := min(len(dst), len(w.bytes))
		fetch(w.bytes[:n], from, r.view, at)
		f.kernels.Widen(bits(dst[:n]), w.bytes[:n])
		dst, at = dst[n:], at+n
	}
}
