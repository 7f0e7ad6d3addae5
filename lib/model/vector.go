package model

import (
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// Vector hands out the named parts of a flat vector inside a graph, and remembers them, so that gradients (or new
// values) of the parts can be put together again in the same order.
type Vector struct {
	flat   *Node // [N] float32
	params []Param
	taken  []part
}

type part struct {
	first, last int   // indices into params
	node        *Node // 1-D, as cut from the vector
	value       *Node // new value given by Set, or nil
}

// NewVector reads params out of flat.
func NewVector(flat *Node, params []Param) *Vector { return &Vector{flat: flat, params: params} }

// Get returns the parameter of that name in its own shape. It may be taken again, in the same cut.
func (v *Vector) Get(name string) *Node {
	i := v.find(name)
	return Reshape(v.cut(i, i), v.params[i].Shape...)
}

// Span returns the neighbours first..last as one tensor of the given shape.
func (v *Vector) Span(first, last string, shape ...int) *Node {
	return Reshape(v.cut(v.find(first), v.find(last)), shape...)
}

// Has reports whether there is a parameter of that name.
func (v *Vector) Has(name string) bool {
	return slices.ContainsFunc(v.params, func(p Param) bool { return p.Name == name })
}

func (v *Vector) find(name string) int {
	i := slices.IndexFunc(v.params, func(p Param) bool { return p.Name == name })
	if i < 0 {
		panic(fmt.Errorf("model: no parameter %q", name))
	}
	return i
}

func (v *Vector) cut(first, last int) *Node {
	for _, p := range v.taken {
		if p.first == first && p.last == last {
			return p.node
		}
	}
	from := v.params[first].Offset
	to := v.params[last].Offset + v.params[last].Size
	node := Slice(v.flat, AxisRange(from, to))
	v.taken = append(v.taken, part{first: first, last: last, node: node})
	return node
}

// Set gives the parameter a new value; Joined puts the new values together.
func (v *Vector) Set(name string, value *Node) {
	i := v.find(name)
	for j := range v.taken {
		if v.taken[j].first == i && v.taken[j].last == i {
			v.taken[j].value = Reshape(value, v.params[i].Size)
			return
		}
	}
	panic(fmt.Errorf("model: %q is set before it is read", name))
}

// Joined returns the vector with the values that Set gave, and the old ones elsewhere.
func (v *Vector) Joined() *Node {
	return v.join(func(p part) *Node {
		if p.value != nil {
			return p.value
		}
		return p.node
	})
}

// Gradient returns the derivative of the scalar loss by the vector, [N].
func (v *Vector) Gradient(loss *Node) *Node {
	v.order()
	nodes := make([]*Node, len(v.taken))
	for i, p := range v.taken {
		nodes[i] = p.node
	}
	grads := Gradient(loss, nodes...)
	i := -1
	return v.join(func(part) *Node { i++; return grads[i] })
}

// join concatenates one 1-D node per part, in the order of the vector.
func (v *Vector) join(value func(part) *Node) *Node {
	v.order()
	nodes := make([]*Node, len(v.taken))
	for i, p := range v.taken {
		nodes[i] = value(p)
	}
	if len(nodes) == 1 {
		return nodes[0]
	}
	return Concatenate(nodes, 0)
}

// order sorts the parts and panics unless they cover the vector exactly once: a parameter that the graph forgets
// would otherwise stay at its first value unnoticed.
func (v *Vector) order() {
	slices.SortFunc(v.taken, func(a, b part) int { return a.first - b.first })
	next := 0
	for _, p := range v.taken {
		if p.first != next {
			panic(fmt.Errorf("model: parameter %q is used %s", v.params[min(next, p.first)].Name,
				map[bool]string{true: "twice", false: "nowhere"}[p.first < next]))
		}
		next = p.last + 1
	}
	if next != len(v.params) {
		panic(fmt.Errorf("model: parameter %q is used nowhere", v.params[next].Name))
	}
}
