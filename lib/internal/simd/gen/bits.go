package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// words writes the kernels of vector_bits.go.
func (m *machine) words() {
	compare := func(predicate uint8) func(b, a Op, c Register) {
		return func(b, a Op, c Register) {
			if m.avx512() {
				k := K()
				VCMPPS(Imm(uint64(predicate)), b, a, k)
				VPMOVM2D(k, c)
				return
			}
			VCMPPS(Imm(uint64(predicate)), b, a, c)
		}
	}
	m.binary("less", "uint32", "float32", "all ones where a < b, else 0", compare(lessThan))
	m.binary("lessEqual", "uint32", "float32", "all ones where a <= b, else 0", compare(lessEqual))
	m.binary("equal", "uint32", "float32", "all ones where a == b, else 0", compare(equal))
	m.binary("notEqual", "uint32", "float32", "all ones where a != b, else 0", compare(notEqual))
	m.withScalar("lessS", "uint32", "float32", "all ones where a < v, else 0", compare(lessThan))
	m.withScalar("lessEqualS", "uint32", "float32", "all ones where a <= v, else 0", compare(lessEqual))
	m.withScalar("greaterS", "uint32", "float32", "all ones where a > v, else 0", compare(moreThan))
	m.withScalar("greaterEqualS", "uint32", "float32", "all ones where a >= v, else 0", compare(moreEqual))
	m.withScalar("equalS", "uint32", "float32", "all ones where a == v, else 0", compare(equal))
	m.withScalar("notEqualS", "uint32", "float32", "all ones where a != v, else 0", compare(notEqual))

	for _, k := range []struct {
		name, doc string
		op        func(b, a Op, c Register)
		scalar    bool
	}{
		{"lessU", "all ones where a < b, else 0", m.lessUnsigned, true},
		{"equalU", "all ones where a == b, else 0", m.equalUnsigned, true},
		{"and", "a&b", func(b, a Op, c Register) { VANDPS(b, a, c) }, true},
		{"or", "a|b", func(b, a Op, c Register) { VORPS(b, a, c) }, true},
		{"xor", "a^b", func(b, a Op, c Register) { VXORPS(b, a, c) }, true},
		{"addU", "a+b", func(b, a Op, c Register) { VPADDD(b, a, c) }, true},
		{"subU", "a-b", func(b, a Op, c Register) { VPSUBD(b, a, c) }, false},
		{"mulU", "a*b", func(b, a Op, c Register) { VPMULLD(b, a, c) }, true},
	} {
		m.binary(k.name, "uint32", "uint32", k.doc, k.op)
		if k.scalar {
			m.withScalar(k.name+"S", "uint32", "uint32", k.doc+", where b is v everywhere", k.op)
		}
	}
	m.shift("shlS", "a<<n", func(n Op, x Register) { VPSLLD(n, x, x) })
	m.shift("shrS", "a>>n", func(n Op, x Register) { VPSRLD(n, x, x) })
	m.selections()
	m.conversions()
	m.widen()
	m.narrow()
}

func (m *machine) lessUnsigned(b, a Op, c Register) {
	if m.avx512() {
		k := K()
		VPCMPUD(Imm(1), b, a, k)
		VPMOVM2D(k, c)
		return
	}
	// There is a comparison with signs only: the highest bit the other way round makes it one without.
	sign, u, v := m.repeated("sign", 1<<31), m.vec(), m.vec()
	VPXOR(sign, a, u)
	VPXOR(sign, b, v)
	VPCMPGTD(u, v, c)
}

func (m *machine) equalUnsigned(b, a Op, c Register) {
	if m.avx512() {
		k := K()
		VPCMPEQD(b, a, k)
		VPMOVM2D(k, c)
		return
	}
	VPCMPEQD(b, a, c)
}

// shift writes a shift of all words by the same number of bits.
func (m *machine) shift(name, doc string, op func(n Op, x Register)) {
	m.mapped(mapping{name, "(dst, a []uint32, n uint)", "sets dst to " + doc + ".", "dst", []string{"a"}, 4,
		func() func([]VecVirtual) VecVirtual {
			n := XMM()
			VMOVQ(arg("n"), n)
			return func(in []VecVirtual) VecVirtual {
				op(n, in[0])
				return in[0]
			}
		}})
}

func (m *machine) selections() {
	choose := func(mask, a, b VecVirtual) VecVirtual {
		if m.avx512() {
			const first = 0xca // bit by bit: the second operand where the first is set, else the third
			VPTERNLOGD(Imm(first), b, a, mask)
			return mask
		}
		VBLENDVPS(mask, a, b, mask)
		return mask
	}
	const doc = "sets dst to a where the mask is all ones, to b where it is 0."
	m.mapped(mapping{"sel", "(dst []float32, mask []uint32, a, b []float32)", doc, "dst", []string{"mask", "a", "b"}, 4,
		func() func([]VecVirtual) VecVirtual {
			return func(in []VecVirtual) VecVirtual { return choose(in[0], in[1], in[2]) }
		}})
	m.mapped(mapping{"selectSA", "(dst []float32, mask []uint32, a float32, b []float32)", doc, "dst", []string{"mask", "b"}, 4,
		func() func([]VecVirtual) VecVirtual {
			a := m.broadcast(paramMem("a"))
			return func(in []VecVirtual) VecVirtual { return choose(in[0], a, in[1]) }
		}})
	m.mapped(mapping{"selectSB", "(dst []float32, mask []uint32, a []float32, b float32)", doc, "dst", []string{"mask", "a"}, 4,
		func() func([]VecVirtual) VecVirtual {
			b := m.broadcast(paramMem("b"))
			return func(in []VecVirtual) VecVirtual { return choose(in[0], in[1], b) }
		}})
}

// conversions writes those between integers and floats. AVX2 has none for unsigned integers.
func (m *machine) conversions() {
	convert := func(name, out, in string, prepare func() func(x VecVirtual) VecVirtual) {
		m.mapped(mapping{name, "(dst []" + out + ", x []" + in + ")", "converts " + in + " to " + out + ".", "dst", []string{"x"}, 2,
			func() func([]VecVirtual) VecVirtual {
				f := prepare()
				return func(in []VecVirtual) VecVirtual { return f(in[0]) }
			}})
	}
	one := func(op func(x Op, y Register)) func() func(x VecVirtual) VecVirtual {
		return func() func(x VecVirtual) VecVirtual {
			return func(x VecVirtual) VecVirtual {
				op(x, x)
				return x
			}
		}
	}
	convert("fromI32", "float32", "int32", one(func(x Op, y Register) { VCVTDQ2PS(x, y) }))
	convert("toI32", "int32", "float32", one(func(x Op, y Register) { VCVTTPS2DQ(x, y) }))
	if m.avx512() {
		convert("fromU32", "float32", "uint32", one(func(x Op, y Register) { VCVTUDQ2PS(x, y) }))
		convert("toU32", "uint32", "float32", one(func(x Op, y Register) { VCVTTPS2UDQ(x, y) }))
		return
	}
	convert("fromU32", "float32", "uint32", func() func(x VecVirtual) VecVirtual {
		// The halves are exact; their sum is rounded once.
		low, factor := m.bits("lowHalf", 1<<16-1), m.constantReg("half", 1<<16)
		return func(x VecVirtual) VecVirtual {
			y := m.vec()
			VANDPS(low, x, y)
			VPSRLD(Imm(16), x, x)
			VCVTDQ2PS(y, y)
			VCVTDQ2PS(x, x)
			VFMADD231PS(factor, x, y)
			return y
		}
	})
	convert("toU32", "uint32", "float32", func() func(x VecVirtual) VecVirtual {
		// From 2**31 on, that much is taken off first and put back as the highest bit.
		limit, sign := m.constantReg("signValue", 1<<31), m.bits("sign", 1<<31)
		return func(x VecVirtual) VecVirtual {
			large, y := m.vec(), m.vec()
			VCMPPS(Imm(moreEqual), limit, x, large)
			VANDPS(limit, large, y)
			VSUBPS(y, x, x)
			VCVTTPS2DQ(x, x)
			VANDPS(sign, large, large)
			VXORPS(large, x, x)
			return x
		}
	})
}

// widen writes the conversion of bytes that are 0 or 1 to masks.
func (m *machine) widen() {
	m.text("widen", "(mask []uint32, b []bool)", "sets mask to all ones where b is true, else to 0.")
	mask, b, at, left := base("mask"), base("b"), GP64(), Load(Param("b").Len(), GP64())
	XORQ(at, at)
	zero := m.zero()
	from := func(i int) Mem { return Mem{Base: b, Index: at, Scale: 1, Disp: i * m.width} }
	to := func(i int) Mem { return Mem{Base: mask, Index: at, Scale: 4, Disp: i * m.bytes()} }
	m.strips(left, at, 2, func(i int) {
		v := m.vec()
		VPMOVZXBD(from(i), v)
		VPSUBD(v, zero, v)
		VMOVUPS(v, to(i))
	}, func() {
		if m.avx512() {
			k, bytes, v := m.newMask(), XMM(), m.vec()
			k.first(left)
			VMOVDQU8_Z(from(0), k.reg, bytes)
			VPMOVZXBD(bytes, v)
			VPSUBD(v, zero, v)
			k.store(v, to(0))
			return
		}
		m.loop("single", left, func() {
			v := GP32()
			MOVBLZX(from(0), v)
			NEGL(v)
			MOVL(v, to(0))
			INCQ(at)
		})
	})
	m.end()
}

// narrow writes the conversion of masks to bytes that are 0 or 1.
func (m *machine) narrow() {
	m.text("narrow", "(b []bool, mask []uint32)", "sets b to 1 where the mask is all ones, else to 0.")
	b, mask, at, left := base("b"), base("mask"), GP64(), Load(Param("mask").Len(), GP64())
	XORQ(at, at)
	from := func(i int) Mem { return Mem{Base: mask, Index: at, Scale: 4, Disp: i * m.bytes()} }
	to := func(i int) Mem { return Mem{Base: b, Index: at, Scale: 1, Disp: i * m.width} }
	m.strips(left, at, 2, func(i int) {
		v := m.load(from(i))
		VPSRLD(Imm(31), v, v)
		if m.avx512() {
			VPMOVDB(v, to(i))
			return
		}
		upper, bytes := XMM(), v.AsX()
		VEXTRACTI128(Imm(1), v, upper)
		VPACKSSDW(upper, bytes, bytes)
		VPACKUSWB(bytes, bytes, bytes)
		VMOVQ(bytes, to(i))
	}, func() {
		if m.avx512() {
			k := m.newMask()
			k.first(left)
			v := k.load(from(0))
			VPSRLD(Imm(31), v, v)
			VPMOVDB(v, k.reg, to(0))
			return
		}
		m.loop("single", left, func() {
			v := GP32()
			MOVL(from(0), v)
			SHRL(Imm(31), v)
			MOVB(v.As8(), to(0))
			INCQ(at)
		})
	})
	m.end()
}
