package gocpu

import "slices"

// axis is a run of equally spaced elements.
type axis struct{ dim, stride int }

// view says where in a buffer the elements of a tensor lie, in the order of the tensor: a nest of axes, the last one
// fastest, without axes of one element and without neighbours that are one axis in truth. It knows nothing of the shape
// of the tensor, so that reshaping it costs nothing.
type view struct {
	offset int
	axes   []axis
}

// flat is the view of a whole buffer of n elements.
func flat(n int) view { return newView(0, []axis{{n, 1}}) }

// newView brings axes into their shortest form.
func newView(offset int, axes []axis) view {
	v := view{offset: offset}
	for _, a := range axes {
		if a.dim == 1 {
			continue
		}
		if k := len(v.axes); k > 0 && v.axes[k-1].stride == a.stride*a.dim {
			v.axes[k-1] = axis{v.axes[k-1].dim * a.dim, a.stride}
			continue
		}
		v.axes = append(v.axes, a)
	}
	return v
}

func (v view) size() int {
	n := 1
	for _, a := range v.axes {
		n *= a.dim
	}
	return n
}

// isFlat reports whether the elements follow each other in memory.
func (v view) isFlat() bool {
	return len(v.axes) == 0 || len(v.axes) == 1 && v.axes[0].stride == 1
}

// isWhole reports whether the view is all of a buffer of n elements, in order.
func (v view) isWhole(n int) bool { return v.isFlat() && v.offset == 0 && v.size() == n }

// isUniform reports whether all elements are the same place in memory.
func (v view) isUniform() bool {
	return len(v.axes) == 0 || len(v.axes) == 1 && v.axes[0].stride == 0
}

// period is the number of elements after which the view repeats itself; its size if it does not.
func (v view) period() int {
	n := v.size()
	if len(v.axes) > 0 && v.axes[0].stride == 0 {
		n /= v.axes[0].dim
	}
	return n
}

// distinct is the number of different places that the view reads, provided that no two strides meet.
func (v view) distinct() int {
	n := 1
	for _, a := range v.axes {
		if a.stride != 0 {
			n *= a.dim
		}
	}
	return n
}

func (v view) equal(w view) bool { return v.offset == w.offset && slices.Equal(v.axes, w.axes) }

// split divides the axes of the view among the dimensions of the tensor, or fails where an axis would have to be cut
// at a place that is not a multiple of the next dimensions.
func (v view) split(dims []int) (groups [][]axis, ok bool) {
	rest := slices.Clone(v.axes)
	groups = make([][]axis, len(dims))
	for i := len(dims) - 1; i >= 0; i-- {
		need := dims[i]
		var reversed []axis
		for need > 1 {
			last := &rest[len(rest)-1]
			switch {
			case need%last.dim == 0:
				reversed = append(reversed, *last)
				need /= last.dim
				rest = rest[:len(rest)-1]
			case last.dim%need == 0:
				reversed = append(reversed, axis{need, last.stride})
				*last = axis{last.dim / need, last.stride * need}
				need = 1
			default:
				return nil, false
			}
		}
		slices.Reverse(reversed)
		groups[i] = newView(0, reversed).axes
	}
	return groups, true
}

func join(offset int, groups [][]axis) view { return newView(offset, slices.Concat(groups...)) }

// transposed is the view with its dimensions in another order: axis i of the result is axis permutation[i] of v.
func (v view) transposed(dims, permutation []int) (view, bool) {
	groups, ok := v.split(dims)
	if !ok {
		return view{}, false
	}
	moved := make([][]axis, len(groups))
	for i, p := range permutation {
		moved[i] = groups[p]
	}
	return join(v.offset, moved), true
}

// broadcast is the view of shape dims repeated to shape to, axis i of dims being axis at[i] of it.
func (v view) broadcast(dims, to, at []int) (view, bool) {
	groups, ok := v.split(dims)
	if !ok {
		return view{}, false
	}
	wide := make([][]axis, len(to))
	for i, d := range to {
		wide[i] = []axis{{d, 0}}
	}
	for i, a := range at {
		if dims[i] == to[a] {
			wide[a] = groups[i]
		}
	}
	return join(v.offset, wide), true
}

// sliced is the part of the view from start to limit, in steps, along each dimension.
func (v view) sliced(dims []int, s sliceAxes) (view, bool) {
	groups, ok := v.split(dims)
	if !ok {
		return view{}, false
	}
	offset := v.offset
	for i, d := range dims {
		step := 1
		if len(s.strides) > 0 {
			step = s.strides[i]
		}
		if s.starts[i] == 0 && s.limits[i] == d && step == 1 || d == 1 {
			continue
		}
		if len(groups[i]) != 1 {
			return view{}, false
		}
		stride := groups[i][0].stride
		offset += s.starts[i] * stride
		groups[i] = []axis{{(s.limits[i] - s.starts[i] + step - 1) / step, stride * step}}
	}
	return join(offset, groups), true
}

// place is where element i lies in memory.
func (v view) place(i int) int {
	at := v.offset
	for k := len(v.axes) - 1; k >= 0; k-- {
		at += i % v.axes[k].dim * v.axes[k].stride
		i /= v.axes[k].dim
	}
	return at
}
