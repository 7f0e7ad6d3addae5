package simd

import "fmt"

// Members is one vector of K values per feature, a value for each member of an ensemble (K = 1: for each feature),
// laid out for lanes that run over rows and, within a row, over members: lane r*K+k. It is made once, by PackMembers.
type Members struct {
	features, k, period int
	v                   []float32 // [features][period]; period, a multiple of K and of Group, repeats the K values
}

// PackMembers stores v, [features][k] in row-major order. The layout is the same for every instruction set.
func PackMembers(features, k int, v []float32) *Members {
	if features < 1 || k < 1 || len(v) != features*k {
		panic(fmt.Sprintf("simd: pack members: %d values are not %d features of %d members", len(v), features, k))
	}
	period := k
	for period%Group != 0 {
		period += k
	}
	m := &Members{features, k, period, Alloc(features * period)}
	for i := range m.v {
		m.v[i] = v[i/period*k+i%period%k]
	}
	return m
}

// Dims returns the number of features and of members.
func (m *Members) Dims() (features, k int) { return m.features, m.k }

// SpreadMembers gives every member its own copy of a row, scaled: dst[f][r*K+k] = x[f][r] * scale[f][k], for n rows.
// x has n lanes, dst has n*K; they must not overlap unless K is 1 and the strides are equal.
func (s *Kernels) SpreadMembers(dst []float32, ldd int, x []float32, ldx int, scale *Members, n int) {
	checkMatrix("spread members: destination", dst, ldd, scale.features, n*scale.k)
	checkMatrix("spread members: source", x, ldx, scale.features, n)
	switch {
	case scale.k == 1:
		s.mulMembers(dst, ldd, x, ldx, scale.v, scale.period, scale.features, n)
	case scale.k%Group == 0:
		s.spread(dst, ldd, x, ldx, scale.v, scale.k, scale.features, n)
	default:
		spreadAny(dst, ldd, x, ldx, scale, n)
	}
}

// MulMembers scales every member: dst[f][r*K+k] = x[f][r*K+k] * scale[f][k], for n lanes (rows times members). dst may
// be x.
func (s *Kernels) MulMembers(dst []float32, ldd int, x []float32, ldx int, scale *Members, n int) {
	checkMatrix("mul members: destination", dst, ldd, scale.features, n)
	checkMatrix("mul members: source", x, ldx, scale.features, n)
	s.mulMembers(dst, ldd, x, ldx, scale.v, scale.period, scale.features, n)
}

// Affine sets x[f][r*K+k] = x*scale[f][k] + shift[f][k] in place, for n lanes (rows times members).
func (s *Kernels) Affine(x []float32, ld int, scale, shift *Members, n int) {
	checkAffine(x, ld, scale, shift, n)
	s.affine(x, ld, scale.v, shift.v, scale.period, scale.features, n)
}

// AffineSiLU is Affine followed by SiLU: x[f][r*K+k] = silu(x*scale[f][k] + shift[f][k]).
func (s *Kernels) AffineSiLU(x []float32, ld int, scale, shift *Members, n int) {
	checkAffine(x, ld, scale, shift, n)
	s.affineSiLU(x, ld, scale.v, shift.v, scale.period, scale.features, n)
}

func checkAffine(x []float32, ld int, scale, shift *Members, n int) {
	if scale.features != shift.features || scale.k != shift.k {
		panic(fmt.Sprintf("simd: affine: scale is [%d, %d], shift is [%d, %d]", scale.features, scale.k, shift.features, shift.k))
	}
	checkMatrix("affine", x, ld, scale.features, n)
}

// spreadAny is SpreadMembers for numbers of members that fill no whole groups.
func spreadAny(dst []float32, ldd int, x []float32, ldx int, scale *Members, rows int) {
	for f := range scale.features {
		factors := scale.v[f*scale.period:][:scale.k]
		to := dst[f*ldd:]
		for _, v := range x[f*ldx:][:rows] {
			for k, factor := range factors {
				to[k] = v * factor
			}
			to = to[len(factors):]
		}
	}
}

func spreadPortable(dst []float32, ldd int, x []float32, ldx int, scale []float32, members, features, rows int) {
	spreadAny(dst, ldd, x, ldx, &Members{features, members, members, scale}, rows)
}

func mulMembersPortable(dst []float32, ldd int, x []float32, ldx int, scale []float32, period, features, n int) {
	for f := range features {
		from, to, factors := x[f*ldx:][:n], dst[f*ldd:][:n], scale[f*period:][:period]
		for at := 0; at < n; at += period {
			lanes := min(period, n-at)
			for i, factor := range factors[:lanes] {
				to[at+i] = from[at+i] * factor
			}
		}
	}
}

func affinePortable(x []float32, ld int, scale, shift []float32, period, features, n int) {
	for f := range features {
		row, a, b := x[f*ld:][:n], scale[f*period:][:period], shift[f*period:][:period]
		for at := 0; at < n; at += period {
			for i := range min(period, n-at) {
				row[at+i] = float32(row[at+i]*a[i]) + b[i]
			}
		}
	}
}

func affineSiLUPortable(x []float32, ld int, scale, shift []float32, period, features, n int) {
	affinePortable(x, ld, scale, shift, period, features, n)
	siluPortable(x, ld, features, n)
}
