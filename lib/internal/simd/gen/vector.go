package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// mapping is a kernel that maps contiguous slices to a slice, value by value. prepare loads constants and returns the
// map of vectors; it may overwrite those it is given.
type mapping struct {
	name, signature, doc string
	out                  string
	ins                  []string // the first one's length counts
	unroll               int      // vectors in a turn of the main loop
	prepare              func() func(in []VecVirtual) VecVirtual
}

// arithmetic writes the kernels of vector.go.
func (m *machine) arithmetic() {
	type op = func(b, a Op, c Register) // c = a op b
	add := func(b, a Op, c Register) { VADDPS(b, a, c) }
	sub := func(b, a Op, c Register) { VSUBPS(b, a, c) }
	mul := func(b, a Op, c Register) { VMULPS(b, a, c) }
	div := func(b, a Op, c Register) { VDIVPS(b, a, c) }
	least := func(b, a Op, c Register) { m.extreme(false, b, a, c) }
	most := func(b, a Op, c Register) { m.extreme(true, b, a, c) }
	for _, k := range []struct {
		name, doc string
		op        op
	}{{"add", "a+b", add}, {"sub", "a-b", sub}, {"mul", "a*b", mul}, {"div", "a/b", div},
		{"min", "the lesser of a and b", least}, {"max", "the greater of a and b", most}} {
		m.binary(k.name, "float32", "float32", k.doc, k.op)
	}
	reversed := func(f op) op { return func(b, a Op, c Register) { f(a, b, c) } }
	for _, k := range []struct {
		name, doc string
		op        op
	}{{"addS", "a+v", add}, {"rsubS", "v-a", reversed(sub)}, {"mulS", "a*v", mul}, {"divS", "a/v", div}, {"rdivS", "v/a", reversed(div)},
		{"minS", "the lesser of a and v", least}, {"maxS", "the greater of a and v", most}} {
		m.withScalar(k.name, "float32", "float32", k.doc, k.op)
	}

	m.mapped(mapping{"mulAdd", "(dst, a, b, c []float32)", "sets dst to a*b+c.", "dst", []string{"a", "b", "c"}, 4,
		func() func([]VecVirtual) VecVirtual {
			return func(in []VecVirtual) VecVirtual {
				VFMADD213PS(in[2], in[1], in[0])
				return in[0]
			}
		}})
	m.mapped(mapping{"addScaled", "(dst, a []float32, v float32)", "adds v*a to dst.", "dst", []string{"a", "dst"}, 4,
		func() func([]VecVirtual) VecVirtual {
			v := m.broadcast(paramMem("v"))
			return func(in []VecVirtual) VecVirtual {
				VFMADD231PS(in[0], v, in[1])
				return in[1]
			}
		}})
	m.mapped(mapping{"fill", "(dst []float32, v float32)", "sets all of dst to v.", "dst", nil, 4,
		func() func([]VecVirtual) VecVirtual {
			v := m.broadcast(paramMem("v"))
			return func([]VecVirtual) VecVirtual { return v }
		}})

	sign := func() VecVirtual { return m.bits("sign", 1<<31) }
	m.unary("neg", "-x", 4, func() func(x VecVirtual) VecVirtual {
		s := sign()
		return func(x VecVirtual) VecVirtual {
			VXORPS(s, x, x)
			return x
		}
	})
	m.unary("abs", "|x|", 4, func() func(x VecVirtual) VecVirtual {
		s := m.bits("rest", math.MaxInt32)
		return func(x VecVirtual) VecVirtual {
			VANDPS(s, x, x)
			return x
		}
	})
	m.unary("sign", "1, 0 or -1", 2, func() func(x VecVirtual) VecVirtual {
		s, one, zero := sign(), m.constantReg("exp0", 1), m.zero()
		return func(x VecVirtual) VecVirtual {
			y := m.vec()
			VANDPS(s, x, y)
			VORPS(one, y, y)
			return m.blend(notEqualOrdered, zero, x, y, x)
		}
	})
	m.unary("sqrt", "the square root of x", 1, func() func(x VecVirtual) VecVirtual {
		return func(x VecVirtual) VecVirtual {
			VSQRTPS(x, x)
			return x
		}
	})
	m.unary("rsqrt", "1/sqrt(x)", 1, func() func(x VecVirtual) VecVirtual {
		one := m.constantReg("exp0", 1)
		return func(x VecVirtual) VecVirtual {
			VSQRTPS(x, x)
			VDIVPS(x, one, x)
			return x
		}
	})
}

// binary writes a kernel of two slices of one type.
func (m *machine) binary(name, out, in, doc string, op func(b, a Op, c Register)) {
	dst := "dst, a, b []" + in
	if out != in {
		dst = "dst []" + out + ", a, b []" + in
	}
	m.mapped(mapping{name, "(" + dst + ")", "sets dst to " + doc + ".", "dst", []string{"a", "b"}, 4,
		func() func([]VecVirtual) VecVirtual {
			return func(v []VecVirtual) VecVirtual {
				op(v[1], v[0], v[0])
				return v[0]
			}
		}})
}

// withScalar writes a kernel of a slice and a scalar.
func (m *machine) withScalar(name, out, in, doc string, op func(b, a Op, c Register)) {
	dst := "dst, a []" + in
	if out != in {
		dst = "dst []" + out + ", a []" + in
	}
	m.mapped(mapping{name, "(" + dst + ", v " + in + ")", "sets dst to " + doc + ".", "dst", []string{"a"}, 4,
		func() func([]VecVirtual) VecVirtual {
			v := m.broadcast(paramMem("v"))
			return func(in []VecVirtual) VecVirtual {
				op(v, in[0], in[0])
				return in[0]
			}
		}})
}

// unary writes a kernel of one slice of floats.
func (m *machine) unary(name, doc string, unroll int, prepare func() func(x VecVirtual) VecVirtual) {
	m.mapped(mapping{name, "(dst, x []float32)", "sets dst to " + doc + ".", "dst", []string{"x"}, unroll,
		func() func([]VecVirtual) VecVirtual {
			f := prepare()
			return func(in []VecVirtual) VecVirtual { return f(in[0]) }
		}})
}

// mapped writes a mapping: turns of several vectors, single vectors, and the rest under a mask.
func (m *machine) mapped(k mapping) {
	m.text(k.name, k.signature, k.doc)
	out, at := base(k.out), GP64()
	var ins []Register
	counted := k.out
	for i, name := range k.ins {
		if i == 0 {
			counted = name
		}
		ins = append(ins, base(name))
	}
	left := Load(Param(counted).Len(), GP64())
	f := k.prepare()
	XORQ(at, at)
	place := func(base Register, i int) Mem { return Mem{Base: base, Index: at, Scale: 4, Disp: i * m.bytes()} }
	vector := func(i int) {
		var in []VecVirtual
		for _, r := range ins {
			in = append(in, m.load(place(r, i)))
		}
		VMOVUPS(f(in), place(out, i))
	}
	m.strips(left, at, k.unroll, vector, func() {
		tail := m.newMask()
		tail.first(left)
		var in []VecVirtual
		for _, r := range ins {
			in = append(in, tail.load(place(r, 0)))
		}
		tail.store(f(in), place(out, 0))
	})
	m.end()
}

// strips runs vector over as many values as left says, at the index at: unroll vectors in a turn, then one, then tail
// on the rest, 1 to width-1 values, the number of which is in left.
func (m *machine) strips(left, at Register, unroll int, vector func(i int), tail func()) {
	turn := func(vectors int) {
		again, done := m.label("turn"), m.label("less")
		SUBQ(imm(vectors*m.width), left)
		JL(LabelRef(done))
		Label(again)
		for i := range vectors {
			vector(i)
		}
		ADDQ(imm(vectors*m.width), at)
		SUBQ(imm(vectors*m.width), left)
		JGE(LabelRef(again))
		Label(done)
		ADDQ(imm(vectors*m.width), left)
	}
	if unroll > 1 {
		turn(unroll)
	}
	turn(1)
	done := m.label("done")
	TESTQ(left, left)
	JZ(LabelRef(done))
	tail()
	Label(done)
}

// Predicates of VCMPPS beside those of exp.go. With NaN all but notEqual and unordered are false.
const (
	equal           = 0x00
	unordered       = 0x03
	notEqual        = 0x04
	notEqualOrdered = 0x0c
	lessEqual       = 0x12
	moreEqual       = 0x1d
)

// blend returns yes where a compares with b, else no, which it overwrites.
func (m *machine) blend(predicate uint8, b, a Op, yes, no VecVirtual) VecVirtual {
	if m.avx512() {
		k := K()
		VCMPPS(Imm(uint64(predicate)), b, a, k)
		VMOVAPS(yes, k, no)
		return no
	}
	test := m.vec()
	VCMPPS(Imm(uint64(predicate)), b, a, test)
	VBLENDVPS(test, yes, no, no)
	return no
}

// extreme sets c to the lesser or the greater of a and b; c may be one of them. The instruction for that returns its
// second operand when a value is NaN or both are zeros. AVX-512 has one that knows the sign of zeros; AVX2 asks in both
// orders, which differ in these cases alone. A sum is NaN when a value is.
func (m *machine) extreme(greater bool, b, a Op, c Register) {
	if m.avx512() {
		control := uint64(0b0100) // the sign of the result, the lesser
		if greater {
			control |= 1
		}
		k, t := K(), m.vec()
		VRANGEPS(Imm(control), b, a, t)
		VCMPPS(Imm(unordered), b, a, k)
		VADDPS(b, a, k, t)
		VMOVAPS(t, c)
		return
	}
	t, u, test := m.vec(), m.vec(), m.vec()
	if greater {
		VMAXPS(b, a, t)
		VMAXPS(a, b, u)
		VANDPS(u, t, t)
	} else {
		VMINPS(b, a, t)
		VMINPS(a, b, u)
		VORPS(u, t, t)
	}
	VCMPPS(Imm(unordered), b, a, test)
	VADDPS(b, a, u)
	VBLENDVPS(test, u, t, c)
}

// bits returns a vector that repeats a word.
func (m *machine) bits(name string, word uint32) VecVirtual {
	at := m.repeated(name, word)
	if m.avx512() {
		return m.broadcast(at)
	}
	return m.load(at)
}
