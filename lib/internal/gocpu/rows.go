package gocpu

import "github.com/gomlx/compute"

// serial is a pass of one task.
type serial struct {
	do func(f *frame, w *worker)
}

func (serial) tasks() int                       { return 1 }
func (p serial) run(f *frame, w *worker, _ int) { p.do(f, w) }
func (serial) finish(*frame)                    {}

// row returns the row that an index in a register chooses: for one outside that of the border, as XLA does.
func (r rowIndices) row(index float32) int {
	x := [1]float32{index}
	row := int(ints(x[:])[0])
	if r.kind == unsigned {
		row = int(bits(x[:])[0])
	}
	return min(max(row, 0), r.count-1)
}

// compileRows makes the pass of a Gather: row i of the result is the row of the table that index i names.
func compileRows(it *item) pass {
	table, at, by := it.in[0], it.in[1], it.attr.(rowIndices)
	width := table.view.size() / by.count
	return serial{func(f *frame, w *worker) {
		out, from := f.floats(it.buffer), f.floats(table.item.buffer)[table.view.offset:]
		var indices [64]float32
		for i := 0; i < at.view.size(); i += len(indices) {
			some := indices[:min(len(indices), at.view.size()-i)]
			f.load(w, some, at, i)
			for j, index := range some {
				row := by.row(index)
				copy(out[(i+j)*width:][:width], from[row*width:])
			}
		}
	}}
}

// compileSumRows makes the pass of a ScatterSum: row i of the updates is added to the row that index i names, in order.
func compileSumRows(it *item) pass {
	operand, at, updates, by := it.in[0], it.in[1], it.in[2], it.attr.(rowIndices)
	width := it.n / by.count
	return serial{func(f *frame, w *worker) {
		out, from := f.floats(it.buffer), f.floats(updates.item.buffer)[updates.view.offset:]
		f.load(w, out, operand, 0)
		var indices [64]float32
		for i := 0; i < at.view.size(); i += len(indices) {
			some := indices[:min(len(indices), at.view.size()-i)]
			f.load(w, some, at, i)
			for j, index := range some {
				row := out[by.row(index)*width:][:width]
				f.kernels.Add(row, row, from[(i+j)*width:][:width])
			}
		}
	}}
}

// concatPass lays parts side by side: each is [outer, width].
type concatPass struct {
	item  *item
	parts []concatPart
	outer int // rows of the result
	row   int // elements of a row
	each  int // rows of a task
}

type concatPart struct {
	ref       ref
	at, width int
}

// compileConcat makes the pass of a concatenation. Parts that were computed in their place are left alone.
func compileConcat(it *item, worth grain) pass {
	p := &concatPass{item: it, outer: it.attr.(joined).outer}
	p.row = it.n / p.outer
	p.each = min(max(1, worth.moved/p.row), p.outer)
	at := 0
	for _, part := range it.in {
		width := part.view.size() / p.outer
		if b := part.item.buffer; b.root != it.buffer || b.offset != at {
			p.parts = append(p.parts, concatPart{part, at, width})
		}
		at += width
	}
	return p
}

func (p *concatPass) tasks() int { return (p.outer + p.each - 1) / p.each }

func (p *concatPass) run(f *frame, w *worker, task int) {
	from := task * p.each
	count := min(p.each, p.outer-from)
	for _, part := range p.parts {
		to := view{from*p.row + part.at, []axis{{count, p.row}, {part.width, 1}}}
		f.place(w, p.item, to, part.ref, from*part.width)
	}
}

func (p *concatPass) finish(*frame) {}

// place copies elements of r, beginning with number first, to the part of the item's memory that a view of two axes,
// rows of neighbours, describes.
func (f *frame) place(w *worker, it *item, to view, r ref, first int) {
	outer, width := to.axes[0], to.axes[1].dim
	if it.kind == boolean {
		for i := range outer.dim {
			fetch(f.flags(it.buffer)[to.offset+i*outer.stride:][:width], f.flags(r.item.buffer), r.view, first+i*width)
		}
		return
	}
	out, from := f.floats(it.buffer), f.floats(r.item.buffer)
	if width > len(w.spare)/4 || r.view.isUniform() {
		for i := range outer.dim {
			fetchFloats(f.kernels, w.spare, out[to.offset+i*outer.stride:][:width], from, r.view, first+i*width)
		}
		return
	}
	// Narrow rows: many of them are fetched at once and then laid out.
	half := len(w.spare) / 2
	for i := 0; i < outer.dim; {
		rows := min(half/width, outer.dim-i)
		some := w.spare[:rows*width]
		fetchFloats(f.kernels, w.spare[half:], some, from, r.view, first+i*width)
		for at := to.offset + i*outer.stride; len(some) > 0; at += outer.stride {
			copy(out[at:][:width], some)
			some = some[width:]
		}
		i += rows
	}
}

// compilePad makes the pass of a Pad without interior padding.
func compilePad(it *item) pass {
	n := it.attr.(*node)
	axes := n.attr.([]compute.PadAxis)
	x := n.in[0].dims
	// The inside of the result as a view.
	var inside []axis
	offset, stride := 0, 1
	for i := len(x) - 1; i >= 0; i-- {
		if i < len(axes) {
			offset += axes[i].Start * stride
		}
		inside = append([]axis{{x[i], stride}}, inside...)
		stride *= n.dims[i]
	}
	v := newView(offset, inside)
	width := 1
	if k := len(v.axes); k > 0 && v.axes[k-1].stride == 1 {
		width = v.axes[k-1].dim
	}
	fill := ref{it.in[1].item, newView(it.in[1].view.offset, []axis{{it.n, 0}})}
	return serial{func(f *frame, w *worker) {
		f.place(w, it, view{0, []axis{{1, it.n}, {it.n, 1}}}, fill, 0)
		for i := 0; i < product(x); i += width {
			f.place(w, it, view{v.place(i), []axis{{1, width}, {width, 1}}}, it.in[0], i)
		}
	}}
}
