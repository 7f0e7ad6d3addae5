package simd

import "math"

// All paths compute e**x in the same way: n = floor(x/ln 2), r = x - n ln 2 in two steps, a polynomial of degree 6 for
// e**r on [0, ln 2], and n added to the exponent. The soft-max needs no more than 2**t of a difference t that is itself
// rounded; it takes degree 5 on [0, 1). The coefficients minimise the largest relative error under the condition that
// the constant is 1, each rounded to float32 before the next was fitted; the errors are 2.1e-9 and 8.2e-8, before the
// rounding of the arithmetic. gen/exp.go has the same numbers; a test compares results.
const (
	log2e = 1.4426950408889634
	ln2Hi = 0.693359375    // nine bits: n*ln2Hi is exact
	ln2Lo = -2.12194440e-4 // ln 2 - ln2Hi

	expMin = -87.3     // below, e**x is 0: the least normal number is e**-87.34
	expMax = 88.722832 // above, e**x is +Inf

	e1, e2, e3, e4, e5, e6 = 0.9999998211860657, 0.5000055432319641, 0.1666117012500763,
		0.041911039501428604, 0.007796867750585079, 0.0019467656966298819
	t1, t2, t3, t4, t5 = 0.6931512951850891, 0.2401645928621292, 0.055799514055252075,
		0.009017481468617916, 0.001866951584815979

	// sigmoidMax bounds the argument of the exponential in 1/(1+e**-x): e**87 and its inverse are normal numbers.
	sigmoidMax = 87

	// softmaxMin bounds the difference of two scores in base 2, so that no weight is subnormal (arithmetic on
	// subnormal numbers is a hundred times slower). A weight of 2**-126 against 1 changes no bit of the result.
	softmaxMin = -126
)

// Exp sets dst[i] = e**x[i] for all of x, within 2 units in the last place. It is 0 below -87.3, where the result would
// stop being a normal number, and +Inf above 88.72283; NaN stays NaN. dst may be x.
func (s *Kernels) Exp(dst, x []float32) {
	checkLen("exp: destination", dst, len(x))
	s.exp(dst, x)
}

// Sigmoid sets dst[i] = 1/(1+e**-x[i]) for all of x, within 3 units in the last place down to x = -87; below it stays
// at the value of -87, 1.6e-38. NaN stays NaN. dst may be x.
func (s *Kernels) Sigmoid(dst, x []float32) {
	checkLen("sigmoid: destination", dst, len(x))
	s.sigmoid(dst, x)
}

func expPortable(dst, x []float32) {
	for i, v := range x {
		dst[i] = exp32(v)
	}
}

func sigmoidPortable(dst, x []float32) {
	for i, v := range x {
		dst[i] = sigmoid32(v)
	}
}

// exp32 is e**x, see Exp.
func exp32(x float32) float32 {
	switch {
	case x != x:
		return x
	case x > expMax:
		return float32(math.Inf(1))
	case x < expMin:
		return 0
	}
	return expCore(x)
}

// expCore is e**x for expMin <= x <= expMax. Products that feed a sum are rounded on their own, so that every
// architecture gives the same bits.
func expCore(x float32) float32 {
	n := floor32(x * log2e)
	r := x - float32(n*ln2Hi) - float32(n*ln2Lo)
	p := float32(r*e6) + e5
	p = float32(r*p) + e4
	p = float32(r*p) + e3
	p = float32(r*p) + e2
	p = float32(r*p) + e1
	p = float32(r*p) + 1
	return timesPower2(p, n)
}

// exp2Core is 2**t for softmaxMin <= t < 128.
func exp2Core(t float32) float32 {
	n := floor32(t)
	f := t - n
	p := float32(f*t5) + t4
	p = float32(f*p) + t3
	p = float32(f*p) + t2
	p = float32(f*p) + t1
	p = float32(f*p) + 1
	return timesPower2(p, n)
}

// sigmoid32 is 1/(1+e**-x), see Sigmoid. The comparisons leave NaN alone.
func sigmoid32(x float32) float32 {
	if x > sigmoidMax {
		x = sigmoidMax
	}
	if x < -sigmoidMax {
		x = -sigmoidMax
	}
	if x != x {
		return x
	}
	return 1 / (1 + expCore(-x))
}

// silu32 is x*sigmoid(x), see SiLU. Below -sigmoidMax it keeps the value there, -1.4e-36, so that -Inf times 0 cannot
// happen.
func silu32(x float32) float32 {
	if x < -sigmoidMax {
		x = -sigmoidMax
	}
	if x != x {
		return x
	}
	return x / (1 + expCore(-min(x, sigmoidMax)))
}

// floor32 is the largest integer not above t for |t| <= 128, or the next one where t is less than 2**-16 below it: the
// polynomials bear that, and there is no branch to mispredict.
func floor32(t float32) float32 { return float32(int32(t+256)) - 256 }

// timesPower2 is p * 2**n, a normal number, for p near [1, 2].
func timesPower2(p, n float32) float32 {
	return math.Float32frombits(math.Float32bits(p) + uint32(int32(n))<<23)
}
