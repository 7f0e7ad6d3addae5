package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// meanTokens writes the mean over the tokens of each row: sixteen partial sums, then their halves onto each other.
func (m *machine) meanTokens() {
	m.text("meanTokens", "(dst []float32, ldd int, x []float32, ldx, tokens, features, rows int, share float32)",
		"sets dst to the mean over the tokens of each row; share is 1/tokens.")
	dst, x, ldd, ldx := base("dst"), base("x"), stride("ldd"), stride("ldx")
	tokens, features, rows := arg("tokens"), arg("features"), arg("rows")
	// The last tokens of a row are loaded under a mask: what follows belongs to the next row.
	var tails []mask
	rest := clone(tokens)
	ANDQ(Imm(group-1), rest)
	for v := range m.perGroup() {
		k := m.newMask()
		k.first(clamped(rest, v*m.width, m.width))
		tails = append(tails, k)
	}
	share := XMM()
	VMOVSS(paramMem("share"), share)
	m.loop("feature", features, func() {
		from, to := clone(x), clone(dst)
		m.loop("row", clone(rows), func() {
			sums := m.vecs(m.perGroup())
			for _, s := range sums {
				VXORPS(s, s, s)
			}
			whole := clone(tokens)
			SHRQ(Imm(4), whole)
			tail, last := m.label("tail"), m.label("sum")
			JZ(LabelRef(tail))
			m.loop("whole", whole, func() {
				for v, s := range sums {
					VADDPS(Mem{Base: from, Disp: v * m.bytes()}, s, s)
				}
				ADDQ(imm(4*group), from)
			})
			Label(tail)
			TESTQ(rest, rest)
			JZ(LabelRef(last))
			for v, s := range sums {
				VADDPS(tails[v].load(Mem{Base: from, Disp: v * m.bytes()}), s, s)
			}
			LEAQ(Mem{Base: from, Index: rest, Scale: 4}, from)
			Label(last)
			sum := m.fold(sums)
			VMULSS(share, sum, sum)
			VMOVSS(sum, Mem{Base: to})
			ADDQ(Imm(4), to)
		})
		ADDQ(ldd, dst)
		ADDQ(ldx, x)
	})
	m.end()
}

// clamped returns min(max(r-low, 0), width).
func clamped(r Register, low, width int) Register {
	c, bound := clone(r), GP64()
	XORQ(bound, bound)
	SUBQ(imm(low), c)
	CMOVQLT(bound, c)
	MOVQ(U32(width), bound)
	CMPQ(c, bound)
	CMOVQGT(bound, c)
	return c
}

// fold adds sixteen partial sums: the upper half onto the lower, four times.
func (m *machine) fold(sums []VecVirtual) VecVirtual {
	eight := YMM()
	if m.avx512() {
		VEXTRACTF32X8(Imm(1), sums[0], eight)
		VADDPS(eight, sums[0].AsY(), eight)
	} else {
		VADDPS(sums[1], sums[0], eight)
	}
	four, upper := XMM(), XMM()
	VEXTRACTF128(Imm(1), eight, upper)
	VADDPS(upper, eight.AsX(), four)
	VMOVHLPS(four, four, upper)
	VADDPS(upper, four, four)
	VMOVSHDUP(four, upper)
	VADDSS(upper, four, four)
	return four
}

// transpose writes the transposition of blocks of 8 rows by 8 columns. The last block of columns overlaps the one
// before it where the number of columns is no multiple of 8, and writes the same values again.
func (m *machine) transpose() {
	m.text("transpose", "(dst []float32, ldd int, x []float32, ldx, rows, cols int)",
		"sets dst[c][r] to x[r][c] for a multiple of 8 rows and at least 8 columns.")
	dst, x, ldd, ldx, rows := base("dst"), base("x"), stride("ldd"), stride("ldx"), arg("rows")
	cols := arg("cols")
	last := clone(cols) // where the last block starts
	SUBQ(Imm(8), last)
	ldx3 := times3(ldx)
	SHRQ(Imm(3), rows)
	m.loop("rows", rows, func() {
		col := GP64()
		XORQ(col, col)
		next, done := m.label("block"), m.label("done")
		Label(next)
		// A register holds four columns of rows i and i+4.
		upper, lower := GP64(), GP64()
		LEAQ(Mem{Base: x, Index: col, Scale: 4}, upper)
		LEAQ(Mem{Base: upper, Index: ldx, Scale: 4}, lower)
		to := clone(col)
		IMULQ(ldd, to)
		ADDQ(dst, to)
		for half := range 2 {
			var r [4]VecVirtual
			for i := range r {
				r[i] = YMM()
				VMOVUPS(row(upper, ldx, ldx3, i).Offset(16*half), r[i].AsX())
				VINSERTF128(Imm(1), row(lower, ldx, ldx3, i).Offset(16*half), r[i], r[i])
			}
			var t [4]VecVirtual
			for i := range t {
				t[i] = YMM()
			}
			VUNPCKLPS(r[1], r[0], t[0])
			VUNPCKHPS(r[1], r[0], t[1])
			VUNPCKLPS(r[3], r[2], t[2])
			VUNPCKHPS(r[3], r[2], t[3])
			for i := range 2 {
				low, high := YMM(), YMM()
				VUNPCKLPD(t[2+i], t[i], low)
				VUNPCKHPD(t[2+i], t[i], high)
				VMOVUPS(low, Mem{Base: to})
				VMOVUPS(high, Mem{Base: to, Index: ldd, Scale: 1})
				LEAQ(Mem{Base: to, Index: ldd, Scale: 2}, to)
			}
		}
		CMPQ(col, last)
		JGE(LabelRef(done))
		ADDQ(Imm(8), col)
		CMPQ(col, last)
		CMOVQGT(last, col)
		JMP(LabelRef(next))
		Label(done)
		LEAQ(Mem{Base: x, Index: ldx, Scale: 8}, x)
		ADDQ(Imm(32), dst)
	})
	m.end()
}
