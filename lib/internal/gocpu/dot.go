package gocpu

import (
	"slices"

	"github.com/gomlx/compute"

	"github.com/jamba-threat/jamba/lib/internal/simd"
)

// dotForm is a product of matrices for each combination of batch indices: c[m,n] = sum over k of a[m,k] b[k,n].
type dotForm struct {
	batch   []batchAxis
	m, n, k int
	rowA    int // strides of a in memory
	colA    int
	rowB    int  // from one k to the next; of b transposed, from one n to the next
	turned  bool // b is [n, k], k contiguous
}

type batchAxis struct{ dim, a, b int }

// dotOperand is an operand's axes in groups, each brought down to one axis.
type dotOperand struct {
	batch      []int // strides
	cross, sum axis
}

func (l *lowering) dot(n *node) ref {
	axes := n.attr.(dotAxes)
	a, refA := l.operand(n.in[0], axes.batchA, axes.contractA, func(dotOperand) bool { return true })
	b, refB := l.operand(n.in[1], axes.batchB, axes.contractB, func(o dotOperand) bool {
		return (o.cross.stride == 1 || o.cross.dim == 1) && o.sum.stride >= o.cross.dim ||
			(o.sum.stride == 1 || o.sum.dim == 1) && o.cross.stride >= o.sum.dim
	})
	form := dotForm{m: a.cross.dim, n: b.cross.dim, k: a.sum.dim, rowA: a.cross.stride, colA: a.sum.stride}
	if b.cross.stride == 1 && b.sum.stride >= b.cross.dim || b.cross.dim == 1 && b.sum.stride != 1 {
		form.rowB = max(b.sum.stride, form.n)
	} else {
		form.turned, form.rowB = true, max(b.cross.stride, form.k)
	}
	for i, at := range axes.batchA {
		if dim := n.in[0].dims[at]; dim > 1 {
			form.batch = append(form.batch, batchAxis{dim, a.batch[i], b.batch[i]})
		}
	}
	return l.add(&item{class: matrix, op: compute.OpTypeDotGeneral, kind: float, n: n.size(), in: []ref{refA, refB}, attr: form})
}

// operand brings an operand into a form that a product can read, by a copy if there is no other way.
func (l *lowering) operand(x *node, batch, contract []int, fits func(dotOperand) bool) (dotOperand, ref) {
	var cross []int
	for i := range x.dims {
		if !slices.Contains(batch, i) && !slices.Contains(contract, i) {
			cross = append(cross, i)
		}
	}
	r := l.refs[x]
	if o, ok := operandOf(r.view, x.dims, batch, cross, contract); ok && fits(o) {
		return o, r
	}
	order := slices.Concat(batch, contract, cross)
	r = l.look(x, func(v view) (view, bool) { return v.transposed(x.dims, order) })
	r = l.copy(r, x.kind)
	dims := make([]int, len(order))
	places := make([]int, len(order))
	for i, at := range order {
		dims[i], places[i] = x.dims[at], i
	}
	nb, nc := len(batch), len(contract)
	o, _ := operandOf(r.view, dims, places[:nb], places[nb+nc:], places[nb:nb+nc])
	return o, r
}

// operandOf splits a view into groups of axes, or fails where a group is more than one axis in memory.
func operandOf(v view, dims, batch, cross, contract []int) (o dotOperand, ok bool) {
	groups, ok := v.split(dims)
	if !ok {
		return o, false
	}
	one := func(places []int) (axis, bool) {
		var all []axis
		for _, at := range places {
			all = append(all, groups[at]...)
		}
		switch all = newView(0, all).axes; len(all) {
		case 0:
			return axis{1, 1}, true
		case 1:
			return all[0], true
		}
		return axis{}, false
	}
	for _, at := range batch {
		a, single := one([]int{at})
		ok = ok && single
		o.batch = append(o.batch, a.stride)
	}
	var single bool
	o.cross, single = one(cross)
	ok = ok && single
	o.sum, single = one(contract)
	return o, ok && single
}

// product is the pass of one item of class matrix.
type matrixPass struct {
	item    *item
	form    dotForm
	batches int
	perTask int // products of a task, or 0: each product is divided by rows
	rows    int // of c for each task of a divided product
	pieces  int // tasks of a divided product
	scratch int
}

const (
	dotCall = 1 << 13 // floating-point operations that a product costs beside its own
	dotRows = 16      // rows of a task of a divided product are a multiple of so many
)

func compileDot(it *item, worth grain) *matrixPass {
	p := &matrixPass{item: it, form: it.attr.(dotForm), batches: 1}
	for _, b := range p.form.batch {
		p.batches *= b.dim
	}
	f := p.form
	work := 2*f.m*f.n*f.k + dotCall
	tasks := min(max(work*p.batches/worth.products, 1), maxTasks)
	p.rows, p.pieces = f.m, 1
	if p.batches >= tasks {
		p.perTask = (p.batches + tasks - 1) / tasks
	} else {
		each := (tasks + p.batches - 1) / p.batches
		p.rows = min((f.m/each+dotRows-1)/dotRows*dotRows, f.m)
		p.rows = max(p.rows, 1)
		p.pieces = (f.m + p.rows - 1) / p.rows
	}
	for _, m := range []int{p.rows, f.m - (p.pieces-1)*p.rows} {
		if f.turned {
			p.scratch = max(p.scratch, simd.ProductTScratch(m, f.n, f.k))
		} else {
			p.scratch = max(p.scratch, simd.ProductScratch(m, f.n, f.k))
		}
	}
	return p
}

func (p *matrixPass) tasks() int {
	if p.perTask > 0 {
		return (p.batches + p.perTask - 1) / p.perTask
	}
	return p.batches * p.pieces
}

func (p *matrixPass) run(f *frame, w *worker, task int) {
	if p.perTask == 0 {
		from := task % p.pieces * p.rows
		p.multiply(f, w, task/p.pieces, from, min(p.form.m, from+p.rows))
		return
	}
	for b := task * p.perTask; b < min(p.batches, (task+1)*p.perTask); b++ {
		p.multiply(f, w, b, 0, p.form.m)
	}
}

// multiply computes rows from..to of the product of one combination of batch indices.
func (p *matrixPass) multiply(f *frame, w *worker, batch, from, to int) {
	form := &p.form
	c := f.floats(p.item.buffer)[(batch*form.m+from)*form.n:]
	placeA, placeB := p.item.in[0].view.offset+from*form.rowA, p.item.in[1].view.offset
	for i := len(form.batch) - 1; i >= 0; i-- {
		at := form.batch[i]
		placeA += batch % at.dim * at.a
		placeB += batch % at.dim * at.b
		batch /= at.dim
	}
	a, b := f.floats(p.item.in[0].item.buffer)[placeA:], f.floats(p.item.in[1].item.buffer)[placeB:]
	multiply := f.kernels.Product
	if form.turned {
		multiply = f.kernels.ProductT
	}
	multiply(c, form.n, a, form.rowA, form.colA, b, form.rowB, to-from, form.n, form.k, false, w.scratch[:p.scratch])
}

func (p *matrixPass) finish(*frame) {}
