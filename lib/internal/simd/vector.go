package simd

import "fmt"

// The methods of this file map contiguous slices to contiguous slices, value by value: the first parameter is where
// the result goes, and as many values are computed as the first input has. Every other slice has at least as many, else
// the method panics before it writes. Any length is legal, 0 included, and nothing outside of the slices is read. The
// destination may be any of the inputs; overlapping in another way is not allowed.
//
// A result depends on the values at its place alone, not on the place or on the length. Where nothing else is said it is
// correctly rounded, so that all instruction sets agree to the last bit.

// checkSizes panics unless both of the other operands have n values.
func checkSizes(name string, n, first, second int) {
	if first < n || second < n {
		panicSizes(name, n, first, second)
	}
}

func panicSizes(name string, n, first, second int) {
	panic(fmt.Sprintf("simd: %s: %d values with other operands of %d and %d", name, n, first, second))
}

// Add sets dst = a+b.
func (s *Kernels) Add(dst, a, b []float32) {
	checkSizes("add", len(a), len(dst), len(b))
	s.add(dst, a, b)
}

// Sub sets dst = a-b.
func (s *Kernels) Sub(dst, a, b []float32) {
	checkSizes("sub", len(a), len(dst), len(b))
	s.sub(dst, a, b)
}

// Mul sets dst = a*b.
func (s *Kernels) Mul(dst, a, b []float32) {
	checkSizes("mul", len(a), len(dst), len(b))
	s.mul(dst, a, b)
}

// Div sets dst = a/b.
func (s *Kernels) Div(dst, a, b []float32) {
	checkSizes("div", len(a), len(dst), len(b))
	s.div(dst, a, b)
}

// Min sets dst to the lesser of a and b, NaN where either is, -0 before +0: as the built-in function min.
func (s *Kernels) Min(dst, a, b []float32) {
	checkSizes("min", len(a), len(dst), len(b))
	s.min(dst, a, b)
}

// Max sets dst to the greater of a and b, NaN where either is, +0 before -0: as the built-in function max.
func (s *Kernels) Max(dst, a, b []float32) {
	checkSizes("max", len(a), len(dst), len(b))
	s.max(dst, a, b)
}

// AddS sets dst = a+v.
func (s *Kernels) AddS(dst, a []float32, v float32) {
	checkSizes("add scalar", len(a), len(dst), len(a))
	s.addS(dst, a, v)
}

// SubS sets dst = a-v.
func (s *Kernels) SubS(dst, a []float32, v float32) {
	checkSizes("sub scalar", len(a), len(dst), len(a))
	s.addS(dst, a, -v)
}

// RSubS sets dst = v-a.
func (s *Kernels) RSubS(dst, a []float32, v float32) {
	checkSizes("sub from scalar", len(a), len(dst), len(a))
	s.rsubS(dst, a, v)
}

// MulS sets dst = a*v.
func (s *Kernels) MulS(dst, a []float32, v float32) {
	checkSizes("mul scalar", len(a), len(dst), len(a))
	s.mulS(dst, a, v)
}

// DivS sets dst = a/v.
func (s *Kernels) DivS(dst, a []float32, v float32) {
	checkSizes("div scalar", len(a), len(dst), len(a))
	s.divS(dst, a, v)
}

// RDivS sets dst = v/a.
func (s *Kernels) RDivS(dst, a []float32, v float32) {
	checkSizes("div of scalar", len(a), len(dst), len(a))
	s.rdivS(dst, a, v)
}

// MinS is Min with a scalar.
func (s *Kernels) MinS(dst, a []float32, v float32) {
	checkSizes("min scalar", len(a), len(dst), len(a))
	s.minS(dst, a, v)
}

// MaxS is Max with a scalar.
func (s *Kernels) MaxS(dst, a []float32, v float32) {
	checkSizes("max scalar", len(a), len(dst), len(a))
	s.maxS(dst, a, v)
}

// MulAdd sets dst = a*b+c, rounded once (AVX2, AVX-512) or twice (plain Go).
func (s *Kernels) MulAdd(dst, a, b, c []float32) {
	checkSizes("mul add", len(a), len(dst), min(len(b), len(c)))
	s.mulAdd(dst, a, b, c)
}

// AddScaled sets dst = dst+v*a, rounded once (AVX2, AVX-512) or twice (plain Go).
func (s *Kernels) AddScaled(dst, a []float32, v float32) {
	checkSizes("add scaled", len(a), len(dst), len(a))
	s.addScaled(dst, a, v)
}

// Neg sets dst = -x. It flips the sign of zeros and NaN too.
func (s *Kernels) Neg(dst, x []float32) {
	checkSizes("neg", len(x), len(dst), len(x))
	s.neg(dst, x)
}

// Abs sets dst = |x|.
func (s *Kernels) Abs(dst, x []float32) {
	checkSizes("abs", len(x), len(dst), len(x))
	s.abs(dst, x)
}

// Sign sets dst to 1 where x > 0, to -1 where x < 0, and to x where it is a zero or NaN.
func (s *Kernels) Sign(dst, x []float32) {
	checkSizes("sign", len(x), len(dst), len(x))
	s.sign(dst, x)
}

// Sqrt sets dst to the square root of x, NaN below zero.
func (s *Kernels) Sqrt(dst, x []float32) {
	checkSizes("sqrt", len(x), len(dst), len(x))
	s.sqrt(dst, x)
}

// Square sets dst = x*x.
func (s *Kernels) Square(dst, x []float32) {
	checkSizes("square", len(x), len(dst), len(x))
	s.mul(dst, x, x)
}

// Inverse sets dst = 1/x.
func (s *Kernels) Inverse(dst, x []float32) {
	checkSizes("inverse", len(x), len(dst), len(x))
	s.rdivS(dst, x, 1)
}

// Rsqrt sets dst = 1/sqrt(x), the root and the quotient each correctly rounded.
func (s *Kernels) Rsqrt(dst, x []float32) {
	checkSizes("rsqrt", len(x), len(dst), len(x))
	s.rsqrt(dst, x)
}

// Log sets dst to the natural logarithm of x, within 1 unit in the last place. Special values are those of math.Log:
// NaN below zero, -Inf at zeros.
func (s *Kernels) Log(dst, x []float32) {
	checkSizes("log", len(x), len(dst), len(x))
	s.log(dst, x)
}

// Log1p sets dst = log(1+x), within 1 unit in the last place. Special values are those of math.Log1p: NaN below -1,
// -Inf at -1, zeros keep their sign.
func (s *Kernels) Log1p(dst, x []float32) {
	checkSizes("log1p", len(x), len(dst), len(x))
	s.log1p(dst, x)
}

// Expm1 sets dst = e**x-1, within 1.5 units in the last place. Special values are those of math.Expm1: -1 at -Inf,
// zeros keep their sign.
func (s *Kernels) Expm1(dst, x []float32) {
	checkSizes("expm1", len(x), len(dst), len(x))
	s.expm1(dst, x)
}

// Tanh sets dst to the hyperbolic tangent of x, within 2.5 units in the last place. Special values are those of
// math.Tanh: zeros keep their sign.
func (s *Kernels) Tanh(dst, x []float32) {
	checkSizes("tanh", len(x), len(dst), len(x))
	s.tanh(dst, x)
}

// Sin sets dst to the sine of x, NaN for infinities. It is plain Go on every instruction set.
func (s *Kernels) Sin(dst, x []float32) {
	checkSizes("sin", len(x), len(dst), len(x))
	sinPortable(dst, x)
}

// Cos sets dst to the cosine of x, NaN for infinities. It is plain Go on every instruction set.
func (s *Kernels) Cos(dst, x []float32) {
	checkSizes("cos", len(x), len(dst), len(x))
	cosPortable(dst, x)
}

// Fill sets all of dst to v.
func (s *Kernels) Fill(dst []float32, v float32) { s.fill(dst, v) }
