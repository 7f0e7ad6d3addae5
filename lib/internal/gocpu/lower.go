package gocpu

import (
	"cmp"
	"slices"

	"github.com/gomlx/compute"
)

// class says how an item is computed.
type class uint8

const (
	source      class = iota // a parameter or constant: nothing to compute
	elementwise              // from the elements at the same place of its inputs, or from the place alone
	reduction                // over the elements of its input
	matrix                   // DotGeneral
	rows                     // Gather of rows
	sumRows                  // ScatterSum of rows
	concat
	pad
)

// item is a tensor that is computed, once per execution. What merely looks at a tensor in another way, such as a
// reshape, a transpose or a broadcast, is no item but a ref with another view.
type item struct {
	class class
	op    compute.OpType
	kind  kind
	from  kind // of the values that the operation takes, where it differs from kind
	n     int
	in    []ref
	attr  any
	order int // of computation

	static bool // depends on constants alone: computed once, when the graph is compiled
	output bool
	depth  int
	group  *group
	buffer *buffer // nil if the value only ever lives in registers
	users  []*item
}

// ref is a tensor as an operation reads it.
type ref struct {
	item *item
	view view
}

// Attributes of items.
type (
	reduced struct{ outer, r, inner int } // input [outer, r, inner], output [outer, inner]
	joined  struct{ outer int }           // concatenation: each part is [outer, its size/outer]

	rowIndices struct {
		count int  // rows of the table
		kind  kind // of the indices
	}
)

// domain is the number of elements that the loop computing the item runs over.
func (it *item) domain() int {
	if r, ok := it.attr.(reduced); ok {
		return r.outer * r.r * r.inner
	}
	return it.n
}

// lowering turns nodes into items.
type lowering struct {
	items []*item
	refs  map[*node]ref
}

// lower returns the items needed for the outputs, in an order of computation, and those that are the outputs.
func lower(outputs []*node, params []*node) (items, results []*item) {
	l := &lowering{refs: map[*node]ref{}}
	for _, n := range reachable(outputs, params) {
		l.refs[n] = l.node(n)
	}
	for _, n := range outputs {
		r := l.refs[n]
		// An output is memory of its own: what is a parameter, a view or an output already is copied.
		if r.item.class == source || r.item.static || !r.view.isWhole(r.item.n) || r.item.kind != n.kind || slices.Contains(results, r.item) {
			r = l.copy(r, n.kind)
		}
		r.item.static, r.item.output = false, true
		results = append(results, r.item)
	}
	return l.items, results
}

// reachable returns the nodes that outputs depend on, and all parameters, in order of recording.
func reachable(outputs, params []*node) []*node {
	seen := map[*node]bool{}
	var nodes []*node
	var visit func(n *node)
	visit = func(n *node) {
		if seen[n] {
			return
		}
		seen[n] = true
		nodes = append(nodes, n)
		for _, in := range needed(n) {
			visit(in)
		}
	}
	for _, n := range params {
		visit(n)
	}
	for _, n := range outputs {
		visit(n)
	}
	slices.SortFunc(nodes, func(a, b *node) int { return cmp.Compare(a.id, b.id) })
	return nodes
}

// needed is the inputs of a node without those that cannot change its value.
func needed(n *node) []*node {
	if n.op == compute.OpTypeWhere {
		if value, ok := constantCondition(n.in[0]); ok {
			if value {
				return n.in[1:2]
			}
			return n.in[2:3]
		}
	}
	if n.op == compute.OpTypeAdd {
		if parts, _ := sumOfPads(n); parts != nil {
			return parts
		}
	}
	return n.in
}

// constantCondition returns the value of a condition that is one constant.
func constantCondition(n *node) (value, ok bool) {
	for n.op == compute.OpTypeBroadcastInDim || n.op == compute.OpTypeReshape {
		n = n.in[0]
	}
	if n.op != compute.OpTypeConstant || n.size() != 1 {
		return false, false
	}
	return bools(n.attr.([]float32), 1)[0], true
}

func (l *lowering) add(it *item) ref {
	it.order = len(l.items)
	it.static = it.class != source && len(it.in) > 0
	for _, r := range it.in {
		it.static = it.static && (r.item.static || r.item.class == source && r.item.op != compute.OpTypeParameter)
	}
	l.items = append(l.items, it)
	return ref{it, flat(it.n)}
}

// copy makes a tensor of its own of what r looks at.
func (l *lowering) copy(r ref, k kind) ref {
	return l.add(&item{class: elementwise, op: compute.OpTypeIdentity, kind: k, from: k, n: r.view.size(), in: []ref{r}})
}

// look applies a change of view, after a copy if the present view does not allow it.
func (l *lowering) look(n *node, change func(view) (view, bool)) ref {
	r := l.refs[n]
	v, ok := change(r.view)
	if !ok {
		r = l.copy(r, n.kind)
		v, _ = change(r.view) // every change of a tensor in its own order is possible
	}
	return ref{r.item, v}
}

func (l *lowering) concat(n *node, parts []*node, axis int) ref {
	it := &item{class: concat, op: compute.OpTypeConcatenate, kind: n.kind, n: n.size(), attr: joined{product(n.dims[:axis])}}
	for _, x := range parts {
		it.in = append(it.in, l.refs[x])
	}
	return l.add(it)
}

// sumOfPads recognises the sum of two tensors that are padded with zeros to lie side by side, and returns what lies
// there and along which axis. This is what the gradient of two slices of one tensor looks like.
func sumOfPads(n *node) (parts []*node, axis int) {
	a, b := n.in[0], n.in[1]
	if a.op != compute.OpTypePad || b.op != compute.OpTypePad || !slices.Equal(a.dims, b.dims) || !isZero(a.in[1]) || !isZero(b.in[1]) {
		return nil, 0
	}
	padA, padB := paddings(a), paddings(b)
	axis = -1
	for i := range n.dims {
		switch {
		case padA[i] == compute.PadAxis{} && padB[i] == compute.PadAxis{}:
		case axis < 0:
			axis = i
		default:
			return nil, 0
		}
	}
	if axis < 0 {
		return nil, 0
	}
	if padA[axis].Start > 0 {
		a, b, padA, padB = b, a, padB, padA
	}
	first, second := a.in[0].dims[axis], b.in[0].dims[axis]
	if padA[axis].Start != 0 || padB[axis].End != 0 || padA[axis].End != second || padB[axis].Start != first {
		return nil, 0
	}
	return []*node{a.in[0], b.in[0]}, axis
}

// paddings returns the padding of every axis.
func paddings(n *node) []compute.PadAxis {
	return append(slices.Clone(n.attr.([]compute.PadAxis)), make([]compute.PadAxis, len(n.dims)-len(n.attr.([]compute.PadAxis)))...)
}

// isZero reports whether a node is the constant 0.
func isZero(n *node) bool {
	return n.op == compute.OpTypeConstant && n.size() == 1 && n.kind != boolean && n.attr.([]float32)[0] == 0
}

// spread returns what x is when an operation of shape dims reads it: scalars and axes of one element repeat.
func (l *lowering) spread(x *node, dims []int) ref {
	switch {
	case x.size() == product(dims):
		return l.refs[x]
	case x.size() == 1:
		r := l.refs[x]
		return ref{r.item, newView(r.view.offset, []axis{{product(dims), 0}})}
	}
	at := make([]int, len(x.dims))
	for i := range at {
		at[i] = i
	}
	return l.look(x, func(v view) (view, bool) { return v.broadcast(x.dims, dims, at) })
}

func (l *lowering) node(n *node) ref {
	switch n.op {
	case compute.OpTypeParameter, compute.OpTypeConstant:
		return l.add(&item{class: source, op: n.op, kind: n.kind, n: n.size(), attr: n.attr})
	case compute.OpTypeIota:
		return l.iota(n)
	case compute.OpTypeReshape, compute.OpTypeIdentity:
		return l.refs[n.in[0]]
	case compute.OpTypeBroadcastInDim:
		x := n.in[0]
		return l.look(x, func(v view) (view, bool) { return v.broadcast(x.dims, n.dims, n.attr.([]int)) })
	case compute.OpTypeTranspose:
		x := n.in[0]
		return l.look(x, func(v view) (view, bool) { return v.transposed(x.dims, n.attr.([]int)) })
	case compute.OpTypeSlice:
		x := n.in[0]
		return l.look(x, func(v view) (view, bool) { return v.sliced(x.dims, n.attr.(sliceAxes)) })
	case compute.OpTypeReduceSum, compute.OpTypeReduceMax, compute.OpTypeReduceMin, compute.OpTypeReduceProduct:
		return l.reduce(n)
	case compute.OpTypeDotGeneral:
		return l.dot(n)
	case compute.OpTypeGather:
		return l.add(&item{class: rows, op: n.op, kind: n.kind, n: n.size(), in: l.whole(n.in, 0), attr: rowIndices{n.in[0].dims[0], n.in[1].kind}})
	case compute.OpTypeScatterSum:
		return l.add(&item{class: sumRows, op: n.op, kind: n.kind, n: n.size(), in: l.whole(n.in, 0, 2), attr: rowIndices{n.in[0].dims[0], n.in[1].kind}})
	case compute.OpTypeConcatenate:
		return l.concat(n, n.in, n.attr.(int))
	case compute.OpTypePad:
		return l.add(&item{class: pad, op: n.op, kind: n.kind, n: n.size(), in: []ref{l.refs[n.in[0]], l.refs[n.in[1]]}, attr: n})
	}
	return l.elementwise(n)
}

// whole returns refs to nodes, those at the places of contiguous as tensors of their own order.
func (l *lowering) whole(nodes []*node, contiguous ...int) []ref {
	refs := make([]ref, len(nodes))
	for i, n := range nodes {
		refs[i] = l.refs[n]
		if slices.Contains(contiguous, i) && !refs[i].view.isFlat() {
			refs[i] = l.copy(refs[i], n.kind)
		}
	}
	return refs
}

// longIota is the length from which on a series of numbers is computed where it is used instead of being stored.
const longIota = 4096

func (l *lowering) iota(n *node) ref {
	along := n.attr.(int)
	dim := n.dims[along]
	if dim >= longIota && dim == n.size() && n.kind != float {
		return l.add(&item{class: elementwise, op: n.op, kind: n.kind, n: dim})
	}
	values := make([]float32, dim)
	for i := range values {
		if n.kind == float {
			values[i] = float32(i)
		} else {
			bits(values)[i] = uint32(i)
		}
	}
	series := l.add(&item{class: source, op: compute.OpTypeConstant, kind: n.kind, n: dim, attr: values})
	v, _ := series.view.broadcast([]int{dim}, n.dims, []int{along})
	return ref{series.item, v}
}

func (l *lowering) elementwise(n *node) ref {
	switch n.op {
	case compute.OpTypeWhere:
		if _, ok := constantCondition(n.in[0]); ok {
			return l.spread(needed(n)[0], n.dims)
		}
	case compute.OpTypeConvertDType:
		if from := n.in[0].kind; from == n.kind || from != float && from != boolean && n.kind != float && n.kind != boolean {
			return l.refs[n.in[0]]
		}
	case compute.OpTypeAdd:
		if parts, axis := sumOfPads(n); parts != nil {
			return l.concat(n, parts, axis)
		}
	case compute.OpTypeClamp:
		low := &node{op: compute.OpTypeMax, kind: n.kind, dims: n.dims, in: n.in[:2]}
		l.refs[low] = l.elementwise(low)
		return l.elementwise(&node{op: compute.OpTypeMin, kind: n.kind, dims: n.dims, in: []*node{low, n.in[2]}})
	}
	it := &item{class: elementwise, op: n.op, kind: n.kind, from: n.in[len(n.in)-1].kind, n: n.size(), attr: n.attr}
	uniform := it.n > 1
	for _, x := range n.in {
		r := l.spread(x, n.dims)
		uniform = uniform && r.view.isUniform()
		it.in = append(it.in, r)
	}
	if !uniform {
		return l.add(it)
	}
	// One value for all: compute it once and repeat it.
	it.n = 1
	for i := range it.in {
		it.in[i].view = newView(it.in[i].view.offset, nil)
	}
	r := l.add(it)
	return ref{r.item, newView(0, []axis{{n.size(), 0}})}
}

// reduce brings a reduction into the form [outer, r, inner], moving the axes when kept and reduced ones alternate more
// often than that.
func (l *lowering) reduce(n *node) ref {
	x := n.in[0]
	axes := n.attr.([]int)
	isReduced := func(i int) bool { return len(axes) == 0 || slices.Contains(axes, i) }
	form, runs, last := reduced{1, 1, 1}, 0, false
	var order, after []int
	for i, d := range x.dims {
		if isReduced(i) {
			after = append(after, i)
		} else {
			order = append(order, i)
		}
		if d == 1 {
			continue
		}
		if isReduced(i) && !last {
			runs++
		}
		last = isReduced(i)
		switch {
		case last:
			form.r *= d
		case runs == 0:
			form.outer *= d
		default:
			form.inner *= d
		}
	}
	r := l.refs[x]
	switch {
	case form.r == 1:
		return r
	case runs > 1:
		r = l.look(x, func(v view) (view, bool) { return v.transposed(x.dims, append(order, after...)) })
		form.outer, form.inner = form.outer*form.inner, 1
	}
	return l.add(&item{class: reduction, op: n.op, kind: n.kind, from: n.kind, n: form.outer * form.inner, in: []ref{r}, attr: form})
}
