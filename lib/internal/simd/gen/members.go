package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// members writes the kernels whose factors depend on the feature and on the member, which is the lane modulo K.
func (m *machine) members() {
	m.text("mulMembers", "(dst []float32, ldd int, x []float32, ldx int, scale []float32, period, features, n int)",
		"sets dst to x*scale, where scale repeats over the lanes.")
	dst, x, ldd, ldx := base("dst"), base("x"), stride("ldd"), stride("ldx")
	m.periodic([]string{"scale"}, func(offset Register, v int, factors []Mem) {
		y := m.load(Mem{Base: x, Index: offset, Scale: 1, Disp: v * m.bytes()})
		VMULPS(factors[0], y, y)
		VMOVUPS(y, Mem{Base: dst, Index: offset, Scale: 1, Disp: v * m.bytes()})
	}, func() {
		ADDQ(ldd, dst)
		ADDQ(ldx, x)
	})

	m.affine("affine", "sets x to x*scale+shift, where scale and shift repeat over the lanes.", nil)
	m.affine("affineSiLU", "sets x to y*sigmoid(y) with y = x*scale+shift, where scale and shift repeat over the lanes.", m.silu)
	m.spread()
}

// affine writes the affine map in place, followed by another map unless that is nil.
func (m *machine) affine(name, doc string, prepare func() func(Register) VecVirtual) {
	m.text(name, "(x []float32, ld int, scale, shift []float32, period, features, n int)", doc)
	x, ld := base("x"), stride("ld")
	f := func(x Register) VecVirtual { return x.(VecVirtual) }
	if prepare != nil {
		f = prepare()
	}
	m.periodic([]string{"scale", "shift"}, func(offset Register, v int, factors []Mem) {
		at := Mem{Base: x, Index: offset, Scale: 1, Disp: v * m.bytes()}
		y := m.load(factors[0])
		z := m.load(at)
		VFMADD213PS(factors[1], y, z)
		VMOVUPS(f(z), at)
	}, func() { ADDQ(ld, x) })
}

// periodic runs body over features and lanes, for arrays [features][period] of which every feature's part repeats over
// the lanes, and ends the function. next moves the other arrays to the next feature.
func (m *machine) periodic(names []string, body func(offset Register, v int, factors []Mem), next func()) {
	period, features, count := stride("period"), arg("features"), groups("n")
	var arrays []Register
	for _, name := range names {
		arrays = append(arrays, base(name))
	}
	m.loop("feature", features, func() {
		phase, zero := GP64(), GP64()
		XORQ(phase, phase)
		XORQ(zero, zero)
		m.lanes(count, func(offset Register, v int) {
			var factors []Mem
			for _, a := range arrays {
				factors = append(factors, Mem{Base: a, Index: phase, Scale: 1, Disp: v * m.bytes()})
			}
			body(offset, v, factors)
			if v == m.perGroup()-1 {
				ADDQ(imm(4*group), phase)
				CMPQ(phase, period)
				CMOVQEQ(zero, phase)
			}
		})
		for _, a := range arrays {
			ADDQ(period, a)
		}
		next()
	})
	m.end()
}

// spread writes the copy of a row to its members, for whole groups of members.
func (m *machine) spread() {
	m.text("spread", "(dst []float32, ldd int, x []float32, ldx int, scale []float32, members, features, rows int)",
		"sets dst to the rows of x, each repeated over members lanes and scaled by scale, [features][members].")
	dst, x, scale, ldd, ldx := base("dst"), base("x"), base("scale"), stride("ldd"), stride("ldx")
	members, features, rows := groups("members"), arg("features"), arg("rows")
	m.loop("feature", features, func() {
		from, to := clone(x), clone(dst)
		m.loop("row", clone(rows), func() {
			value := m.broadcast(Mem{Base: from})
			m.lanes(members, func(offset Register, v int) {
				y := m.vec()
				VMULPS(Mem{Base: scale, Index: offset, Scale: 1, Disp: v * m.bytes()}, value, y)
				VMOVUPS(y, Mem{Base: to, Disp: v * m.bytes()})
				if v == m.perGroup()-1 {
					ADDQ(imm(4*group), to)
				}
			})
			ADDQ(Imm(4), from)
		})
		ADDQ(ldd, dst)
		ADDQ(ldx, x)
		size := clone(members)
		SHLQ(Imm(6), size)
		ADDQ(size, scale)
	})
	m.end()
}
