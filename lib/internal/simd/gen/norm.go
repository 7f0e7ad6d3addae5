package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// layerNorm writes the normalisation of every lane over its features, four vectors of lanes at a time: that many sums
// keep the adders busy.
func (m *machine) layerNorm() {
	m.text("layerNorm", "(y []float32, ldy int, x []float32, ldx int, w, b []float32, eps, share float32, features, n int)",
		"normalises every lane over its features; share is 1/features.")
	y, x, ldy, ldx, left := base("y"), base("x"), stride("ldy"), stride("ldx"), groups("n")
	wide := 4 / m.perGroup() // groups in four vectors
	wideLoop, narrow, done := m.label("wide"), m.label("narrow"), m.label("done")
	panel := func(groups int) {
		m.normPanel(y, x, ldy, ldx, groups*m.perGroup())
		ADDQ(imm(4*group*groups), x)
		ADDQ(imm(4*group*groups), y)
		SUBQ(imm(groups), left)
	}
	Label(wideLoop)
	CMPQ(left, imm(wide))
	JL(LabelRef(narrow))
	panel(wide)
	JMP(LabelRef(wideLoop))
	Label(narrow)
	TESTQ(left, left)
	JZ(LabelRef(done))
	panel(1)
	JMP(LabelRef(narrow))
	Label(done)
	m.end()
}

// normPanel normalises a number of vectors of lanes: mean, squares of the differences, result.
func (m *machine) normPanel(y, x, ldy, ldx Register, vectors int) {
	features := arg("features")
	column := func(stride Register, body func(at Register)) {
		at := clone(x)
		m.loop("feature", clone(features), func() {
			body(at)
			ADDQ(stride, at)
		})
	}
	share := m.broadcast(paramMem("share"))

	mean := m.vecs(vectors)
	for _, v := range mean {
		VXORPS(v, v, v)
	}
	column(ldx, func(at Register) {
		for v := range vectors {
			VADDPS(Mem{Base: at, Disp: v * m.bytes()}, mean[v], mean[v])
		}
	})
	for _, v := range mean {
		VMULPS(share, v, v)
	}

	inv := m.vecs(vectors)
	for _, v := range inv {
		VXORPS(v, v, v)
	}
	column(ldx, func(at Register) {
		for v := range vectors {
			d := m.vec()
			VSUBPS(Mem{Base: at, Disp: v * m.bytes()}, mean[v], d)
			VFMADD231PS(d, d, inv[v])
		}
	})
	eps, one := m.broadcast(paramMem("eps")), m.constantReg("exp0", 1)
	for _, v := range inv {
		VMULPS(share, v, v)
		VADDPS(eps, v, v)
		VSQRTPS(v, v)
		VDIVPS(v, one, v)
	}

	w, b, to := base("w"), base("b"), clone(y)
	column(ldx, func(at Register) {
		scale, shift := m.broadcast(Mem{Base: w}), m.broadcast(Mem{Base: b})
		for v := range vectors {
			d := m.load(Mem{Base: at, Disp: v * m.bytes()})
			VSUBPS(mean[v], d, d)
			VMULPS(inv[v], d, d)
			VFMADD213PS(shift, scale, d)
			VMOVUPS(d, Mem{Base: to, Disp: v * m.bytes()})
		}
		ADDQ(Imm(4), w)
		ADDQ(Imm(4), b)
		ADDQ(ldy, to)
	})
}

// paramMem is the address of a float argument.
func paramMem(name string) Mem {
	c, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return c.Addr
}
