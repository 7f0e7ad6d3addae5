package simd

import "math"

// All paths compute logarithms and hyperbolic functions in the same way, from two polynomials:
//
//	log(1+f)  = f - f*f/2 + f**3 * P(f)   on [sqrt(1/2)-1, sqrt(2)-1]
//	e**r - 1  = r + r*r * Q(r)            on [-ln(2)/2, ln(2)/2]
//
// P has degree 7 and Q degree 5. Their coefficients minimise the largest relative error of the whole, each rounded to
// float32 before the next was fitted; the errors are 5.8e-9 and 4.3e-10, before the rounding of the arithmetic. gen/log.go
// has the same numbers; a test compares results.
const (
	l0, l1, l2, l3 = 0.3333333134651184, -0.2500081956386566, 0.2000124156475067, -0.166234090924263
	l4, l5, l6, l7 = 0.14201579988002777, -0.13159610331058502, 0.12762217223644257, -0.07636439055204391

	m0, m1, m2 = 0.5, 0.1666666567325592, 0.04166649281978607
	m3, m4, m5 = 0.008333547040820122, 0.0013932320289313793, 0.00019760783470701426

	rootHalf  = 0x3f3504f3 // bits of sqrt(1/2), where the mantissas start that log takes
	minNormal = 0x1p-126   // below, numbers are subnormal
	tiny      = 0x1p-25    // below, log(1+x) and e**x-1 are x
	expm1Min  = -18        // below, e**x-1 is -1
	expm1Max  = 89         // above, it is +Inf, as it is here
	tanhMax   = 10         // above, tanh is 1, as it is here
	fraction  = 1<<23 - 1  // of the bits of a float
	one       = 127 << 23  // bits of 1
)

func logPortable(dst, x []float32) { map1(dst, x, log32) }

func log1pPortable(dst, x []float32) { map1(dst, x, log1p32) }

func expm1Portable(dst, x []float32) { map1(dst, x, expm132) }

func tanhPortable(dst, x []float32) { map1(dst, x, tanh32) }

// log32 is the logarithm of x, see Log.
func log32(x float32) float32 {
	switch {
	case x == 0:
		return float32(math.Inf(-1))
	case x < 0:
		return float32(math.NaN())
	case !(x <= math.MaxFloat32):
		return x
	}
	shift := float32(0)
	if x < minNormal {
		x, shift = x*(1<<23), 23
	}
	f, e := logParts(x)
	return logCore(f, e-shift, 0)
}

// log1p32 is log(1+x), see Log1p. 1+x is rounded; what was lost, over the sum, is the difference of the logarithms.
func log1p32(x float32) float32 {
	switch {
	case x == -1:
		return float32(math.Inf(-1))
	case x < -1:
		return float32(math.NaN())
	case !(x <= math.MaxFloat32) || x < tiny && x > -tiny:
		return x
	}
	u := x + 1
	t := u - x
	lost := (x - (u - t)) + (1 - t)
	f, e := logParts(u)
	return logCore(f, e, lost/u)
}

// logParts returns f and e with x = (1+f) * 2**e, for a normal number x > 0.
func logParts(x float32) (f, e float32) {
	bits := int32(math.Float32bits(x)) - rootHalf
	return math.Float32frombits(uint32(bits&fraction+rootHalf)) - 1, float32(bits >> 23)
}

// logCore is log((1+f) * 2**e) + rest. The small terms are added first.
func logCore(f, e, rest float32) float32 {
	p := float32(f*l7) + l6
	p = float32(f*p) + l5
	p = float32(f*p) + l4
	p = float32(f*p) + l3
	p = float32(f*p) + l2
	p = float32(f*p) + l1
	p = float32(f*p) + l0
	square := f * f
	y := float32(float32(f*square)*p) + rest
	y += float32(e * ln2Lo)
	y -= float32(square * 0.5)
	return float32(e*ln2Hi) + (f + y)
}

// expm132 is e**x-1, see Expm1.
func expm132(x float32) float32 {
	if !(x <= -tiny || x >= tiny) {
		return x // NaN too
	}
	n, p := expm1Parts(min(max(x, expm1Min), expm1Max))
	// Half of the power: 2**128 is no float.
	scale := math.Float32frombits(uint32(int32(n)-1)<<23 + one)
	return 2 * (float32(scale*p) + (scale - 0.5))
}

// expm1Parts returns n, a whole number, and e**r-1 with x = n ln 2 + r, |r| <= ln(2)/2.
func expm1Parts(x float32) (n, p float32) {
	n = floor32(float32(x*log2e) + 0.5)
	r := x - float32(n*ln2Hi) - float32(n*ln2Lo)
	q := float32(r*m5) + m4
	q = float32(r*q) + m3
	q = float32(r*q) + m2
	q = float32(r*q) + m1
	q = float32(r*q) + m0
	return n, r + float32(float32(r*r)*q)
}

// tanh32 is t/(t+2) with t = e**(2x)-1, see Tanh.
func tanh32(x float32) float32 {
	if x != x {
		return x
	}
	y := min(abs32(x), tanhMax)
	n, p := expm1Parts(2 * y)
	scale := math.Float32frombits(uint32(int32(n))<<23 + one)
	t := float32(scale*p) + (scale - 1)
	y = t / (t + 2)
	return math.Float32frombits(math.Float32bits(y) | math.Float32bits(x)&signBit)
}

func abs32(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ signBit) }
