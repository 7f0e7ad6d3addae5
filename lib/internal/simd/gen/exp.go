package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The constants of exp.go in package simd, in the same order and with the same meaning.
var (
	expCoefficients = []float64{1, 0.9999998211860657, 0.5000055432319641, 0.1666117012500763,
		0.041911039501428604, 0.007796867750585079, 0.0019467656966298819}
	exp2Coefficients = []float64{1, 0.6931512951850891, 0.2401645928621292, 0.055799514055252075,
		0.009017481468617916, 0.001866951584815979}
)

const (
	ln2Hi      = 0.693359375
	ln2Lo      = -2.12194440e-4
	expMin     = -87.3
	expMax     = 88.722832
	sigmoidMax = 87
	softmaxMin = -126
)

const (
	roundDown = 9 // immediate of VROUNDPS, VRNDSCALEPS, VREDUCEPS: towards -Inf, no exception
	lessThan  = 0x11
	moreThan  = 0x1e
)

// polynomial returns a function that evaluates the polynomial with these coefficients, lowest first.
func (m *machine) polynomial(name string, coefficients []float64) func(x Register) VecVirtual {
	ops := make([]Op, len(coefficients))
	for i, c := range coefficients {
		ops[i] = m.constant(name+string(rune('0'+i)), c)
	}
	return func(x Register) VecVirtual {
		p := m.vec()
		top := len(ops) - 1
		VMOVAPS(ops[top], p)
		for i := top - 1; i >= 0; i-- {
			VFMADD213PS(ops[i], x, p)
		}
		return p
	}
}

// timesPower2 multiplies p by 2**floor(n). On AVX2 n is whole already.
func (m *machine) timesPower2(p, n Register) {
	if m.avx512() {
		VSCALEFPS(n, p, p)
		return
	}
	i := m.vec()
	VCVTPS2DQ(n, i)
	VPSLLD(Imm(23), i, i)
	VPADDD(i, p, p)
}

// exp loads constants and returns a function for e**x, or e**-x when negate is set, where expMin <= result's exponent
// <= expMax.
func (m *machine) exp(negate bool) func(x Register) VecVirtual {
	log2e, name := math.Log2E, "log2e"
	if negate {
		log2e, name = -log2e, "minusLog2e"
	}
	scale, hi, lo := m.constant(name, log2e), m.constant("ln2Hi", ln2Hi), m.constant("ln2Lo", ln2Lo)
	poly := m.polynomial("exp", expCoefficients)
	return func(x Register) VecVirtual {
		n, r := m.vec(), m.vec()
		VMULPS(scale, x, n)
		if m.avx512() {
			VRNDSCALEPS(Imm(roundDown), n, n)
		} else {
			VROUNDPS(Imm(roundDown), n, n)
		}
		VMOVAPS(x, r)
		if negate {
			VFNMSUB231PS(hi, n, r) // -x - n*hi
		} else {
			VFNMADD231PS(hi, n, r)
		}
		VFNMADD231PS(lo, n, r)
		p := poly(r)
		m.timesPower2(p, n)
		return p
	}
}

// exp2 loads constants and returns a function for 2**t, softmaxMin <= t < 128.
func (m *machine) exp2() func(t Register) VecVirtual {
	poly := m.polynomial("exp2", exp2Coefficients)
	return func(t Register) VecVirtual {
		f := m.vec()
		if m.avx512() {
			VREDUCEPS(Imm(roundDown), t, f) // t - floor(t)
			p := poly(f)
			m.timesPower2(p, t)
			return p
		}
		n := m.vec()
		VROUNDPS(Imm(roundDown), t, n)
		VSUBPS(n, t, f)
		p := poly(f)
		m.timesPower2(p, n)
		return p
	}
}

// sigmoidRatio loads constants and returns a function for numerator(x)/(1+e**-x), where x is bounded first: from below
// only, in what the numerator sees, and on both sides in the exponent. The bounded value is the second operand of the
// minimum and the maximum, because that is what these return when it is NaN.
func (m *machine) sigmoidRatio(numerator func(x VecVirtual) Register) func(x Register) VecVirtual {
	low, high := m.constantReg("sigmoidMin", -sigmoidMax), m.constantReg("sigmoidMax", sigmoidMax)
	one := m.constant("exp0", 1)
	exp := m.exp(true)
	return func(x Register) VecVirtual {
		bounded, y := m.vec(), m.vec()
		VMAXPS(x, low, bounded)
		VMINPS(bounded, high, y)
		d := exp(y)
		VADDPS(one, d, d)
		q := m.vec()
		VDIVPS(d, numerator(bounded), q)
		return q
	}
}

func (m *machine) silu() func(x Register) VecVirtual {
	return m.sigmoidRatio(func(x VecVirtual) Register { return x })
}

func (m *machine) sigmoid() func(x Register) VecVirtual {
	one := m.constantReg("exp0", 1)
	return m.sigmoidRatio(func(VecVirtual) Register { return one })
}

// expAll is e**x for every x: 0 below expMin, +Inf above expMax, NaN for NaN.
func (m *machine) expAll() func(x Register) VecVirtual {
	low, high, inf := m.constant("expMin", expMin), m.constant("expMax", expMax), m.constantReg("inf", math.Inf(1))
	exp := m.exp(false)
	return func(x Register) VecVirtual {
		p := exp(x)
		if m.avx512() {
			below, above := K(), K()
			VCMPPS(Imm(lessThan), low, x, below)
			VCMPPS(Imm(moreThan), high, x, above)
			VMOVAPS(m.zero(), below, p)
			VMOVAPS(inf, above, p)
			return p
		}
		test := m.vec()
		VCMPPS(Imm(lessThan), low, x, test)
		VANDNPS(p, test, p)
		VCMPPS(Imm(moreThan), high, x, test)
		VBLENDVPS(test, inf, p, p)
		return p
	}
}
