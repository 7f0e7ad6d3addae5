package simd

import (
	"math"
	"math/rand/v2"
	"testing"
)

var (
	nan  = float32(math.NaN())
	inf  = float32(math.Inf(1))
	ninf = float32(math.Inf(-1))
)

// ulps is the distance of got from want in units of the last place of the nearest float32.
func ulps(got float32, want float64) float64 {
	w := math.Abs(want)
	unit := float64(math.Nextafter32(float32(w), inf)) - float64(float32(w))
	return math.Abs(float64(got)-want) / unit
}

// TestExpAccuracy walks over the whole range in steps that are no round numbers.
func TestExpAccuracy(t *testing.T) {
	eachISA(t, func(t *testing.T, s *Kernels) {
		var x []float32
		for v := float32(-87.29); v < 88.7228; v += 0.00037 {
			x = append(x, v)
		}
		for v := float32(1e-30); v < 80; v *= 1.01 {
			x = append(x, v, -v)
		}
		y := make([]float32, len(x))
		check := func(name string, kernel func(dst, x []float32), exact func(float64) float64, limit float64) {
			kernel(y, x)
			worst, at := 0.0, float32(0)
			for i, v := range x {
				if v < -87 || v > 88.7228 {
					continue
				}
				if u := ulps(y[i], exact(float64(v))); !(u <= worst) {
					worst, at = u, v
				}
			}
			t.Logf("%s: at most %.2f ulp, at %v", name, worst, at)
			if !(worst <= limit) {
				t.Errorf("%s(%v): off by %.2f ulp, allowed %v", name, at, worst, limit)
			}
		}
		check("exp", s.Exp, math.Exp, 2)
		check("sigmoid", s.Sigmoid, func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }, 3)
		check("silu", func(dst, x []float32) {
			buf := Alloc(roundUp(len(x)))
			copy(buf, x)
			s.SiLU(buf, len(buf), 1, len(x))
			copy(dst, buf)
		}, func(v float64) float64 { return v / (1 + math.Exp(-v)) }, 4)
	})
}

func TestSpecialValues(t *testing.T) {
	type pair struct{ x, want float32 }
	tables := map[string][]pair{
		"exp": {{0, 1}, {float32(math.Copysign(0, -1)), 1}, {nan, nan}, {inf, inf}, {ninf, 0}, {-87.31, 0}, {-1e30, 0}, {-math.MaxFloat32, 0},
			{88.72284, inf}, {89, inf}, {1e30, inf}, {math.MaxFloat32, inf}, {1e-40, 1}, {-1e-40, 1}},
		"sigmoid": {{0, 0.5}, {nan, nan}, {inf, 1}, {math.MaxFloat32, 1}, {100, 1}, {17, 1}, {ninf, 1.6458115e-38}, {-1e30, 1.6458115e-38}, {-87, 1.6458115e-38}},
		"silu": {{0, 0}, {nan, nan}, {inf, inf}, {math.MaxFloat32, math.MaxFloat32}, {100, 100}, {ninf, -1.431856e-36}, {-math.MaxFloat32, -1.431856e-36},
			{-100, -1.431856e-36}},
		"relu": {{0, 0}, {-1, 0}, {2, 2}, {nan, nan}, {inf, inf}, {ninf, 0}, {1e-40, 1e-40}},
	}
	eachISA(t, func(t *testing.T, s *Kernels) {
		kernels := map[string]func(x []float32){
			"exp":     func(x []float32) { s.Exp(x, x) },
			"sigmoid": func(x []float32) { s.Sigmoid(x, x) },
			"silu":    func(x []float32) { s.SiLU(x, 32, 1, 32) },
			"relu":    func(x []float32) { s.ReLU(x, 32, 1, 32) },
		}
		for name, pairs := range tables {
			for _, p := range pairs {
				// in every lane, with neighbours that must not matter
				x := fill(32, normal(rand.New(rand.NewPCG(3, 3))))
				for i := range x {
					if i%3 > 0 {
						x[i] = p.x
					}
				}
				kernels[name](x)
				for i, got := range x {
					if i%3 > 0 {
						near(t, got, float64(p.want), math.Abs(float64(p.want)), 3e-7, "%s(%v) in lane %d", name, p.x, i)
					}
				}
			}
		}
	})
}

// TestFlatLengths checks slices of every length, and that nothing is written behind.
func TestFlatLengths(t *testing.T) {
	eachISA(t, func(t *testing.T, s *Kernels) {
		for n := range 70 {
			x := fill(n, normal(rand.New(rand.NewPCG(4, uint64(n)))))
			for name, kernel := range map[string]func(dst, x []float32){"exp": s.Exp, "sigmoid": s.Sigmoid} {
				dst := fill(n+20, func() float32 { return canary })
				kernel(dst, x)
				for i, v := range dst {
					switch {
					case i >= n && math.Float32bits(v) != math.Float32bits(canary):
						t.Fatalf("%s of %d values wrote value %d", name, n, i)
					case i < n && name == "exp":
						near(t, v, math.Exp(float64(x[i])), math.Exp(float64(x[i])), agreement, "exp %d of %d", i, n)
					case i < n:
						want := 1 / (1 + math.Exp(-float64(x[i])))
						near(t, v, want, want, agreement, "sigmoid %d of %d", i, n)
					}
				}
			}
		}
	})
}
