package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// elementwise writes the kernels that map one value to one value, with the same map for all features.
func (m *machine) elementwise() {
	const shape = ", ld, features, n int)"
	m.inPlace("relu", "(x []float32"+shape, "sets x to max(x, 0).", func() func(Register) VecVirtual {
		zero := m.zero()
		return func(x Register) VecVirtual {
			y := m.vec()
			VMAXPS(x, zero, y)
			return y
		}
	})
	m.inPlace("silu", "(x []float32"+shape, "sets x to x*sigmoid(x).", m.silu)

	m.text("siluMul", "(gate, up []float32"+shape, "sets gate to gate*sigmoid(gate)*up.")
	gate, up, ld, features, count := base("gate"), base("up"), stride("ld"), arg("features"), groups("n")
	silu := m.silu()
	m.loop("feature", features, func() {
		m.lanes(count, func(offset Register, v int) {
			y := silu(m.load(Mem{Base: gate, Index: offset, Scale: 1, Disp: v * m.bytes()}))
			VMULPS(Mem{Base: up, Index: offset, Scale: 1, Disp: v * m.bytes()}, y, y)
			VMOVUPS(y, Mem{Base: gate, Index: offset, Scale: 1, Disp: v * m.bytes()})
		})
		ADDQ(ld, gate)
		ADDQ(ld, up)
	})
	m.end()

	m.flat("exp", "sets dst to e**x.", m.expAll)
	m.flat("sigmoid", "sets dst to 1/(1+e**-x).", m.sigmoid)
}

// lanes runs body for every vector of count groups: for each group, the offset in bytes and the vectors in it.
func (m *machine) lanes(count Register, body func(offset Register, v int)) {
	offset := GP64()
	XORQ(offset, offset)
	m.loop("group", clone(count), func() {
		for v := range m.perGroup() {
			body(offset, v)
		}
		ADDQ(imm(4*group), offset)
	})
}

// inPlace writes a kernel that maps every value of a matrix to another.
func (m *machine) inPlace(name, signature, doc string, prepare func() func(Register) VecVirtual) {
	m.text(name, signature, doc)
	x, ld, features, count := base("x"), stride("ld"), arg("features"), groups("n")
	f := prepare()
	m.loop("feature", features, func() {
		m.lanes(count, func(offset Register, v int) {
			at := Mem{Base: x, Index: offset, Scale: 1, Disp: v * m.bytes()}
			VMOVUPS(f(m.load(at)), at)
		})
		ADDQ(ld, x)
	})
	m.end()
}

// flat writes a kernel that maps every value of a slice of any length to another slice.
func (m *machine) flat(name, doc string, prepare func() func(Register) VecVirtual) {
	m.text(name, "(dst, x []float32)", doc)
	dst, x := base("dst"), base("x")
	left := Load(Param("x").Len(), GP64())
	f := prepare()
	whole, tail, done := m.label("whole"), m.label("tail"), m.label("done")
	SUBQ(imm(m.width), left)
	JL(LabelRef(tail))
	Label(whole)
	VMOVUPS(f(m.load(Mem{Base: x})), Mem{Base: dst})
	ADDQ(imm(m.bytes()), x)
	ADDQ(imm(m.bytes()), dst)
	SUBQ(imm(m.width), left)
	JGE(LabelRef(whole))
	Label(tail)
	ADDQ(imm(m.width), left)
	JZ(LabelRef(done))
	k := m.newMask()
	k.first(left)
	k.store(f(k.load(Mem{Base: x})), Mem{Base: dst})
	Label(done)
	m.end()
}
