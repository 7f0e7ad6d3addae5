package simd

// The methods of this file are about 32-bit words: masks, which are 0 or all ones, unsigned integers, and conversions.
// What vector.go says of lengths and of overlap holds here too.

// Less sets mask to all ones where a < b, else to 0.
func (s *Kernels) Less(mask []uint32, a, b []float32) {
	checkSizes("less", len(a), len(mask), len(b))
	s.less(mask, a, b)
}

// LessEqual sets mask to all ones where a <= b, else to 0.
func (s *Kernels) LessEqual(mask []uint32, a, b []float32) {
	checkSizes("less equal", len(a), len(mask), len(b))
	s.lessEqual(mask, a, b)
}

// Equal sets mask to all ones where a == b, else to 0.
func (s *Kernels) Equal(mask []uint32, a, b []float32) {
	checkSizes("equal", len(a), len(mask), len(b))
	s.equal(mask, a, b)
}

// NotEqual sets mask to all ones where a != b, as NaN is to everything, else to 0.
func (s *Kernels) NotEqual(mask []uint32, a, b []float32) {
	checkSizes("not equal", len(a), len(mask), len(b))
	s.notEqual(mask, a, b)
}

// LessS is Less with a scalar: a < v.
func (s *Kernels) LessS(mask []uint32, a []float32, v float32) {
	checkSizes("less scalar", len(a), len(mask), len(a))
	s.lessS(mask, a, v)
}

// LessEqualS is LessEqual with a scalar: a <= v.
func (s *Kernels) LessEqualS(mask []uint32, a []float32, v float32) {
	checkSizes("less equal scalar", len(a), len(mask), len(a))
	s.lessEqualS(mask, a, v)
}

// GreaterS sets mask to all ones where a > v, else to 0.
func (s *Kernels) GreaterS(mask []uint32, a []float32, v float32) {
	checkSizes("greater scalar", len(a), len(mask), len(a))
	s.greaterS(mask, a, v)
}

// GreaterEqualS sets mask to all ones where a >= v, else to 0.
func (s *Kernels) GreaterEqualS(mask []uint32, a []float32, v float32) {
	checkSizes("greater equal scalar", len(a), len(mask), len(a))
	s.greaterEqualS(mask, a, v)
}

// EqualS is Equal with a scalar.
func (s *Kernels) EqualS(mask []uint32, a []float32, v float32) {
	checkSizes("equal scalar", len(a), len(mask), len(a))
	s.equalS(mask, a, v)
}

// NotEqualS is NotEqual with a scalar.
func (s *Kernels) NotEqualS(mask []uint32, a []float32, v float32) {
	checkSizes("not equal scalar", len(a), len(mask), len(a))
	s.notEqualS(mask, a, v)
}

// LessU sets mask to all ones where a < b, without signs, else to 0.
func (s *Kernels) LessU(mask, a, b []uint32) {
	checkSizes("less unsigned", len(a), len(mask), len(b))
	s.lessU(mask, a, b)
}

// LessUS is LessU with a scalar: a < v.
func (s *Kernels) LessUS(mask, a []uint32, v uint32) {
	checkSizes("less unsigned scalar", len(a), len(mask), len(a))
	s.lessUS(mask, a, v)
}

// EqualU sets mask to all ones where a == b, else to 0.
func (s *Kernels) EqualU(mask, a, b []uint32) {
	checkSizes("equal unsigned", len(a), len(mask), len(b))
	s.equalU(mask, a, b)
}

// EqualUS is EqualU with a scalar.
func (s *Kernels) EqualUS(mask, a []uint32, v uint32) {
	checkSizes("equal unsigned scalar", len(a), len(mask), len(a))
	s.equalUS(mask, a, v)
}

// And sets dst = a&b.
func (s *Kernels) And(dst, a, b []uint32) {
	checkSizes("and", len(a), len(dst), len(b))
	s.and(dst, a, b)
}

// Or sets dst = a|b.
func (s *Kernels) Or(dst, a, b []uint32) {
	checkSizes("or", len(a), len(dst), len(b))
	s.or(dst, a, b)
}

// Xor sets dst = a^b.
func (s *Kernels) Xor(dst, a, b []uint32) {
	checkSizes("xor", len(a), len(dst), len(b))
	s.xor(dst, a, b)
}

// Not sets dst = ^a.
func (s *Kernels) Not(dst, a []uint32) {
	checkSizes("not", len(a), len(dst), len(a))
	s.xorS(dst, a, ^uint32(0))
}

// AndS sets dst = a&v.
func (s *Kernels) AndS(dst, a []uint32, v uint32) {
	checkSizes("and scalar", len(a), len(dst), len(a))
	s.andS(dst, a, v)
}

// OrS sets dst = a|v.
func (s *Kernels) OrS(dst, a []uint32, v uint32) {
	checkSizes("or scalar", len(a), len(dst), len(a))
	s.orS(dst, a, v)
}

// XorS sets dst = a^v.
func (s *Kernels) XorS(dst, a []uint32, v uint32) {
	checkSizes("xor scalar", len(a), len(dst), len(a))
	s.xorS(dst, a, v)
}

// AddU sets dst = a+b modulo 2**32.
func (s *Kernels) AddU(dst, a, b []uint32) {
	checkSizes("add unsigned", len(a), len(dst), len(b))
	s.addU(dst, a, b)
}

// SubU sets dst = a-b modulo 2**32.
func (s *Kernels) SubU(dst, a, b []uint32) {
	checkSizes("sub unsigned", len(a), len(dst), len(b))
	s.subU(dst, a, b)
}

// MulU sets dst = a*b modulo 2**32.
func (s *Kernels) MulU(dst, a, b []uint32) {
	checkSizes("mul unsigned", len(a), len(dst), len(b))
	s.mulU(dst, a, b)
}

// AddUS sets dst = a+v modulo 2**32.
func (s *Kernels) AddUS(dst, a []uint32, v uint32) {
	checkSizes("add unsigned scalar", len(a), len(dst), len(a))
	s.addUS(dst, a, v)
}

// MulUS sets dst = a*v modulo 2**32.
func (s *Kernels) MulUS(dst, a []uint32, v uint32) {
	checkSizes("mul unsigned scalar", len(a), len(dst), len(a))
	s.mulUS(dst, a, v)
}

// ShlS sets dst = a<<n, 0 from n = 32 on.
func (s *Kernels) ShlS(dst, a []uint32, n uint) {
	checkSizes("shift left", len(a), len(dst), len(a))
	s.shlS(dst, a, n)
}

// ShrS sets dst = a>>n, without sign, 0 from n = 32 on.
func (s *Kernels) ShrS(dst, a []uint32, n uint) {
	checkSizes("shift right", len(a), len(dst), len(a))
	s.shrS(dst, a, n)
}

// Select sets dst to a where the mask is all ones, to b where it is 0.
func (s *Kernels) Select(dst []float32, mask []uint32, a, b []float32) {
	checkSizes("select", len(mask), len(dst), min(len(a), len(b)))
	s.sel(dst, mask, a, b)
}

// SelectSA is Select with a scalar a.
func (s *Kernels) SelectSA(dst []float32, mask []uint32, a float32, b []float32) {
	checkSizes("select scalar", len(mask), len(dst), len(b))
	s.selectSA(dst, mask, a, b)
}

// SelectSB is Select with a scalar b.
func (s *Kernels) SelectSB(dst []float32, mask []uint32, a []float32, b float32) {
	checkSizes("select scalar", len(mask), len(dst), len(a))
	s.selectSB(dst, mask, a, b)
}

// FromI32 sets dst to the floats next to x.
func (s *Kernels) FromI32(dst []float32, x []int32) {
	checkSizes("from int32", len(x), len(dst), len(x))
	s.fromI32(dst, x)
}

// FromU32 sets dst to the floats next to x.
func (s *Kernels) FromU32(dst []float32, x []uint32) {
	checkSizes("from uint32", len(x), len(dst), len(x))
	s.fromU32(dst, x)
}

// ToI32 sets dst to x without its fraction. What becomes of NaN and of values out of range is not specified.
func (s *Kernels) ToI32(dst []int32, x []float32) {
	checkSizes("to int32", len(x), len(dst), len(x))
	s.toI32(dst, x)
}

// ToU32 sets dst to x without its fraction. What becomes of NaN and of values out of range is not specified.
func (s *Kernels) ToU32(dst []uint32, x []float32) {
	checkSizes("to uint32", len(x), len(dst), len(x))
	s.toU32(dst, x)
}

// Widen sets mask to all ones where b is true, else to 0.
func (s *Kernels) Widen(mask []uint32, b []bool) {
	checkSizes("widen", len(b), len(mask), len(b))
	s.widen(mask, b)
}

// Narrow sets b to whether the mask is all ones.
func (s *Kernels) Narrow(b []bool, mask []uint32) {
	checkSizes("narrow", len(mask), len(b), len(mask))
	s.narrow(b, mask)
}
