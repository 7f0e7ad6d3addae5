package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The constants of log.go in package simd, in the same order and with the same meaning.
var (
	logCoefficients = []float64{0.3333333134651184, -0.2500081956386566, 0.2000124156475067, -0.166234090924263,
		0.14201579988002777, -0.13159610331058502, 0.12762217223644257, -0.07636439055204391}
	expm1Coefficients = []float64{0.5, 0.1666666567325592, 0.04166649281978607,
		0.008333547040820122, 0.0013932320289313793, 0.00019760783470701426}
)

const (
	rootHalf  = 0x3f3504f3
	minNormal = 0x1p-126
	tiny      = 0x1p-25
	expm1Min  = -18
	expm1Max  = 89
	tanhMax   = 10
)

const roundNearest = 8 // immediate of VROUNDPS, VRNDSCALEPS: to the nearest, no exception

// notLess is a predicate of VCMPPS, true with NaN.
const notLess = 0x15

// logarithms writes the kernels of log.go.
func (m *machine) logarithms() {
	m.unary("log", "the natural logarithm of x", 1, m.log)
	m.unary("log1p", "log(1+x)", 1, m.log1p)
	m.unary("expm1", "e**x-1", 1, m.expm1)
	m.unary("tanh", "the hyperbolic tangent of x", 1, m.tanh)
}

// logParts loads constants and returns a function for f and e with x = (1+f) * 2**e.
func (m *machine) logParts() func(x VecVirtual) (f, e VecVirtual) {
	start, fraction, one := m.constantBits("rootHalf", rootHalf), m.constantBits("fraction", 1<<23-1), m.constant("exp0", 1)
	return func(x VecVirtual) (f, e VecVirtual) {
		f, e = m.vec(), m.vec()
		VPSUBD(start, x, f)
		VPSRAD(Imm(23), f, e)
		VCVTDQ2PS(e, e)
		VANDPS(fraction, f, f)
		VPADDD(start, f, f)
		VSUBPS(one, f, f)
		return f, e
	}
}

// logCore loads constants and returns a function for log((1+f) * 2**e) + rest, where rest may be nil.
func (m *machine) logCore() func(f, e, rest Register) VecVirtual {
	poly := m.polynomial("log", logCoefficients)
	hi, lo, half := m.constant("ln2Hi", ln2Hi), m.constant("ln2Lo", ln2Lo), m.constant("oneHalf", 0.5)
	return func(f, e, rest Register) VecVirtual {
		y, square, cube := poly(f), m.vec(), m.vec()
		VMULPS(f, f, square)
		VMULPS(f, square, cube)
		if rest == nil {
			VMULPS(cube, y, y)
		} else {
			VFMADD213PS(rest, cube, y)
		}
		VFMADD231PS(lo, e, y)
		VFNMADD231PS(half, square, y)
		VADDPS(f, y, y)
		VFMADD231PS(hi, e, y)
		return y
	}
}

// outside loads constants and returns a function that replaces y by the logarithm where x is no positive number: -Inf
// at edge, NaN below, x itself where it is +Inf or NaN.
func (m *machine) outside(edge VecVirtual) func(x, y VecVirtual) VecVirtual {
	inf, low, none := m.constantReg("inf", math.Inf(1)), m.constantReg("minusInf", math.Inf(-1)), m.bits("nan", 0x7fc00000)
	return func(x, y VecVirtual) VecVirtual {
		y = m.blend(lessThan, edge, x, none, y)
		y = m.blend(equal, edge, x, low, y)
		return m.blend(notLess, inf, x, x, y)
	}
}

func (m *machine) log() func(x VecVirtual) VecVirtual {
	parts, core := m.logParts(), m.logCore()
	zero := m.zero()
	outside := m.outside(zero)
	least, factor, shift := m.constant("minNormal", minNormal), m.constant("subnormalFactor", 1<<23), m.constantReg("subnormalShift", 23)
	return func(x VecVirtual) VecVirtual {
		scaled, normal, back := m.vec(), m.vec(), m.vec()
		VMULPS(factor, x, scaled)
		VMOVAPS(x, normal)
		VMOVAPS(zero, back)
		normal, back = m.blend(lessThan, least, x, scaled, normal), m.blend(lessThan, least, x, shift, back)
		f, e := parts(normal)
		VSUBPS(back, e, e)
		return outside(x, core(f, e, nil))
	}
}

func (m *machine) log1p() func(x VecVirtual) VecVirtual {
	parts, core := m.logParts(), m.logCore()
	outside := m.outside(m.constantReg("minusOne", -1))
	one := m.constantReg("exp0", 1)
	small := m.small()
	return func(x VecVirtual) VecVirtual {
		u, t, lost, of1 := m.vec(), m.vec(), m.vec(), m.vec()
		VADDPS(one, x, u)
		VSUBPS(x, u, t)
		VSUBPS(t, u, lost)
		VSUBPS(lost, x, lost) // what x lost
		VSUBPS(t, one, of1)   // and what 1 lost
		VADDPS(of1, lost, lost)
		VDIVPS(u, lost, lost)
		f, e := parts(u)
		return small(x, outside(x, core(f, e, lost)))
	}
}

// small loads constants and returns a function that replaces y by x where |x| < tiny.
func (m *machine) small() func(x, y VecVirtual) VecVirtual {
	rest, limit := m.constantBits("rest", math.MaxInt32), m.constant("tiny", tiny)
	return func(x, y VecVirtual) VecVirtual {
		size := m.vec()
		VANDPS(rest, x, size)
		return m.blend(lessThan, limit, size, x, y)
	}
}

// expm1Parts loads constants and returns a function for n, a whole number as an integer, and e**r-1 with x = n ln 2 + r.
func (m *machine) expm1Parts() func(x Register) (n, p VecVirtual) {
	scale, hi, lo := m.constant("log2e", math.Log2E), m.constant("ln2Hi", ln2Hi), m.constant("ln2Lo", ln2Lo)
	poly := m.polynomial("expm1", expm1Coefficients)
	return func(x Register) (n, p VecVirtual) {
		n, r, square := m.vec(), m.vec(), m.vec()
		VMULPS(scale, x, n)
		if m.avx512() {
			VRNDSCALEPS(Imm(roundNearest), n, n)
		} else {
			VROUNDPS(Imm(roundNearest), n, n)
		}
		VMOVAPS(x, r)
		VFNMADD231PS(hi, n, r)
		VFNMADD231PS(lo, n, r)
		p = poly(r)
		VMULPS(r, r, square)
		VFMADD213PS(r, square, p)
		VCVTPS2DQ(n, n)
		VPSLLD(Imm(23), n, n)
		return n, p
	}
}

func (m *machine) expm1() func(x VecVirtual) VecVirtual {
	parts, small := m.expm1Parts(), m.small()
	low, high := m.constant("expm1Min", expm1Min), m.constant("expm1Max", expm1Max)
	half, halfBits := m.constant("oneHalf", 0.5), m.constantBits("oneHalfBits", math.Float32bits(0.5))
	return func(x VecVirtual) VecVirtual {
		// The instructions return the second operand when it is NaN.
		bounded, y := m.vec(), m.vec()
		VMOVAPS(low, bounded)
		VMAXPS(x, bounded, bounded)
		VMOVAPS(high, y)
		VMINPS(bounded, y, y)
		scale, p := parts(y)
		VPADDD(halfBits, scale, scale) // half of the power: 2**128 is no float
		VSUBPS(half, scale, y)
		VFMADD213PS(y, scale, p)
		VADDPS(p, p, p)
		return small(x, p)
	}
}

func (m *machine) tanh() func(x VecVirtual) VecVirtual {
	parts := m.expm1Parts()
	rest, sign := m.constantBits("rest", math.MaxInt32), m.constantBits("sign", 1<<31)
	high, one, two := m.constant("tanhMax", tanhMax), m.constant("exp0", 1), m.constant("two", 2)
	oneBits := m.constantBits("oneBits", math.Float32bits(1))
	return func(x VecVirtual) VecVirtual {
		size, y := m.vec(), m.vec()
		VANDPS(rest, x, size)
		VMOVAPS(high, y)
		VMINPS(size, y, y) // returns the second operand, the size, when it is NaN
		VADDPS(y, y, y)
		scale, t := parts(y)
		VPADDD(oneBits, scale, scale)
		VSUBPS(one, scale, y)
		VFMADD213PS(y, scale, t)
		VADDPS(two, t, y)
		VDIVPS(y, t, t)
		VANDPS(sign, x, x)
		VORPS(x, t, t)
		return t
	}
}

// constantBits is constant for a word.
func (m *machine) constantBits(name string, word uint32) Op {
	at := m.repeated(name, word)
	if m.avx512() {
		return m.broadcast(at)
	}
	return at
}
