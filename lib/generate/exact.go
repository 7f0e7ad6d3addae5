package generate

import (
	"math"
	"math/rand/v2"
)

// The functions of this file give the same bits on every machine. math.Exp does not (some architectures have their own
// assembly), nor does a*b+c (some compilers fuse it into one operation that rounds once); the sum, product, quotient
// and scaling by powers of two do, as long as each result is rounded for itself, which an explicit conversion demands.

// mul is a*b, rounded before anything is added to it.
func mul(a, b float64) float64 { return float64(a * b) }

// toward moves from to a share of the way to target: one step of an exponential moving average.
func toward(from, target, share float64) float64 { return from + mul(share, target-from) }

// exp is e^x to about 1e-15 for |x| < 700.
func exp(x float64) float64 {
	const ln2High, ln2Low = 6.93147180369123816490e-01, 1.90821492927058770002e-10 // their sum is ln 2
	k := math.Floor(mul(x, 1/math.Ln2) + 0.5)
	r := x - mul(k, ln2High) - mul(k, ln2Low) // |r| <= ln(2)/2
	sum := 1.0
	for i := 14.0; i >= 1; i-- { // Taylor series by Horner's rule
		sum = 1 + mul(sum, r)/i
	}
	return math.Ldexp(sum, int(k))
}

// normal is close to a standard normal number: the sum of eight uniform ones (skewness 0, kurtosis 2.85, at most
// ±4.9). The library's own generator compares with math.Exp.
func normal(rng *rand.Rand) float64 {
	const mean, scale = 8 * 65535 / 2.0, 1.8688123650118534e-05 // 1 / sqrt(8 * (65536^2-1)/12)
	sum := 0
	for range 2 {
		u := rng.Uint64()
		sum += int(u&0xffff) + int(u>>16&0xffff) + int(u>>32&0xffff) + int(u>>48)
	}
	return mul(float64(sum)-mean, scale)
}

// between is uniform in lo..hi.
func between(rng *rand.Rand, lo, hi float64) float64 { return lo + mul(rng.Float64(), hi-lo) }

// daylight is 0 at midnight and 1 at noon, a smooth arc in between; hour is in 0..24.
func daylight(hour float64) float64 {
	t := hour / 12
	if t > 1 {
		t = 2 - t
	}
	return mul(mul(t, t), 3-mul(2, t))
}

// digits rounds x to n significant decimal digits, as the file of a sensor would have them; |x| below 1e-26 becomes 0.
func digits(x float64, n int) float64 {
	limit := 1.0
	for range n {
		limit *= 10
	}
	up, down := 1.0, 1.0 // powers of ten, which are exact where their fractions would not be
	for math.Abs(mul(x, up)) < limit/10 && up < 1e30 {
		up *= 10
	}
	for math.Abs(x/down) >= limit {
		down *= 10
	}
	if down > 1 {
		return mul(math.Round(x/down), down)
	}
	return math.Round(mul(x, up)) / up
}
