package simd

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestLogAccuracy takes values of all sizes, and more of them where a result is near zero or near its limit. The bounds
// are those of the documentation.
func TestLogAccuracy(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 1))
	var all []float32
	for range 300_000 {
		all = append(all, math.Float32frombits(r.Uint32()))
	}
	for range 100_000 {
		all = append(all, float32(r.NormFloat64()), float32(1+0.01*r.NormFloat64()), float32(r.Float64()), float32(200*r.Float64()-100))
	}
	for v := float32(1e-42); v < 1e38; v *= 1.003 {
		all = append(all, v, -v)
	}
	for bits := range uint32(1000) { // around powers of two and where the reduction jumps
		for _, center := range []float32{1, 2, 0.5, math.Sqrt2 / 2, math.Sqrt2, -1, 0.34657359, 1.0397208, 10} {
			v := math.Float32frombits(math.Float32bits(center) + bits - 500)
			all = append(all, v, -v, v-1)
		}
	}
	y := make([]float32, len(all))
	eachISA(t, func(t *testing.T, s *Kernels) {
		for _, f := range []struct {
			name   string
			kernel func(dst, x []float32)
			exact  func(float64) float64
			limit  float64
		}{
			{"log", s.Log, math.Log, 1},
			{"log1p", s.Log1p, math.Log1p, 1},
			{"expm1", s.Expm1, math.Expm1, 1.5},
			{"tanh", s.Tanh, math.Tanh, 2.5},
		} {
			f.kernel(y, all)
			worst, at := 0.0, float32(0)
			for i, x := range all {
				want := f.exact(float64(x))
				if math.IsNaN(want) || math.Abs(want) > math.MaxFloat32 {
					near(t, y[i], float64(float32(want)), 0, 0, "%s(%v)", f.name, x)
					continue
				}
				if u := ulps(y[i], want); !(u <= worst) {
					worst, at = u, x
				}
			}
			t.Logf("%s: at most %.2f ulp, at %v", f.name, worst, at)
			if !(worst <= f.limit) {
				t.Errorf("%s(%v): off by %.2f ulp, allowed %v", f.name, at, worst, f.limit)
			}
		}
	})
}

// TestLogSpecialValues asks for the results of package math, signs of zeros included.
func TestLogSpecialValues(t *testing.T) {
	special := []float32{0, float32(math.Copysign(0, -1)), nan, inf, ninf, 1, -1, 2, -2, math.Nextafter32(-1, -2), math.Nextafter32(-1, 0), math.MaxFloat32,
		-math.MaxFloat32, math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, 1e-40, -1e-40, 3e-8, -3e-8, 88.5, 88.8, 89, 100, -100, -17, -20, 20, -20}
	eachISA(t, func(t *testing.T, s *Kernels) {
		for _, f := range []struct {
			name   string
			kernel func(dst, x []float32)
			exact  func(float64) float64
		}{{"log", s.Log, math.Log}, {"log1p", s.Log1p, math.Log1p}, {"expm1", s.Expm1, math.Expm1}, {"tanh", s.Tanh, math.Tanh}} {
			for _, v := range special {
				x := fill(37, func() float32 { return v })
				f.kernel(x, x)
				want := f.exact(float64(v))
				if math.Abs(want) > math.MaxFloat32 {
					want = math.Copysign(math.Inf(1), want)
				}
				for _, got := range x {
					near(t, got, want, math.Abs(want), 3e-7, "%s(%v)", f.name, v)
					if want == 0 && math.Signbit(want) != math.Signbit(float64(got)) {
						t.Fatalf("%s(%v) = %v, want %v", f.name, v, got, want)
					}
				}
			}
		}
	})
}

// TestLogLengths compares every length with single values, in place and not: a result does not depend on its place.
func TestLogLengths(t *testing.T) {
	eachISA(t, func(t *testing.T, s *Kernels) {
		r := rand.New(rand.NewPCG(22, 1))
		for name, kernel := range map[string]func(dst, x []float32){"log": s.Log, "log1p": s.Log1p, "expm1": s.Expm1, "tanh": s.Tanh} {
			for n := range 70 {
				_, w := fenced(r, n)
				for i := range w {
					w[i] = anyFloat(r)
				}
				all, to := fenced(r, n)
				kernel(floats(to), floats(w))
				untouched(t, name, all, to)
				for i, got := range to {
					single := []float32{math.Float32frombits(w[i])}
					kernel(single, single)
					if !sameWord(got, math.Float32bits(single[0]), true) {
						t.Fatalf("%s of %d values: value %d is %x, alone %x", name, n, i, got, math.Float32bits(single[0]))
					}
				}
			}
		}
	})
}
