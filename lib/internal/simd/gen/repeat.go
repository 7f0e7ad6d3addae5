package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// addRows writes the sum of rows onto dst, which stays in registers: up to eight vectors of columns at a time.
func (m *machine) addRows() {
	m.text("addRows", "(dst, x []float32, rows, n int)", "adds the rows of x to dst, for at least one row.")
	dst, x, rows, left, size := base("dst"), base("x"), arg("rows"), arg("n"), stride("n")
	panel := func(vectors int, load func(Mem) VecVirtual, store func(v Register, to Mem)) {
		var sums []VecVirtual
		for v := range vectors {
			sums = append(sums, load(Mem{Base: dst, Disp: v * m.bytes()}))
		}
		from := clone(x)
		m.loop("row", clone(rows), func() {
			for v, s := range sums {
				VADDPS(load(Mem{Base: from, Disp: v * m.bytes()}), s, s)
			}
			ADDQ(size, from)
		})
		for v, s := range sums {
			store(s, Mem{Base: dst, Disp: v * m.bytes()})
		}
	}
	for vectors := 8; vectors >= 1; vectors /= 2 {
		again, done := m.label("panel"), m.label("narrower")
		Label(again)
		CMPQ(left, imm(vectors*m.width))
		JL(LabelRef(done))
		panel(vectors, func(at Mem) VecVirtual { return m.load(at) }, func(v Register, to Mem) { VMOVUPS(v, to) })
		ADDQ(imm(vectors*m.bytes()), dst)
		ADDQ(imm(vectors*m.bytes()), x)
		SUBQ(imm(vectors*m.width), left)
		JMP(LabelRef(again))
		Label(done)
	}
	done := m.label("done")
	TESTQ(left, left)
	JZ(LabelRef(done))
	k := m.newMask()
	k.first(left)
	panel(1, k.load, k.store)
	Label(done)
	m.end()
}

// repeatEach writes each value several times in a row. A vector of values becomes times vectors: place p takes value
// p/times, by a multiplication with inverse = ceil(2**16/times) and a shift, which is exact for p < 1024, times <= 64.
func (m *machine) repeatEach() {
	m.text("repeatEach", "(dst, x []float32, times int, inverse uint32)", "sets dst to the values of x, each times in a row.")
	dst, x, left, times := base("dst"), base("x"), Load(Param("x").Len(), GP64()), arg("times")
	inverse := m.broadcast(paramMem("inverse"))
	step := m.bits("width", uint32(m.width))
	start := m.load(m.static("places", m.width, func(i int) uint32 { return uint32(i) }))
	values, place := m.vec(), m.vec()
	spread := func() VecVirtual {
		y := m.vec()
		VPMULLD(inverse, place, y)
		VPSRLD(Imm(16), y, y)
		VPERMPS(values, y, y)
		return y
	}
	next := func() {
		VMOVUPS(spread(), Mem{Base: dst})
		VPADDD(step, place, place)
		ADDQ(imm(m.bytes()), dst)
	}
	whole, tail, done := m.label("whole"), m.label("tail"), m.label("done")
	SUBQ(imm(m.width), left)
	JL(LabelRef(tail))
	Label(whole)
	VMOVUPS(Mem{Base: x}, values)
	VMOVAPS(start, place)
	m.loop("vector", clone(times), next)
	ADDQ(imm(m.bytes()), x)
	SUBQ(imm(m.width), left)
	JGE(LabelRef(whole))
	Label(tail)
	ADDQ(imm(m.width), left)
	JZ(LabelRef(done))
	k := m.newMask()
	k.first(left)
	VMOVAPS(k.load(Mem{Base: x}), values)
	VMOVAPS(start, place)
	IMULQ(times, left)
	more, last := m.label("more"), m.label("last")
	SUBQ(imm(m.width), left)
	JL(LabelRef(last))
	Label(more)
	next()
	SUBQ(imm(m.width), left)
	JGE(LabelRef(more))
	Label(last)
	ADDQ(imm(m.width), left)
	JZ(LabelRef(done))
	k = m.newMask()
	k.first(left)
	k.store(spread(), Mem{Base: dst})
	Label(done)
	m.end()
}
