package main

import (
	"math"
	"math/bits"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// partials is the number of sums of a long reduction: simd.partials.
const partials = 64

// reductions writes the kernels of reduce.go.
func (m *machine) reductions() {
	m.sum("sum", "(x []float32) float32", "returns the sum of x.", []string{"x"}, func(in []VecVirtual, acc VecVirtual) {
		VADDPS(in[0], acc, acc)
	})
	m.sum("dot", "(a, b []float32) float32", "returns the sum of a*b.", []string{"a", "b"}, func(in []VecVirtual, acc VecVirtual) {
		VFMADD231PS(in[0], in[1], acc)
	})
	m.extremeOf("maxOf", "greatest", true)
	m.extremeOf("minOf", "least", false)
	m.reduceRows("sumRows", "sets dst to the sums of the rows of x, for a multiple of 16 rows and 1 <= n < 64.", nil,
		func(b, a, c VecVirtual) { VADDPS(b, a, c) })
	low := math.Inf(-1)
	m.reduceRows("maxRows", "sets dst to the greatest values of the rows of x, for a multiple of 16 rows and 1 <= n < 64.", &low,
		func(b, a, c VecVirtual) { m.extreme(true, b, a, c) })
	m.addRows()
	m.repeatEach()
}

// sum writes a sum over slices: 64 partial sums, of which the first 16 take what does not fill a block of 64.
func (m *machine) sum(name, signature, doc string, ins []string, add func(in []VecVirtual, acc VecVirtual)) {
	m.text(name, signature, doc)
	var from []Register
	for _, in := range ins {
		from = append(from, base(in))
	}
	at, left := GP64(), Load(Param(ins[0]).Len(), GP64())
	XORQ(at, at)
	sums := m.vecs(partials / m.width)
	for _, v := range sums {
		VXORPS(v, v, v)
	}
	vector := func(i int, load func(Mem) VecVirtual) {
		var in []VecVirtual
		for _, r := range from {
			in = append(in, load(Mem{Base: r, Index: at, Scale: 4, Disp: i * m.bytes()}))
		}
		add(in, sums[i])
	}
	plain := func(at Mem) VecVirtual { return m.load(at) }
	for _, size := range []int{partials, group} {
		again, done := m.label("block"), m.label("less")
		SUBQ(imm(size), left)
		JL(LabelRef(done))
		Label(again)
		for i := range size / m.width {
			vector(i, plain)
		}
		ADDQ(imm(size), at)
		SUBQ(imm(size), left)
		JGE(LabelRef(again))
		Label(done)
		ADDQ(imm(size), left)
	}
	done := m.label("done")
	TESTQ(left, left)
	JZ(LabelRef(done))
	for i := range m.perGroup() {
		k := m.newMask()
		if m.avx512() {
			k.first(left)
		} else {
			k.first(clamped(left, i*m.width, m.width))
		}
		vector(i, k.load)
	}
	Label(done)
	for half := len(sums) / 2; half >= m.perGroup(); half /= 2 {
		for i := range half {
			VADDPS(sums[i+half], sums[i], sums[i])
		}
	}
	Store(m.fold(sums), ReturnIndex(0))
	m.end()
}

// extremeOf writes the least or greatest value of a slice. The order does not matter.
func (m *machine) extremeOf(name, word string, greater bool) {
	m.text(name, "(x []float32) float32", "returns the "+word+" value of x, NaN when there is one.")
	x, at, left := base("x"), GP64(), Load(Param("x").Len(), GP64())
	XORQ(at, at)
	worst := m.worst(greater)
	tops := m.vecs(4)
	for _, v := range tops {
		VMOVAPS(worst, v)
	}
	m.strips(left, at, len(tops), func(i int) {
		m.extreme(greater, m.load(Mem{Base: x, Index: at, Scale: 4, Disp: i * m.bytes()}), tops[i], tops[i])
	}, func() {
		k := m.newMask()
		k.first(left)
		m.extreme(greater, k.loadOr(Mem{Base: x, Index: at, Scale: 4}, worst), tops[0], tops[0])
	})
	m.extreme(greater, tops[1], tops[0], tops[0])
	m.extreme(greater, tops[3], tops[2], tops[2])
	m.extreme(greater, tops[2], tops[0], tops[0])
	top, other := tops[0], m.vec()
	if m.avx512() {
		VSHUFF32X4(Imm(0x4e), top, top, other) // halves change places
		m.extreme(greater, other, top, top)
		VSHUFF32X4(Imm(0xb1), top, top, other) // and quarters
	} else {
		VPERM2F128(Imm(1), top, top, other)
	}
	m.extreme(greater, other, top, top)
	for _, order := range []uint64{0x4e, 0xb1} {
		VPERMILPS(Imm(order), top, other)
		m.extreme(greater, other, top, top)
	}
	Store(top.AsX(), ReturnIndex(0))
	m.end()
}

// worst is the value that every other beats.
func (m *machine) worst(greater bool) VecVirtual {
	if greater {
		return m.constantReg("minusInf", math.Inf(-1))
	}
	return m.constantReg("inf", math.Inf(1))
}

// loadOr is load with other values in the lanes that are not read.
func (k mask) loadOr(from Mem, other VecVirtual) VecVirtual {
	v := k.m.vec()
	if k.m.avx512() {
		VMOVAPS(other, v)
		VMOVUPS(from, k.reg, v)
		return v
	}
	VMASKMOVPS(from, k.reg, v)
	VBLENDVPS(k.reg, v, other, v)
	return v
}

// reduceRows writes the reduction of many short rows, as many at a time as a vector has lanes. Every row is first
// reduced to one vector; then pairs of vectors become one that holds half as many partial results of each, until one
// vector holds one result of every row. The order for a row is that of fold: the upper half onto the lower. Lanes that
// a row does not fill hold neutral, zero if that is nil.
func (m *machine) reduceRows(name, doc string, neutral *float64, op func(b, a, c VecVirtual)) {
	m.text(name, "(dst, x []float32, rows, n int)", doc)
	dst, x, blocks, n, size := base("dst"), base("x"), arg("rows"), arg("n"), stride("n")
	size3 := times3(size)
	SHRQ(imm(bits.TrailingZeros(uint(m.width))), blocks)
	zero := m.zero()
	fill := zero
	if neutral != nil {
		fill = m.worst(true)
	}
	done := m.label("done")
	longest := (partials - 1 + m.width - 1) / m.width
	for vectors := 1; vectors <= longest; vectors++ {
		next := m.label("longer")
		if vectors < longest {
			CMPQ(n, imm(vectors*m.width))
			JG(LabelRef(next))
		}
		k, last := m.newMask(), clone(n)
		SUBQ(imm((vectors-1)*m.width), last)
		k.first(last)
		m.loop("rows", blocks, func() {
			r := &shortRows{m: m, at: clone(x), size: size, size3: size3, vectors: vectors, tail: k, fill: fill, padded: neutral != nil, op: op}
			all := r.fold()
			if neutral == nil {
				VADDPS(zero, all, all) // a sum starts from 0: that of -0 is 0
			}
			VMOVUPS(all, Mem{Base: dst})
			ADDQ(imm(m.bytes()), dst)
			for range m.width / 8 {
				LEAQ(Mem{Base: x, Index: size, Scale: 8}, x)
			}
		})
		JMP(LabelRef(done))
		if vectors < longest {
			Label(next)
		}
	}
	Label(done)
	m.end()
}

// shortRows are the rows that reduceRows takes at a time.
type shortRows struct {
	m           *machine
	at          Register // of a row, which moves on by four
	size, size3 Register // of a row, and of three
	vectors     int      // of a row
	tail        mask     // of the last one
	fill        VecVirtual
	padded      bool // whether fill is not zero
	op          func(b, a, c VecVirtual)
}

// row reduces row i of the next four to one vector.
func (r *shortRows) row(i int) VecVirtual {
	m := r.m
	load := func(v int) VecVirtual {
		from := row(r.at, r.size, r.size3, i).Offset(v * m.bytes())
		switch {
		case v < r.vectors-1:
			return m.load(from)
		case r.padded:
			return r.tail.loadOr(from, r.fill)
		}
		return r.tail.load(from)
	}
	// Sixteen lanes are one vector or two, which take turns.
	turns := min(m.perGroup(), r.vectors)
	var sums []VecVirtual
	for v := range r.vectors {
		if x := load(v); v < turns {
			sums = append(sums, x)
		} else {
			r.op(x, sums[v%turns], sums[v%turns])
		}
	}
	if turns == 2 {
		r.op(sums[1], sums[0], sums[0])
	}
	return sums[0]
}

// merge returns op of what two shuffles select from two vectors.
func (r *shortRows) merge(shuffle func(order uint64, b, a, c VecVirtual), low, high uint64, a, b VecVirtual) VecVirtual {
	x, y := r.m.vec(), r.m.vec()
	shuffle(low, b, a, x)
	shuffle(high, b, a, y)
	r.op(y, x, x)
	return x
}

// fold reduces the rows. In the last two steps, quarter q of a vector keeps to itself and takes a value from each of
// four vectors; so vector j gathers the rows whose results end at place j of a quarter: j, 4+j, 8+j, 12+j.
func (r *shortRows) fold() VecVirtual {
	m := r.m
	quarters := func(order uint64, b, a, c VecVirtual) { VSHUFF32X4(Imm(order), b, a, c) }
	halves := func(order uint64, b, a, c VecVirtual) { VPERM2F128(Imm(order), b, a, c) }
	within := func(order uint64, b, a, c VecVirtual) { VSHUFPS(Imm(order), b, a, c) }
	// The rows come four by four: those of one quarter of the results, one for each j.
	var rows [4][]VecVirtual
	for q := range m.width / 4 {
		for j := range rows {
			rows[j] = append(rows[j], r.row(j))
			if m.avx512() && q%2 == 1 {
				// the upper halves onto the lower
				rows[j] = append(rows[j][:q/2], r.merge(quarters, 0x44, 0xee, rows[j][q/2], rows[j][q/2+1]))
			}
		}
		LEAQ(Mem{Base: r.at, Index: r.size, Scale: 4}, r.at)
	}
	var four [4]VecVirtual
	for j, v := range rows {
		if m.avx512() {
			four[j] = r.merge(quarters, 0x88, 0xdd, v[0], v[1])
		} else {
			four[j] = r.merge(halves, 0x20, 0x31, v[0], v[1])
		}
	}
	even := r.merge(within, 0x44, 0xee, four[0], four[1])
	odd := r.merge(within, 0x44, 0xee, four[2], four[3])
	return r.merge(within, 0x88, 0xdd, even, odd)
}
