package simd

import "math"

// vectorTable holds the bodies of the kernels over contiguous slices. The first input's length counts.
type vectorTable struct {
	add, sub, mul, div, min, max                   func(dst, a, b []float32)
	addS, rsubS, mulS, divS, rdivS, minS, maxS     func(dst, a []float32, v float32)
	mulAdd                                         func(dst, a, b, c []float32)
	addScaled                                      func(dst, a []float32, v float32)
	neg, abs, sign, sqrt, rsqrt                    func(dst, x []float32)
	log, log1p, expm1, tanh                        func(dst, x []float32)
	fill                                           func(dst []float32, v float32)
	less, lessEqual, equal, notEqual               func(mask []uint32, a, b []float32)
	lessS, lessEqualS, greaterS, greaterEqualS     func(mask []uint32, a []float32, v float32)
	equalS, notEqualS                              func(mask []uint32, a []float32, v float32)
	lessU, equalU, and, or, xor, addU, subU, mulU  func(dst, a, b []uint32)
	lessUS, equalUS, andS, orS, xorS, addUS, mulUS func(dst, a []uint32, v uint32)
	shlS, shrS                                     func(dst, a []uint32, n uint)
	sel                                            func(dst []float32, mask []uint32, a, b []float32)
	selectSA                                       func(dst []float32, mask []uint32, a float32, b []float32)
	selectSB                                       func(dst []float32, mask []uint32, a []float32, b float32)
	fromI32                                        func(dst []float32, x []int32)
	fromU32                                        func(dst []float32, x []uint32)
	toI32                                          func(dst []int32, x []float32)
	toU32                                          func(dst []uint32, x []float32)
	widen                                          func(mask []uint32, b []bool)
	narrow                                         func(b []bool, mask []uint32)
	sum, maxOf, minOf                              func(x []float32) float32
	dot                                            func(a, b []float32) float32
	sumRows, maxRows, addRows                      func(dst, x []float32, rows, n int)
	repeatEach                                     func(dst, x []float32, times int, inverse uint32)
}

// map1 and map2 are inlined with the function they are given: each use is a plain loop.
func map1[D, X any](dst []D, x []X, f func(X) D) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = f(v)
	}
}

func map2[D, A, B any](dst []D, a []A, b []B, f func(A, B) D) {
	dst, b = dst[:len(a)], b[:len(a)]
	for i, v := range a {
		dst[i] = f(v, b[i])
	}
}

// maskOf is the mask of a truth value.
func maskOf(b bool) uint32 {
	if b {
		return ^uint32(0)
	}
	return 0
}

// Short names for the two kinds of values, in this file only.
type (
	f32 = float32
	u32 = uint32
)

var portableVector = vectorTable{
	add: func(dst, a, b []f32) { map2(dst, a, b, func(x, y f32) f32 { return x + y }) },
	sub: func(dst, a, b []f32) { map2(dst, a, b, func(x, y f32) f32 { return x - y }) },
	mul: func(dst, a, b []f32) { map2(dst, a, b, func(x, y f32) f32 { return x * y }) },
	div: func(dst, a, b []f32) { map2(dst, a, b, func(x, y f32) f32 { return x / y }) },
	min: func(dst, a, b []f32) { map2(dst, a, b, func(x, y f32) f32 { return min(x, y) }) },
	max: func(dst, a, b []f32) { map2(dst, a, b, func(x, y f32) f32 { return max(x, y) }) },

	addS:  func(dst, a []f32, v f32) { map1(dst, a, func(x f32) f32 { return x + v }) },
	rsubS: func(dst, a []f32, v f32) { map1(dst, a, func(x f32) f32 { return v - x }) },
	mulS:  func(dst, a []f32, v f32) { map1(dst, a, func(x f32) f32 { return x * v }) },
	divS:  func(dst, a []f32, v f32) { map1(dst, a, func(x f32) f32 { return x / v }) },
	rdivS: func(dst, a []f32, v f32) { map1(dst, a, func(x f32) f32 { return v / x }) },
	minS:  func(dst, a []f32, v f32) { map1(dst, a, func(x f32) f32 { return min(x, v) }) },
	maxS:  func(dst, a []f32, v f32) { map1(dst, a, func(x f32) f32 { return max(x, v) }) },

	mulAdd:    mulAddPortable,
	addScaled: func(dst, a []f32, v f32) { map2(dst, a, dst, func(x, y f32) f32 { return float32(v*x) + y }) },
	fill:      fillPortable,

	neg: func(dst, x []f32) { map1(dst, x, func(x f32) f32 { return -x }) },
	abs: func(dst, x []f32) {
		map1(dst, x, func(x f32) f32 { return math.Float32frombits(math.Float32bits(x) &^ signBit) })
	},
	sign:  func(dst, x []f32) { map1(dst, x, func(x f32) f32 { return sign32(x) }) },
	sqrt:  func(dst, x []f32) { map1(dst, x, func(x f32) f32 { return float32(math.Sqrt(float64(x))) }) },
	rsqrt: func(dst, x []f32) { map1(dst, x, func(x f32) f32 { return 1 / float32(math.Sqrt(float64(x))) }) },
	log:   logPortable,
	log1p: log1pPortable,
	expm1: expm1Portable,
	tanh:  tanhPortable,

	less:          func(mask []u32, a, b []f32) { map2(mask, a, b, func(x, y f32) u32 { return maskOf(x < y) }) },
	lessEqual:     func(mask []u32, a, b []f32) { map2(mask, a, b, func(x, y f32) u32 { return maskOf(x <= y) }) },
	equal:         func(mask []u32, a, b []f32) { map2(mask, a, b, func(x, y f32) u32 { return maskOf(x == y) }) },
	notEqual:      func(mask []u32, a, b []f32) { map2(mask, a, b, func(x, y f32) u32 { return maskOf(x != y) }) },
	lessS:         func(mask []u32, a []f32, v f32) { map1(mask, a, func(x f32) u32 { return maskOf(x < v) }) },
	lessEqualS:    func(mask []u32, a []f32, v f32) { map1(mask, a, func(x f32) u32 { return maskOf(x <= v) }) },
	greaterS:      func(mask []u32, a []f32, v f32) { map1(mask, a, func(x f32) u32 { return maskOf(x > v) }) },
	greaterEqualS: func(mask []u32, a []f32, v f32) { map1(mask, a, func(x f32) u32 { return maskOf(x >= v) }) },
	equalS:        func(mask []u32, a []f32, v f32) { map1(mask, a, func(x f32) u32 { return maskOf(x == v) }) },
	notEqualS:     func(mask []u32, a []f32, v f32) { map1(mask, a, func(x f32) u32 { return maskOf(x != v) }) },

	lessU:   func(dst, a, b []u32) { map2(dst, a, b, func(x, y u32) u32 { return maskOf(x < y) }) },
	equalU:  func(dst, a, b []u32) { map2(dst, a, b, func(x, y u32) u32 { return maskOf(x == y) }) },
	and:     func(dst, a, b []u32) { map2(dst, a, b, func(x, y u32) u32 { return x & y }) },
	or:      func(dst, a, b []u32) { map2(dst, a, b, func(x, y u32) u32 { return x | y }) },
	xor:     func(dst, a, b []u32) { map2(dst, a, b, func(x, y u32) u32 { return x ^ y }) },
	addU:    func(dst, a, b []u32) { map2(dst, a, b, func(x, y u32) u32 { return x + y }) },
	subU:    func(dst, a, b []u32) { map2(dst, a, b, func(x, y u32) u32 { return x - y }) },
	mulU:    func(dst, a, b []u32) { map2(dst, a, b, func(x, y u32) u32 { return x * y }) },
	lessUS:  func(dst, a []u32, v u32) { map1(dst, a, func(x u32) u32 { return maskOf(x < v) }) },
	equalUS: func(dst, a []u32, v u32) { map1(dst, a, func(x u32) u32 { return maskOf(x == v) }) },
	andS:    func(dst, a []u32, v u32) { map1(dst, a, func(x u32) u32 { return x & v }) },
	orS:     func(dst, a []u32, v u32) { map1(dst, a, func(x u32) u32 { return x | v }) },
	xorS:    func(dst, a []u32, v u32) { map1(dst, a, func(x u32) u32 { return x ^ v }) },
	addUS:   func(dst, a []u32, v u32) { map1(dst, a, func(x u32) u32 { return x + v }) },
	mulUS:   func(dst, a []u32, v u32) { map1(dst, a, func(x u32) u32 { return x * v }) },
	shlS:    func(dst, a []u32, n uint) { map1(dst, a, func(x u32) u32 { return x << n }) },
	shrS:    func(dst, a []u32, n uint) { map1(dst, a, func(x u32) u32 { return x >> n }) },

	sel: selectPortable,
	selectSA: func(dst []f32, mask []u32, a f32, b []f32) {
		map2(dst, mask, b, func(m u32, y f32) f32 { return pick(m, a, y) })
	},
	selectSB: func(dst []f32, mask []u32, a []f32, b f32) {
		map2(dst, mask, a, func(m u32, x f32) f32 { return pick(m, x, b) })
	},
	fromI32: func(dst []f32, x []int32) { map1(dst, x, func(x int32) f32 { return f32(x) }) },
	fromU32: func(dst []f32, x []u32) { map1(dst, x, func(x u32) f32 { return f32(x) }) },
	toI32:   func(dst []int32, x []f32) { map1(dst, x, func(x f32) int32 { return int32(x) }) },
	toU32:   func(dst []u32, x []f32) { map1(dst, x, func(x f32) u32 { return u32(int64(x)) }) },
	widen:   func(mask []u32, b []bool) { map1(mask, b, maskOf) },
	narrow:  func(b []bool, mask []u32) { map1(b, mask, func(m u32) bool { return m != 0 }) },

	sum:        sumPortable,
	maxOf:      maxOfPortable,
	minOf:      minOfPortable,
	dot:        dotPortable,
	sumRows:    sumRowsPortable,
	maxRows:    maxRowsPortable,
	addRows:    addRowsPortable,
	repeatEach: repeatEachPortable,
}

const signBit = 1 << 31

// pick returns a where the mask is set, else b.
func pick(mask u32, a, b f32) f32 {
	if mask != 0 {
		return a
	}
	return b
}

func sign32(x f32) f32 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x
}

func fillPortable(dst []f32, v f32) {
	for i := range dst {
		dst[i] = v
	}
}

func mulAddPortable(dst, a, b, c []f32) {
	dst, b, c = dst[:len(a)], b[:len(a)], c[:len(a)]
	for i, v := range a {
		dst[i] = float32(v*b[i]) + c[i]
	}
}

func selectPortable(dst []f32, mask []u32, a, b []f32) {
	dst, a, b = dst[:len(mask)], a[:len(mask)], b[:len(mask)]
	for i, m := range mask {
		dst[i] = pick(m, a[i], b[i])
	}
}

func sinPortable(dst, x []f32) {
	map1(dst, x, func(x f32) f32 { return f32(math.Sin(float64(x))) })
}

func cosPortable(dst, x []f32) {
	map1(dst, x, func(x f32) f32 { return f32(math.Cos(float64(x))) })
}
