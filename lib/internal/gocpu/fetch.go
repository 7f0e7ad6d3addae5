package gocpu

import "github.com/jamba-threat/jamba/lib/internal/simd"

// fetch copies elements of a view, beginning with number at, to dst.
func fetch[T any](dst, src []T, v view, at int) {
	if len(v.axes) == 0 {
		if len(dst) > 0 {
			dst[0] = src[v.offset]
		}
		return
	}
	fetchAxes(dst, src, v.offset, v.axes, at)
}

func fetchAxes[T any](dst, src []T, place int, axes []axis, at int) {
	first := axes[0]
	if len(axes) == 1 {
		run(dst, src, place+at*first.stride, first.stride)
		return
	}
	inner := 1
	for _, a := range axes[1:] {
		inner *= a.dim
	}
	place += at / inner * first.stride
	for at %= inner; len(dst) > 0; at = 0 {
		n := min(inner-at, len(dst))
		fetchAxes(dst[:n], src, place, axes[1:], at)
		dst, place = dst[n:], place+first.stride
	}
}

// run copies elements a stride apart.
func run[T any](dst, src []T, place, stride int) {
	switch stride {
	case 0:
		value := src[place]
		for i := range dst {
			dst[i] = value
		}
	case 1:
		copy(dst, src[place:])
	default:
		for i := range dst {
			dst[i] = src[place]
			place += stride
		}
	}
}

// fetchFloats is fetch for numbers, by kernels where there are some. spare is memory for its use.
func fetchFloats(k *simd.Kernels, spare, dst, src []float32, v view, at int) {
	if len(v.axes) == 0 {
		fetch(dst, src, v, at)
		return
	}
	g := gatherer{k, src, spare}
	g.from(dst, v.offset, v.axes, at)
}

// gatherer copies parts of a tensor.
type gatherer struct {
	kernels *simd.Kernels
	src     []float32
	spare   []float32
}

// from copies elements of nested axes, beginning with number at: the rest of the first row, whole rows, the
// beginning of the last one.
func (g *gatherer) from(dst []float32, place int, axes []axis, at int) {
	first := axes[0]
	if len(axes) == 1 {
		g.whole(dst, place+at*first.stride, axes, len(dst))
		return
	}
	inner := 1
	for _, a := range axes[1:] {
		inner *= a.dim
	}
	place += at / inner * first.stride
	if at %= inner; at > 0 || len(dst) < inner {
		n := min(inner-at, len(dst))
		g.from(dst[:n], place, axes[1:], at)
		dst, place = dst[n:], place+first.stride
	}
	if count := len(dst) / inner; count > 0 {
		g.whole(dst[:count*inner], place, axes, count)
		dst, place = dst[count*inner:], place+count*first.stride
	}
	if len(dst) > 0 {
		g.from(dst, place, axes[1:], 0)
	}
}

// whole copies count rows of the first axis.
func (g *gatherer) whole(dst []float32, place int, axes []axis, count int) {
	first, rest := axes[0], axes[1:]
	last := axes[len(axes)-1]
	switch {
	case len(rest) == 0 && first.stride == 0:
		g.kernels.Fill(dst, g.src[place])
	case len(rest) == 0:
		run(dst, g.src, place, first.stride)
	case first.stride == 0:
		inner := len(dst) / count
		g.whole(dst[:inner], place, rest, rest[0].dim)
		g.kernels.Tile(dst, dst[:inner], count)
	case last.stride == 0:
		g.repeated(dst, place, axes, count)
	case len(rest) == 1 && last.stride == 1:
		rowsOf(dst, g.src[place:], first.stride, last.dim)
	case len(rest) == 1:
		for len(dst) > 0 {
			row, at := dst[:last.dim], place
			for i := range row {
				row[i] = g.src[at]
				at += last.stride
			}
			dst, place = dst[last.dim:], place+first.stride
		}
	default:
		inner := len(dst) / count
		for i := 0; i < len(dst); i += inner {
			g.whole(dst[i:i+inner], place, rest, rest[0].dim)
			place += first.stride
		}
	}
}

// rowsOf copies rows of neighbours, stride apart, one after another.
func rowsOf(dst, src []float32, stride, width int) {
	for len(dst) > 0 {
		if width == 2 { // a call would take longer
			dst[0], dst[1] = src[0], src[1]
		} else {
			copy(dst[:width], src)
		}
		dst = dst[width:]
		if len(dst) > 0 {
			src = src[stride:]
		}
	}
}

// repeated copies count rows of axes of which the last one repeats a value.
func (g *gatherer) repeated(dst []float32, place int, axes []axis, count int) {
	times := axes[len(axes)-1].dim
	axes = axes[:len(axes)-1]
	n := len(dst) / times
	if len(axes) == 1 && axes[0].stride == 1 {
		g.kernels.RepeatEach(dst, g.src[place:][:n], times)
		return
	}
	some := min(n, len(g.spare))
	values := g.spare[:some]
	inner := gatherer{g.kernels, g.src, g.spare[some:]}
	for at := 0; at < n; at += some {
		part := values[:min(some, n-at)]
		inner.from(part, place, axes, at)
		g.kernels.RepeatEach(dst[at*times:], part, times)
	}
}
