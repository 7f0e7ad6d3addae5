package simd

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestGemm compares with float64 over all small shapes, thinned out, and a few that cross the parts of k and the panels.
func TestGemm(t *testing.T) {
	type shape struct{ m, k, n int }
	var shapes []shape
	r := rand.New(rand.NewPCG(1, 1))
	for m := 1; m <= 70; m++ {
		for range 6 {
			shapes = append(shapes, shape{m, 1 + r.IntN(70), 1 + r.IntN(70)})
		}
	}
	for n := 1; n <= 70; n++ {
		shapes = append(shapes, shape{13, 9, n}, shape{5, n, 20})
	}
	shapes = append(shapes, shape{30, 256, 33}, shape{13, 257, 70}, shape{2, 1000, 40}, shape{25, 600, 100}, shape{24, 8, 1300})
	eachISA(t, func(t *testing.T, s *Kernels) {
		r := rand.New(rand.NewPCG(1, 2))
		for i, sh := range shapes {
			a, bias := fill(sh.m*sh.k, normal(r)), fill(sh.m, normal(r))
			if i%5 == 0 {
				bias = nil
			}
			b, c := newMatrix(r, sh.k, sh.n, normal(r)), newMatrix(r, sh.m, sh.n, normal(r))
			old := c.clone()
			p := s.Pack(sh.m, sh.k, a, bias)
			if m, k := p.Dims(); m != sh.m || k != sh.k {
				t.Fatalf("packed [%d, %d] says [%d, %d]", sh.m, sh.k, m, k)
			}
			add := i%2 == 1
			s.Gemm(c.x, c.ld, p, b.x, b.ld, sh.n, add)
			c.intact(t)
			for f := range sh.m {
				for l := range sh.n {
					sum, size := 0.0, 0.0
					term := func(v float64) { sum += v; size += math.Abs(v) }
					if bias != nil {
						term(float64(bias[f]))
					}
					if add {
						term(float64(old.row(f)[l]))
					}
					for j := range sh.k {
						term(float64(a[f*sh.k+j]) * float64(b.row(j)[l]))
					}
					near(t, c.row(f)[l], sum, size, agreement, "%v add %v: [%d][%d]", sh, add, f, l)
				}
			}
		}
	})
}

// TestLaneIndependence computes lanes in a wide matrix and again alone, at another place: not a bit may differ.
func TestLaneIndependence(t *testing.T) {
	eachISA(t, func(t *testing.T, s *Kernels) {
		r := rand.New(rand.NewPCG(2, 1))
		for _, sh := range []struct{ m, k int }{{1, 70}, {2, 9}, {3, 300}, {4, 8}, {7, 16}, {24, 8}, {37, 513}} {
			const n = 91
			p := s.Pack(sh.m, sh.k, fill(sh.m*sh.k, normal(r)), fill(sh.m, normal(r)))
			w, shift := fill(sh.k, normal(r)), fill(sh.k, normal(r))
			pipeline := func(b *matrix) *matrix {
				c := newMatrix(r, sh.m, b.n, normal(r))
				s.LayerNorm(b.x, b.ld, b.x, b.ld, w, shift, 1e-5, sh.k, b.n)
				s.Gemm(c.x, c.ld, p, b.x, b.ld, b.n, false)
				s.SiLU(c.x, c.ld, sh.m, c.n)
				return c
			}
			wide := newMatrix(r, sh.k, n, normal(r))
			var singles []*matrix
			for l := range n {
				single := newMatrix(r, sh.k, 1+l%40, normal(r))
				for f := range sh.k {
					single.row(f)[single.n-1] = wide.row(f)[l]
				}
				singles = append(singles, pipeline(single))
			}
			c := pipeline(wide)
			for l, single := range singles {
				for f := range sh.m {
					if got, want := single.row(f)[single.n-1], c.row(f)[l]; math.Float32bits(got) != math.Float32bits(want) {
						t.Fatalf("[%d, %d] lane %d: alone %v, among others %v", sh.m, sh.k, l, got, want)
					}
				}
			}
		}
	})
}
