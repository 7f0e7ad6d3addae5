package gocpu

import (
	"slices"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"pgregory.net/rapid"

	"github.com/jamba-threat/jamba/lib/internal/simd"
)

// made is a value of a random graph. Numbers are whole and bound is the largest magnitude they can have, so that every
// order of summation gives the same result as long as bound stays below 2^24.
type made struct {
	v     compute.Value
	dims  []int
	kind  kind
	bound float64
}

func (m made) size() int { return product(m.dims) }

const exact = 1 << 24

// randomGraph builds graphs of random operations. The same source of randomness builds the same graph again, which is
// how both backends get it: choices are drawn once and kept.
type randomGraph struct {
	t       *rapid.T
	choices []int
	next    int
	replay  bool

	f      compute.Function
	values []made
}

// pick returns a number below n.
func (g *randomGraph) pick(n int, label string) int {
	if g.replay {
		g.next++
		return g.choices[g.next-1]
	}
	c := rapid.IntRange(0, n-1).Draw(g.t, label)
	g.choices = append(g.choices, c)
	return c
}

// value returns one of the values that fit, or false.
func (g *randomGraph) value(fits func(made) bool) (made, bool) {
	var some []made
	for _, m := range g.values {
		if fits(m) {
			some = append(some, m)
		}
	}
	if len(some) == 0 {
		return made{}, false
	}
	// Later values are likelier, so that graphs get deep.
	k := max(g.pick(len(some), "value"), g.pick(len(some), "value"))
	return some[k], true
}

func (g *randomGraph) numeric(m made) bool { return m.kind == float }

func (g *randomGraph) keep(v compute.Value, err error, k kind, bound float64) error {
	if err != nil {
		return err
	}
	shape, err := g.f.Shape(v)
	if err != nil {
		return err
	}
	if shape.Size() == 0 || shape.Size() > 1<<14 {
		return nil
	}
	g.values = append(g.values, made{v, slices.Clone(shape.Dimensions), k, bound})
	return nil
}

var steps = []func(g *randomGraph) error{
	(*randomGraph).unary, (*randomGraph).binary, (*randomGraph).binary, (*randomGraph).binary, (*randomGraph).compare,
	(*randomGraph).where, (*randomGraph).convert, (*randomGraph).reshape, (*randomGraph).reshape, (*randomGraph).transpose,
	(*randomGraph).broadcast, (*randomGraph).slice, (*randomGraph).pad, (*randomGraph).padSum, (*randomGraph).concatenate,
	(*randomGraph).reduce, (*randomGraph).reduce, (*randomGraph).dot, (*randomGraph).gather, (*randomGraph).scatter,
	(*randomGraph).iota, (*randomGraph).constant, (*randomGraph).bits, (*randomGraph).logic,
}

func (g *randomGraph) unary() error {
	m, ok := g.value(g.numeric)
	if !ok {
		return nil
	}
	ops := []unaryFunc{g.f.Neg, g.f.Abs, g.f.Sign, g.f.Identity}
	v, err := ops[g.pick(len(ops), "unary")](m.v)
	return g.keep(v, err, float, m.bound)
}

// partner returns a value that broadcasts with m.
func (g *randomGraph) partner(m made) (made, bool) {
	return g.value(func(o made) bool {
		if o.kind != m.kind {
			return false
		}
		if len(o.dims) == 0 || len(m.dims) == 0 {
			return true
		}
		if len(o.dims) != len(m.dims) {
			return false
		}
		for i, d := range o.dims {
			if d != m.dims[i] && d != 1 && m.dims[i] != 1 {
				return false
			}
		}
		return true
	})
}

func (g *randomGraph) binary() error {
	a, ok := g.value(g.numeric)
	if !ok {
		return nil
	}
	b, ok := g.partner(a)
	if !ok {
		return nil
	}
	if g.pick(2, "swap") == 1 {
		a, b = b, a
	}
	ops := []binaryFunc{g.f.Add, g.f.Sub, g.f.Mul, g.f.Max, g.f.Min}
	op := g.pick(len(ops), "binary")
	bound := a.bound + b.bound
	if op == 2 {
		bound = a.bound * b.bound
	}
	if bound >= exact {
		return nil
	}
	v, err := ops[op](a.v, b.v)
	return g.keep(v, err, float, bound)
}

func (g *randomGraph) compare() error {
	a, ok := g.value(func(m made) bool { return m.kind != boolean })
	if !ok {
		return nil
	}
	b, ok := g.partner(a)
	if !ok {
		return nil
	}
	ops := []binaryFunc{g.f.Equal, g.f.NotEqual, g.f.LessThan, g.f.LessOrEqual, g.f.GreaterThan, g.f.GreaterOrEqual}
	v, err := ops[g.pick(len(ops), "compare")](a.v, b.v)
	return g.keep(v, err, boolean, 1)
}

func (g *randomGraph) logic() error {
	a, ok := g.value(func(m made) bool { return m.kind == boolean })
	if !ok {
		return nil
	}
	b, ok := g.partner(a)
	if !ok {
		return nil
	}
	ops := []binaryFunc{g.f.LogicalAnd, g.f.LogicalOr, g.f.LogicalXor, func(x, _ compute.Value) (compute.Value, error) { return g.f.LogicalNot(x) }}
	v, err := ops[g.pick(len(ops), "logic")](a.v, b.v)
	return g.keep(v, err, boolean, 1)
}

func (g *randomGraph) bits() error {
	a, ok := g.value(func(m made) bool { return m.kind == unsigned })
	if !ok {
		return nil
	}
	b, ok := g.partner(a)
	if !ok {
		return nil
	}
	ops := []binaryFunc{g.f.BitwiseAnd, g.f.BitwiseOr, g.f.BitwiseXor, g.f.Add, g.f.Sub, g.f.Mul, g.f.Min, g.f.Max}
	v, err := ops[g.pick(len(ops), "bits")](a.v, b.v)
	if err == nil {
		if err = g.keep(v, nil, unsigned, 1<<32); err != nil {
			return err
		}
		by, errBy := g.f.Constant([]uint32{uint32(g.pick(31, "shift"))})
		if errBy != nil {
			return errBy
		}
		if g.pick(2, "direction") == 0 {
			v, err = g.f.ShiftLeft(v, by)
		} else {
			v, err = g.f.ShiftRightLogical(v, by)
		}
	}
	return g.keep(v, err, unsigned, 1<<32)
}

func (g *randomGraph) where() error {
	c, ok := g.value(func(m made) bool { return m.kind == boolean })
	if !ok {
		return nil
	}
	fits := func(m made) bool { return len(m.dims) == 0 || slices.Equal(m.dims, c.dims) }
	a, ok := g.value(fits)
	if !ok {
		return nil
	}
	b, ok := g.value(func(m made) bool { return fits(m) && m.kind == a.kind })
	if !ok || len(c.dims) == 0 && len(a.dims)+len(b.dims) > 0 {
		return nil
	}
	v, err := g.f.Where(c.v, a.v, b.v)
	return g.keep(v, err, a.kind, max(a.bound, b.bound))
}

func (g *randomGraph) convert() error {
	m, ok := g.value(func(m made) bool { return m.bound < exact })
	if !ok {
		return nil
	}
	to := []kind{float, signed, boolean, unsigned}[g.pick(4, "to")]
	if to == unsigned && (m.kind == float || m.kind == signed) {
		to = signed // a negative number is not defined
	}
	dtype := map[kind]dtypes.DType{float: dtypes.Float32, signed: dtypes.Int32, unsigned: dtypes.Uint32, boolean: dtypes.Bool}[to]
	v, err := g.f.ConvertDType(m.v, dtype)
	bound := m.bound
	if to == boolean {
		bound = 1
	}
	return g.keep(v, err, to, bound)
}

func (g *randomGraph) reshape() error {
	m, ok := g.value(func(made) bool { return true })
	if !ok {
		return nil
	}
	rest, dims := m.size(), []int{}
	for len(dims) < 4 && rest > 1 {
		var divisors []int
		for d := 1; d <= rest; d++ {
			if rest%d == 0 {
				divisors = append(divisors, d)
			}
		}
		d := divisors[g.pick(len(divisors), "dim")]
		dims, rest = append(dims, d), rest/d
	}
	if rest > 1 || g.pick(3, "extra") == 0 {
		dims = append(dims, rest)
	}
	v, err := g.f.Reshape(m.v, dims...)
	return g.keep(v, err, m.kind, m.bound)
}

func (g *randomGraph) transpose() error {
	m, ok := g.value(func(m made) bool { return len(m.dims) > 1 })
	if !ok {
		return nil
	}
	perm := make([]int, len(m.dims))
	for i := range perm {
		j := g.pick(i+1, "place")
		perm[i] = perm[j]
		perm[j] = i
	}
	v, err := g.f.Transpose(m.v, perm...)
	return g.keep(v, err, m.kind, m.bound)
}

func (g *randomGraph) broadcast() error {
	m, ok := g.value(func(m made) bool { return m.size() <= 1<<10 })
	if !ok {
		return nil
	}
	var dims, axes []int
	for _, d := range m.dims {
		if len(dims) < 5 && g.pick(3, "insert") == 0 {
			dims = append(dims, 1+g.pick(4, "new"))
		}
		axes = append(axes, len(dims))
		if d == 1 {
			d = 1 + g.pick(5, "grow")
		}
		dims = append(dims, d)
	}
	if len(dims) < 5 {
		dims = append(dims, 1+g.pick(6, "last"))
	}
	v, err := g.f.BroadcastInDim(m.v, shapes.Make(shapeOf(g.f, m.v).DType, dims...), axes)
	return g.keep(v, err, m.kind, m.bound)
}

func shapeOf(f compute.Function, v compute.Value) shapes.Shape {
	s, _ := f.Shape(v)
	return s
}

func (g *randomGraph) slice() error {
	m, ok := g.value(func(m made) bool { return len(m.dims) > 0 })
	if !ok {
		return nil
	}
	var from, to, by []int
	for _, d := range m.dims {
		a := g.pick(d, "from")
		from, to, by = append(from, a), append(to, a+1+g.pick(d-a, "to")), append(by, 1+g.pick(2, "by"))
	}
	if g.pick(2, "steps") == 0 {
		by = nil
	}
	v, err := g.f.Slice(m.v, from, to, by)
	return g.keep(v, err, m.kind, m.bound)
}

func (g *randomGraph) pad() error {
	m, ok := g.value(g.numeric)
	if !ok {
		return nil
	}
	fill, ok := g.value(func(m made) bool { return m.kind == float && len(m.dims) == 0 })
	if !ok {
		return nil
	}
	axes := make([]compute.PadAxis, g.pick(len(m.dims)+1, "axes"))
	for i := range axes {
		axes[i] = compute.PadAxis{Start: g.pick(3, "start"), End: g.pick(3, "end")}
	}
	v, err := g.f.Pad(m.v, fill.v, axes...)
	return g.keep(v, err, float, max(m.bound, fill.bound))
}

// padSum is what the gradient of two slices looks like.
func (g *randomGraph) padSum() error {
	m, ok := g.value(func(m made) bool { return m.kind == float && len(m.dims) > 0 && m.dims[len(m.dims)-1] > 1 })
	if !ok {
		return nil
	}
	last := len(m.dims) - 1
	cut := 1 + g.pick(m.dims[last]-1, "cut")
	piece := func(from, to int) (compute.Value, error) {
		starts, limits := make([]int, last+1), slices.Clone(m.dims)
		starts[last], limits[last] = from, to
		part, err := g.f.Slice(m.v, starts, limits, nil)
		if err != nil {
			return nil, err
		}
		zero, err := g.f.Constant([]float32{0})
		if err != nil {
			return nil, err
		}
		axes := make([]compute.PadAxis, last+1)
		axes[last] = compute.PadAxis{Start: from, End: m.dims[last] - to}
		return g.f.Pad(part, zero, axes...)
	}
	a, err := piece(0, cut)
	if err != nil {
		return err
	}
	b, err := piece(cut, m.dims[last])
	if err != nil {
		return err
	}
	if g.pick(2, "swap") == 1 {
		a, b = b, a
	}
	v, err := g.f.Add(a, b)
	return g.keep(v, err, float, m.bound)
}

func (g *randomGraph) concatenate() error {
	m, ok := g.value(func(m made) bool { return len(m.dims) > 0 })
	if !ok {
		return nil
	}
	along := g.pick(len(m.dims), "along")
	parts, bound := []compute.Value{m.v}, m.bound
	for range 1 + g.pick(3, "parts") {
		o, ok := g.value(func(o made) bool {
			if o.kind != m.kind || len(o.dims) != len(m.dims) {
				return false
			}
			for i, d := range o.dims {
				if i != along && d != m.dims[i] {
					return false
				}
			}
			return true
		})
		if ok {
			parts, bound = append(parts, o.v), max(bound, o.bound)
		}
	}
	v, err := g.f.Concatenate(along, parts...)
	return g.keep(v, err, m.kind, bound)
}

func (g *randomGraph) reduce() error {
	m, ok := g.value(func(m made) bool { return m.kind == float && len(m.dims) > 0 })
	if !ok {
		return nil
	}
	var axes []int
	n := 1
	for i, d := range m.dims {
		if g.pick(2, "axis") == 1 {
			axes, n = append(axes, i), n*d
		}
	}
	if len(axes) == 0 {
		n = m.size()
	}
	ops := []reduceFunc{g.f.ReduceSum, g.f.ReduceMax, g.f.ReduceMin, g.f.ReduceProduct}
	op := g.pick(len(ops), "reduce")
	bound := m.bound
	switch {
	case op == 0:
		bound *= float64(n)
	case op == 3 && (bound > 1):
		return nil
	}
	if bound >= exact {
		return nil
	}
	v, err := ops[op](m.v, axes...)
	return g.keep(v, err, float, bound)
}

// dot multiplies m by a rearranged copy of itself or by another tensor, over random batch and contracted axes.
func (g *randomGraph) dot() error {
	a, ok := g.value(func(m made) bool { return m.kind == float && len(m.dims) > 0 })
	if !ok {
		return nil
	}
	b, ok := g.value(func(m made) bool { return m.kind == float && len(m.dims) > 0 })
	if !ok {
		return nil
	}
	var batchA, batchB, sumA, sumB []int
	n, left := 1, 1
	for i, d := range a.dims {
		for j, e := range b.dims {
			if d != e || slices.Contains(batchB, j) || slices.Contains(sumB, j) || slices.Contains(batchA, i) || slices.Contains(sumA, i) {
				continue
			}
			switch g.pick(3, "pair") {
			case 0:
				batchA, batchB = append(batchA, i), append(batchB, j)
				left *= d
			case 1:
				sumA, sumB = append(sumA, i), append(sumB, j)
				n *= d
			}
		}
	}
	if a.bound*b.bound*float64(n) >= exact || a.size()*b.size()/(n*n*left) > 1<<13 {
		return nil
	}
	v, err := g.f.DotGeneral(a.v, sumA, batchA, b.v, sumB, batchB, compute.DotGeneralConfig{})
	return g.keep(v, err, float, a.bound*b.bound*float64(n))
}

func (g *randomGraph) indices() (made, bool) {
	m, ok := g.value(func(m made) bool { return m.kind == signed })
	if !ok {
		return m, false
	}
	v, err := g.f.Reshape(m.v, m.size(), 1)
	return made{v, []int{m.size(), 1}, signed, m.bound}, err == nil
}

func (g *randomGraph) gather() error {
	table, ok := g.value(func(m made) bool { return len(m.dims) > 0 && m.kind != boolean })
	if !ok {
		return nil
	}
	at, ok := g.indices()
	if !ok {
		return nil
	}
	sizes := slices.Clone(table.dims)
	sizes[0] = 1
	var offsets []int
	for i := 1; i < len(table.dims); i++ {
		offsets = append(offsets, i)
	}
	v, err := g.f.Gather(table.v, at.v, 1, offsets, []int{0}, []int{0}, sizes, false)
	return g.keep(v, err, table.kind, table.bound)
}

func (g *randomGraph) scatter() error {
	table, ok := g.value(func(m made) bool { return len(m.dims) > 0 && m.kind == float && m.bound < exact/2 })
	if !ok {
		return nil
	}
	count := 1 + g.pick(5, "count")
	places := make([]int32, count)
	for i := range places {
		places[i] = int32(g.pick(table.dims[0], "place"))
	}
	at, err := g.f.Constant(places, count, 1)
	if err != nil {
		return err
	}
	window := append([]int{count}, table.dims[1:]...)
	one, err := g.f.Iota(shapes.Make(dtypes.Float32, window...), 0)
	if err != nil {
		return err
	}
	var axes []int
	for i := 1; i < len(window); i++ {
		axes = append(axes, i)
	}
	v, err := g.f.ScatterSum(table.v, at, one, 1, axes, []int{0}, []int{0}, false, false)
	return g.keep(v, err, float, table.bound+25)
}

func (g *randomGraph) iota() error {
	dims := []int{1 + g.pick(5, "rows"), 1 + g.pick(5, "columns")}
	dtype := []dtypes.DType{dtypes.Float32, dtypes.Int32, dtypes.Uint32}[g.pick(3, "type")]
	v, err := g.f.Iota(shapes.Make(dtype, dims...), g.pick(2, "axis"))
	return g.keep(v, err, kindOf(dtype), 5)
}

func (g *randomGraph) constant() error {
	values := make([]float32, 1+g.pick(6, "length"))
	for i := range values {
		values[i] = float32(g.pick(9, "number") - 4)
	}
	if len(values) == 1 {
		v, err := g.f.Constant(values)
		return g.keep(v, err, float, 4)
	}
	v, err := g.f.Constant(values, len(values))
	return g.keep(v, err, float, 4)
}

// build is a graphFunc. The first time it draws, then it replays.
func (g *randomGraph) build(count int, inputs []value) graphFunc {
	return func(f compute.Function, in []compute.Value) ([]compute.Value, error) {
		g.f, g.values, g.next = f, nil, 0
		for i, v := range in {
			shape := inputs[i].shape()
			g.values = append(g.values, made{v, shape.Dimensions, kindOf(shape.DType), 8})
		}
		for range count {
			if err := steps[g.pick(len(steps), "step")](g); err != nil {
				return nil, err
			}
		}
		var outputs []compute.Value
		for range 1 + g.pick(4, "outputs") {
			m, _ := g.value(func(made) bool { return true })
			outputs = append(outputs, m.v)
		}
		// The reference backend fails when a parameter was made after everything that is needed.
		last, err := f.Neg(in[len(in)-1])
		g.replay = true
		return append(outputs, g.values[len(g.values)-1].v, last), err
	}
}

func randomInputs(t *rapid.T) []value {
	var inputs []value
	for range rapid.IntRange(1, 4).Draw(t, "inputs") {
		dims := rapid.SliceOfN(rapid.IntRange(1, 9), 0, 4).Draw(t, "dims")
		if rapid.IntRange(0, 3).Draw(t, "long") == 0 {
			dims = append(dims, rapid.IntRange(10, 300).Draw(t, "length"))
		}
		n := product(dims)
		if n > 1<<13 {
			continue
		}
		numbers := rapid.SliceOfN(rapid.IntRange(-8, 8), n, n).Draw(t, "numbers")
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			x := make([]int32, n)
			for i, v := range numbers {
				x[i] = int32(v)
			}
			inputs = append(inputs, value{x, dims})
		case 1:
			x := make([]bool, n)
			for i, v := range numbers {
				x[i] = v > 0
			}
			inputs = append(inputs, value{x, dims})
		case 2:
			x := make([]uint32, n)
			for i, v := range numbers {
				x[i] = uint32(v)
			}
			inputs = append(inputs, value{x, dims})
		default:
			x := make([]float32, n)
			for i, v := range numbers {
				x[i] = float32(v)
			}
			inputs = append(inputs, value{x, dims})
		}
	}
	return append(inputs, value{[]float32{3}, nil})
}

// TestRandomGraphs compares graphs of random operations with the reference backend. All numbers are whole, so that the
// results must be equal.
func TestRandomGraphs(t *testing.T) {
	plain := plainBackend(t)
	for _, isa := range simd.Supported() {
		t.Run(isa.String(), func(t *testing.T) {
			b := fusing(t, isa, 3)
			b.worth = grain{loop: 1 << 9, products: 1 << 9, moved: 1 << 7, helpers: 2} // many tasks
			rapid.Check(t, func(t *rapid.T) {
				inputs := randomInputs(t)
				g := &randomGraph{t: t}
				same(t, b, plain, g.build(rapid.IntRange(1, 25).Draw(t, "steps"), inputs), inputs, 0)
			})
		})
	}
}
