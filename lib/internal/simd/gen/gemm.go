package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// tile writes the product of a packed tile of h rows with whole groups of lanes. The sums of h rows by two vectors stay
// in registers over the whole depth; each step of k loads two vectors of b and h values of a.
func (m *machine) tile(h int) {
	m.text(fmt.Sprintf("tile%d", h), "(c, a, b, bias *float32, ldc, ldb, k, groups, add int)",
		fmt.Sprintf("multiplies a tile of %d rows with whole groups of lanes.", h))
	t := &tile{m: m, h: h, c: arg("c"), a: arg("a"), b: arg("b"), bias: arg("bias"), ldc: stride("ldc"), ldb: stride("ldb"),
		k: arg("k"), add: arg("add")}
	// A multiplier takes a new sum every half cycle and four cycles for each: with less than eight sums, steps of k
	// take turns over several sets of them. The number of sets is the same for both widths of panels, so that a
	// lane's result does not depend on where it lies.
	for t.sets = 1; t.sets*h*2 < 8; t.sets *= 2 {
	}
	t.steps = max(t.sets, m.unroll)

	left := arg("groups")
	panel := 2 / m.perGroup() // groups in two vectors
	wide, narrow, done := m.label("wide"), m.label("narrow"), m.label("done")
	Label(wide)
	CMPQ(left, imm(panel))
	JL(LabelRef(narrow))
	t.panel(2)
	SUBQ(imm(panel), left)
	JMP(LabelRef(wide))
	Label(narrow)
	if panel == 2 {
		TESTQ(left, left)
		JZ(LabelRef(done))
		t.panel(1)
		Label(done)
	}
	m.end()
}

type tile struct {
	m           *machine
	h           int
	sets, steps int
	c, a, b     Register
	bias        Register
	ldc, ldb    Register // bytes
	k, add      Register
}

// panel multiplies the tile with a number of vectors of lanes, and moves c and b on.
func (t *tile) panel(vectors int) {
	m := t.m
	sums := make([][][]VecVirtual, t.sets) // [set][row][vector]
	for s := range sums {
		for range t.h {
			sums[s] = append(sums[s], m.vecs(vectors))
		}
	}
	t.start(sums[0], vectors)
	for _, set := range sums[1:] {
		for _, row := range set {
			for _, v := range row {
				VXORPS(v, v, v)
			}
		}
	}

	a, b, left := clone(t.a), clone(t.b), clone(t.k)
	last, finish := m.label("last"), m.label("finish")
	if t.steps > 1 {
		var ldb3 Register
		if t.steps > 2 {
			ldb3 = times3(t.ldb)
		}
		turn := m.label("turn")
		SUBQ(imm(t.steps), left)
		JL(LabelRef(last))
		Label(turn)
		for i := range t.steps {
			t.step(sums[i%t.sets], vectors, Mem{Base: a, Disp: 4 * t.h * i}, row(b, t.ldb, ldb3, i))
		}
		ADDQ(imm(4*t.h*t.steps), a)
		LEAQ(Mem{Base: b, Index: t.ldb, Scale: uint8(t.steps)}, b)
		SUBQ(imm(t.steps), left)
		JGE(LabelRef(turn))
		Label(last)
		ADDQ(imm(t.steps), left)
		JZ(LabelRef(finish))
	}
	m.loop("step", left, func() {
		t.step(sums[0], vectors, Mem{Base: a}, Mem{Base: b})
		ADDQ(imm(4*t.h), a)
		ADDQ(t.ldb, b)
	})
	if t.steps > 1 {
		Label(finish)
	}

	c := clone(t.c)
	for r := range t.h {
		for half := t.sets / 2; half > 0; half /= 2 {
			for s := range half {
				for v := range vectors {
					VADDPS(sums[s+half][r][v], sums[s][r][v], sums[s][r][v])
				}
			}
		}
		for v := range vectors {
			VMOVUPS(sums[0][r][v], Mem{Base: c, Disp: v * m.bytes()})
		}
		if r < t.h-1 {
			ADDQ(t.ldc, c)
		}
	}
	ADDQ(imm(vectors*m.bytes()), t.c)
	ADDQ(imm(vectors*m.bytes()), t.b)
}

// start sets the sums to the bias, plus c when add is set.
func (t *tile) start(sums [][]VecVirtual, vectors int) {
	m := t.m
	plain, ready := m.label("plain"), m.label("ready")
	TESTQ(t.add, t.add)
	JZ(LabelRef(plain))
	c := clone(t.c)
	for r := range t.h {
		bias := m.broadcast(Mem{Base: t.bias, Disp: 4 * r})
		for v := range vectors {
			VADDPS(Mem{Base: c, Disp: v * m.bytes()}, bias, sums[r][v])
		}
		if r < t.h-1 {
			ADDQ(t.ldc, c)
		}
	}
	JMP(LabelRef(ready))
	Label(plain)
	for r := range t.h {
		for v := range vectors {
			VBROADCASTSS(Mem{Base: t.bias, Disp: 4 * r}, sums[r][v])
		}
	}
	Label(ready)
}

// step adds one column of a times one row of b. Two vectors share a loaded value of a; a single one takes it straight
// from memory, where the instruction set can.
func (t *tile) step(sums [][]VecVirtual, vectors int, a, b Mem) {
	m := t.m
	var x []VecVirtual
	for v := range vectors {
		x = append(x, m.load(b.Offset(v*m.bytes())))
	}
	for r := range t.h {
		if vectors == 1 {
			m.fmaBroadcast(a.Offset(4*r), x[0], sums[r][0])
			continue
		}
		y := m.broadcast(a.Offset(4 * r))
		for v := range vectors {
			VFMADD231PS(x[v], y, sums[r][v])
		}
	}
}
