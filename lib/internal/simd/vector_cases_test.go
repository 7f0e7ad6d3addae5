package simd

import (
	"math"
	"math/rand/v2"
)

// vectorCase is a kernel over slices with the result for one place. Inputs and result are words; a scalar is the first
// word of the last input.
type vectorCase struct {
	name   string
	inputs []func(r *rand.Rand) uint32
	scalar bool
	run    func(s *Kernels, dst []uint32, in [][]uint32)
	want   func(in []uint32) uint32
	float  bool // whether the result is a float
}

// anyFloat returns the bits of all kinds of floats, equal ones among them.
func anyFloat(r *rand.Rand) uint32 {
	special := []float32{0, float32(math.Copysign(0, -1)), nan, -nan, inf, ninf, 1e-40, -1e-40, math.MaxFloat32, -math.MaxFloat32,
		math.SmallestNonzeroFloat32, 1, -1, 2, 0.5, -3}
	switch r.IntN(4) {
	case 0:
		return math.Float32bits(special[r.IntN(len(special))])
	case 1:
		return r.Uint32() // of any size
	}
	return math.Float32bits(float32(r.NormFloat64()))
}

func anyWord(r *rand.Rand) uint32 {
	special := []uint32{0, 1, 2, 1<<31 - 1, 1 << 31, 1<<31 + 1, 1<<32 - 1, 1 << 24, 1<<24 + 1, 0xffffff80, 0xffffff7f}
	if r.IntN(3) == 0 {
		return special[r.IntN(len(special))]
	}
	return r.Uint32() >> r.IntN(32)
}

func anyMask(r *rand.Rand) uint32 { return maskOf(r.IntN(2) == 0) }

// below returns the bits of floats of both signs, or positive ones, below a limit.
func below(limit float64, negative bool) func(r *rand.Rand) uint32 {
	return func(r *rand.Rand) uint32 {
		v := float32(limit * math.Pow(2, -40*r.Float64()))
		if v >= float32(limit) {
			v = math.Nextafter32(float32(limit), 0)
		}
		if negative && r.IntN(2) == 0 {
			v = -v
		}
		return math.Float32bits(v)
	}
}

type generator = func(r *rand.Rand) uint32

func float1(name string, kernel func(s *Kernels, dst, x []float32), f func(x float32) float32) vectorCase {
	return vectorCase{name, []generator{anyFloat}, false, func(s *Kernels, dst []uint32, in [][]uint32) {
		kernel(s, floats(dst), floats(in[0]))
	}, func(in []uint32) uint32 { return math.Float32bits(f(math.Float32frombits(in[0]))) }, true}
}

func float2(name string, kernel func(s *Kernels, dst, a, b []float32), f func(x, y float32) float32) vectorCase {
	return vectorCase{name, []generator{anyFloat, anyFloat}, false, func(s *Kernels, dst []uint32, in [][]uint32) {
		kernel(s, floats(dst), floats(in[0]), floats(in[1]))
	}, func(in []uint32) uint32 {
		return math.Float32bits(f(math.Float32frombits(in[0]), math.Float32frombits(in[1])))
	}, true}
}

func floatS(name string, kernel func(s *Kernels, dst, a []float32, v float32), f func(x, v float32) float32) vectorCase {
	c := float2(name, nil, f)
	c.scalar = true
	c.run = func(s *Kernels, dst []uint32, in [][]uint32) { kernel(s, floats(dst), floats(in[0]), floats(in[1])[0]) }
	return c
}

func compare2(name string, kernel func(s *Kernels, mask []uint32, a, b []float32), f func(x, y float32) bool) vectorCase {
	return vectorCase{name, []generator{anyFloat, anyFloat}, false, func(s *Kernels, dst []uint32, in [][]uint32) {
		kernel(s, dst, floats(in[0]), floats(in[1]))
	}, func(in []uint32) uint32 {
		return maskOf(f(math.Float32frombits(in[0]), math.Float32frombits(in[1])))
	}, false}
}

func compareS(name string, kernel func(s *Kernels, mask []uint32, a []float32, v float32), f func(x, v float32) bool) vectorCase {
	c := compare2(name, nil, f)
	c.scalar = true
	c.run = func(s *Kernels, dst []uint32, in [][]uint32) { kernel(s, dst, floats(in[0]), floats(in[1])[0]) }
	return c
}

func word2(name string, kernel func(s *Kernels, dst, a, b []uint32), f func(x, y uint32) uint32) vectorCase {
	return vectorCase{name, []generator{anyWord, anyWord}, false, func(s *Kernels, dst []uint32, in [][]uint32) {
		kernel(s, dst, in[0], in[1])
	}, func(in []uint32) uint32 { return f(in[0], in[1]) }, false}
}

func wordS(name string, kernel func(s *Kernels, dst, a []uint32, v uint32), f func(x, v uint32) uint32) vectorCase {
	c := word2(name, nil, f)
	c.scalar = true
	c.run = func(s *Kernels, dst []uint32, in [][]uint32) { kernel(s, dst, in[0], in[1][0]) }
	return c
}

func shift(name string, kernel func(s *Kernels, dst, a []uint32, n uint), f func(x uint32, n uint) uint32) vectorCase {
	return vectorCase{name, []generator{anyWord, func(r *rand.Rand) uint32 { return r.Uint32N(70) }}, true,
		func(s *Kernels, dst []uint32, in [][]uint32) { kernel(s, dst, in[0], uint(in[1][0])) },
		func(in []uint32) uint32 { return f(in[0], uint(in[1])) }, false}
}

func root(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// vectorCases are the kernels with results that are the same to the last bit on all instruction sets.
func vectorCases() []vectorCase {
	mask := []generator{anyMask, anyFloat, anyFloat}
	choose := func(in []uint32) uint32 {
		if in[0] != 0 {
			return in[1]
		}
		return in[2]
	}
	return []vectorCase{
		float2("add", (*Kernels).Add, func(x, y float32) float32 { return x + y }),
		float2("sub", (*Kernels).Sub, func(x, y float32) float32 { return x - y }),
		float2("mul", (*Kernels).Mul, func(x, y float32) float32 { return x * y }),
		float2("div", (*Kernels).Div, func(x, y float32) float32 { return x / y }),
		float2("min", (*Kernels).Min, func(x, y float32) float32 { return min(x, y) }),
		float2("max", (*Kernels).Max, func(x, y float32) float32 { return max(x, y) }),
		floatS("add scalar", (*Kernels).AddS, func(x, v float32) float32 { return x + v }),
		floatS("sub scalar", (*Kernels).SubS, func(x, v float32) float32 { return x - v }),
		floatS("sub from scalar", (*Kernels).RSubS, func(x, v float32) float32 { return v - x }),
		floatS("mul scalar", (*Kernels).MulS, func(x, v float32) float32 { return x * v }),
		floatS("div scalar", (*Kernels).DivS, func(x, v float32) float32 { return x / v }),
		floatS("div of scalar", (*Kernels).RDivS, func(x, v float32) float32 { return v / x }),
		floatS("min scalar", (*Kernels).MinS, func(x, v float32) float32 { return min(x, v) }),
		floatS("max scalar", (*Kernels).MaxS, func(x, v float32) float32 { return max(x, v) }),
		float1("neg", (*Kernels).Neg, func(x float32) float32 { return -x }),
		float1("abs", (*Kernels).Abs, func(x float32) float32 { return float32(math.Abs(float64(x))) }),
		float1("sign", (*Kernels).Sign, func(x float32) float32 {
			if x == 0 || x != x {
				return x
			}
			return float32(math.Copysign(1, float64(x)))
		}),
		float1("sqrt", (*Kernels).Sqrt, root),
		float1("square", (*Kernels).Square, func(x float32) float32 { return x * x }),
		float1("inverse", (*Kernels).Inverse, func(x float32) float32 { return 1 / x }),
		float1("rsqrt", (*Kernels).Rsqrt, func(x float32) float32 { return 1 / root(x) }),
		float1("sin", (*Kernels).Sin, func(x float32) float32 { return float32(math.Sin(float64(x))) }),
		float1("cos", (*Kernels).Cos, func(x float32) float32 { return float32(math.Cos(float64(x))) }),
		{"fill", []generator{anyFloat, anyFloat}, true, func(s *Kernels, dst []uint32, in [][]uint32) {
			s.Fill(floats(dst)[:len(in[0])], floats(in[1])[0])
		}, func(in []uint32) uint32 { return in[1] }, true},

		compare2("less", (*Kernels).Less, func(x, y float32) bool { return x < y }),
		compare2("less equal", (*Kernels).LessEqual, func(x, y float32) bool { return x <= y }),
		compare2("equal", (*Kernels).Equal, func(x, y float32) bool { return x == y }),
		compare2("not equal", (*Kernels).NotEqual, func(x, y float32) bool { return x != y }),
		compareS("less scalar", (*Kernels).LessS, func(x, v float32) bool { return x < v }),
		compareS("less equal scalar", (*Kernels).LessEqualS, func(x, v float32) bool { return x <= v }),
		compareS("greater scalar", (*Kernels).GreaterS, func(x, v float32) bool { return x > v }),
		compareS("greater equal scalar", (*Kernels).GreaterEqualS, func(x, v float32) bool { return x >= v }),
		compareS("equal scalar", (*Kernels).EqualS, func(x, v float32) bool { return x == v }),
		compareS("not equal scalar", (*Kernels).NotEqualS, func(x, v float32) bool { return x != v }),

		word2("less unsigned", (*Kernels).LessU, func(x, y uint32) uint32 { return maskOf(x < y) }),
		word2("equal unsigned", (*Kernels).EqualU, func(x, y uint32) uint32 { return maskOf(x == y) }),
		word2("and", (*Kernels).And, func(x, y uint32) uint32 { return x & y }),
		word2("or", (*Kernels).Or, func(x, y uint32) uint32 { return x | y }),
		word2("xor", (*Kernels).Xor, func(x, y uint32) uint32 { return x ^ y }),
		word2("add unsigned", (*Kernels).AddU, func(x, y uint32) uint32 { return x + y }),
		word2("sub unsigned", (*Kernels).SubU, func(x, y uint32) uint32 { return x - y }),
		word2("mul unsigned", (*Kernels).MulU, func(x, y uint32) uint32 { return x * y }),
		wordS("less unsigned scalar", (*Kernels).LessUS, func(x, v uint32) uint32 { return maskOf(x < v) }),
		wordS("equal unsigned scalar", (*Kernels).EqualUS, func(x, v uint32) uint32 { return maskOf(x == v) }),
		wordS("and scalar", (*Kernels).AndS, func(x, v uint32) uint32 { return x & v }),
		wordS("or scalar", (*Kernels).OrS, func(x, v uint32) uint32 { return x | v }),
		wordS("xor scalar", (*Kernels).XorS, func(x, v uint32) uint32 { return x ^ v }),
		wordS("add unsigned scalar", (*Kernels).AddUS, func(x, v uint32) uint32 { return x + v }),
		wordS("mul unsigned scalar", (*Kernels).MulUS, func(x, v uint32) uint32 { return x * v }),
		shift("shift left", (*Kernels).ShlS, func(x uint32, n uint) uint32 { return x << n }),
		shift("shift right", (*Kernels).ShrS, func(x uint32, n uint) uint32 { return x >> n }),
		{"not", []generator{anyWord}, false, func(s *Kernels, dst []uint32, in [][]uint32) { s.Not(dst, in[0]) },
			func(in []uint32) uint32 { return ^in[0] }, false},

		{"select", mask, false, func(s *Kernels, dst []uint32, in [][]uint32) {
			s.Select(floats(dst), in[0], floats(in[1]), floats(in[2]))
		}, choose, true},
		{"select scalar a", []generator{anyMask, anyFloat, anyFloat}, true, func(s *Kernels, dst []uint32, in [][]uint32) {
			s.SelectSA(floats(dst), in[0], floats(in[2])[0], floats(in[1]))
		}, func(in []uint32) uint32 { return choose([]uint32{in[0], in[2], in[1]}) }, true},
		{"select scalar b", mask, true, func(s *Kernels, dst []uint32, in [][]uint32) {
			s.SelectSB(floats(dst), in[0], floats(in[1]), floats(in[2])[0])
		}, choose, true},

		{"from int32", []generator{anyWord}, false, func(s *Kernels, dst []uint32, in [][]uint32) { s.FromI32(floats(dst), ints(in[0])) },
			func(in []uint32) uint32 { return math.Float32bits(float32(int32(in[0]))) }, true},
		{"from uint32", []generator{anyWord}, false, func(s *Kernels, dst []uint32, in [][]uint32) { s.FromU32(floats(dst), in[0]) },
			func(in []uint32) uint32 { return math.Float32bits(float32(in[0])) }, true},
		{"to int32", []generator{below(1<<31, true)}, false, func(s *Kernels, dst []uint32, in [][]uint32) { s.ToI32(ints(dst), floats(in[0])) },
			func(in []uint32) uint32 { return uint32(int32(math.Float32frombits(in[0]))) }, false},
		{"to uint32", []generator{below(1<<32, false)}, false, func(s *Kernels, dst []uint32, in [][]uint32) { s.ToU32(dst, floats(in[0])) },
			func(in []uint32) uint32 { return uint32(math.Float32frombits(in[0])) }, false},
	}
}
