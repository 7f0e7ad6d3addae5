package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// strip writes the product of h rows of a, with any strides, and any number of columns of b and c. It differs from tile
// in that: nothing is packed, and the last columns are masked.
func (m *machine) strip(h int) {
	m.text(fmt.Sprintf("strip%d", h), "(c, a, b *float32, ldc, rowA, colA, ldb, n, k, add int)",
		fmt.Sprintf("multiplies %d rows of a with b.", h))
	t := &strip{m: m, h: h, c: arg("c"), b: arg("b"), ldc: stride("ldc"), ldb: stride("ldb"), row: stride("rowA"), col: stride("colA")}
	if h > 3 {
		t.row3 = times3(t.row)
	}
	left := arg("n")
	done := m.label("done")
	for _, vectors := range m.wider(h) {
		again, less := m.label("wider"), m.label("less")
		Label(again)
		CMPQ(left, imm(vectors*m.width))
		JL(LabelRef(less))
		t.panel(vectors, mask{})
		SUBQ(imm(vectors*m.width), left)
		JZ(LabelRef(done))
		JMP(LabelRef(again))
		Label(less)
	}
	wide, narrow := m.label("wide"), m.label("narrow")
	Label(wide)
	if m.avx512() {
		// Masks cost nothing: the last panel is as wide as it has to be.
		CMPQ(left, imm(m.width))
		JLE(LabelRef(narrow))
		k := m.newMask()
		k.first(clamped(left, m.width, m.width))
		t.panel(2, k)
		SUBQ(imm(2*m.width), left)
		JG(LabelRef(wide))
		JMP(LabelRef(done))
		Label(narrow)
		k = m.newMask()
		k.first(left)
		t.panel(1, k)
	} else {
		CMPQ(left, imm(2*m.width))
		JL(LabelRef(narrow))
		t.panel(2, mask{})
		SUBQ(imm(2*m.width), left)
		JMP(LabelRef(wide))
		Label(narrow)
		TESTQ(left, left)
		JLE(LabelRef(done))
		k := m.newMask()
		k.first(clamped(left, 0, m.width))
		t.panel(1, k)
		SUBQ(imm(m.width), left)
		JMP(LabelRef(narrow))
	}
	Label(done)
	m.end()
}

// wider returns the numbers of vectors in panels that few rows are multiplied with, beside those of two. A multiplier
// takes a new sum every half cycle and four cycles for each: eight sums and more keep it busy. To divide k among them
// instead would make the order of a sum depend on the number of rows.
func (m *machine) wider(h int) []int {
	switch {
	case h == 1 && m.avx512():
		return []int{8, 4}
	case h == 1, h == 2, h == 3 && m.avx512():
		return []int{4}
	}
	return nil
}

type strip struct {
	m        *machine
	h        int
	c, b     Register
	ldc, ldb Register // bytes
	row, col Register // of a, bytes
	row3     Register
}

// panel multiplies with a number of vectors of columns, the last of which is masked unless last is empty, and moves c
// and b on.
func (t *strip) panel(vectors int, last mask) {
	m := t.m
	load := func(from Mem, v int) VecVirtual {
		if v == vectors-1 && last.reg != nil {
			return last.load(from)
		}
		return m.load(from)
	}
	var sums [][]VecVirtual // [row][vector]
	for range t.h {
		set := m.vecs(vectors)
		for _, v := range set {
			VXORPS(v, v, v)
		}
		sums = append(sums, set)
	}

	// Rows are reached from the addresses of every fourth.
	a := []Register{arg("a")}
	for i := 4; i < t.h; i += 4 {
		next := GP64()
		LEAQ(Mem{Base: a[len(a)-1], Index: t.row, Scale: 4}, next)
		a = append(a, next)
	}
	b, left := clone(t.b), arg("k")
	m.loop("step", left, func() {
		var x []VecVirtual
		for v := range vectors {
			x = append(x, load(Mem{Base: b, Disp: v * m.bytes()}, v))
		}
		for r := range t.h {
			from := row(a[r/4], t.row, t.row3, r%4)
			if vectors == 1 {
				m.fmaBroadcast(from, x[0], sums[r][0])
				continue
			}
			y := m.broadcast(from)
			for v := range vectors {
				VFMADD231PS(x[v], y, sums[r][v])
			}
		}
		for _, at := range a {
			ADDQ(t.col, at)
		}
		ADDQ(t.ldb, b)
	})

	place := func(c Register, v int) Mem { return Mem{Base: c, Disp: v * m.bytes()} }
	each := func(body func(r, v int, at Mem)) {
		c := clone(t.c)
		for r := range t.h {
			for v := range vectors {
				body(r, v, place(c, v))
			}
			if r < t.h-1 {
				ADDQ(t.ldc, c)
			}
		}
	}
	store := m.label("store")
	add := arg("add")
	TESTQ(add, add)
	JZ(LabelRef(store))
	each(func(r, v int, at Mem) { VADDPS(load(at, v), sums[r][v], sums[r][v]) })
	Label(store)
	each(func(r, v int, at Mem) {
		if v == vectors-1 && last.reg != nil {
			last.store(sums[r][v], at)
			return
		}
		VMOVUPS(sums[r][v], at)
	})
	ADDQ(imm(vectors*m.bytes()), t.c)
	ADDQ(imm(vectors*m.bytes()), t.b)
}
