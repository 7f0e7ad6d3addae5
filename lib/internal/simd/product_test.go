package simd

import (
	"math"
	"math/rand/v2"
	"testing"
)

// plain is a row-major matrix with gaps between its rows, which hold canaries.
type plain struct {
	rows, cols, ld int
	all, x         []uint32
}

func newPlain(r *rand.Rand, rows, cols, gap int) *plain {
	p := &plain{rows: rows, cols: cols, ld: cols + gap}
	p.all, p.x = fenced(r, (rows-1)*p.ld+cols)
	p.each(func(at int) { p.x[at] = math.Float32bits(float32(r.NormFloat64())) })
	return p
}

func (p *plain) each(f func(at int)) {
	for i := range p.rows {
		for j := range p.cols {
			f(i*p.ld + j)
		}
	}
}

// intact fails when a gap holds no canary any more.
func (p *plain) intact(t *testing.T, name string) {
	t.Helper()
	untouched(t, name, p.all, p.x)
	for i, w := range p.x {
		if i%p.ld >= p.cols && w != math.Float32bits(canary) {
			t.Fatalf("%s: wrote into the gap behind row %d", name, i/p.ld)
		}
	}
}

// productShapes has all small sizes, thinned out, and some that cross the borders of blocks.
func productShapes() [][3]int {
	r := rand.New(rand.NewPCG(18, 1))
	list := [][3]int{{1, 1, 1}, {20, 20, 2}, {20, 2, 20}, {8, 40, 40}, {97, 33, 300}, {25, 70, 257}, {100, 530, 20}, {26, 513, 13}, {200, 64, 128}, {30, 600, 200}, {60, 300, 270},
		{13, 1100, 3}, {3, 40, 700}, {500, 1, 64}, {300, 2, 8}, {100, 65, 600}}
	for v := 1; v <= 70; v++ {
		list = append(list, [3]int{v, 1 + r.IntN(70), 1 + r.IntN(70)}, [3]int{1 + r.IntN(70), v, 1 + r.IntN(70)}, [3]int{1 + r.IntN(30), 1 + r.IntN(30), v})
	}
	return list
}

func TestProduct(t *testing.T) {
	eachISA(t, func(t *testing.T, s *Kernels) {
		r := rand.New(rand.NewPCG(18, 2))
		for i, shape := range productShapes() {
			m, n, k := shape[0], shape[1], shape[2]
			add, gap, turned, swapped := i%2 == 0, r.IntN(3)*r.IntN(20), r.IntN(2) == 0, i%3 == 0
			rowsA, colsA := m, k
			if turned {
				rowsA, colsA = k, m
			}
			a, b, c := newPlain(r, rowsA, colsA, gap), newPlain(r, k, n, gap), newPlain(r, m, n, gap)
			rowA, colA := a.ld, 1
			if turned {
				rowA, colA = 1, a.ld
			}
			name := "product"
			run, need := s.Product, ProductScratch(m, n, k)
			if swapped {
				name, run, need = "product transposed", s.ProductT, ProductTScratch(m, n, k)
				b = newPlain(r, n, k, gap)
			}
			old := append([]uint32(nil), c.x...)
			scratch, inner := fenced(r, need)
			run(floats(c.x), c.ld, floats(a.x), rowA, colA, floats(b.x), b.ld, m, n, k, add, floats(inner))
			x, y, rowB, colB := floats(a.x), floats(b.x), b.ld, 1
			if swapped {
				rowB, colB = 1, b.ld
			}
			c.intact(t, name)
			untouched(t, name+": scratch", scratch, inner)
			for i := range m {
				for j := range n {
					sum, size := 0.0, 0.0
					if add {
						sum = float64(floats(old)[i*c.ld+j])
						size = math.Abs(sum)
					}
					for l := range k {
						p := float64(x[i*rowA+l*colA]) * float64(y[l*rowB+j*colB])
						sum += p
						size += math.Abs(p)
					}
					near(t, floats(c.x)[i*c.ld+j], sum, size, agreement, "%s %v, add %v, a turned %v: [%d, %d]", name, shape, add, turned, i, j)
				}
			}
		}
	})
}

// TestProductOrder multiplies with a transposed, with b transposed, with dirty scratch memory, and in parts: not a bit
// may differ.
func TestProductOrder(t *testing.T) {
	eachISA(t, func(t *testing.T, s *Kernels) {
		r := rand.New(rand.NewPCG(19, 1))
		for _, shape := range [][3]int{{100, 70, 300}, {64, 200, 64}, {5, 33, 20}, {1, 70, 80}, {300, 3, 9}, {30, 600, 200}, {7, 300, 257}} {
			m, n, k := shape[0], shape[1], shape[2]
			a, b := fill(m*k, normal(r)), fill(k*n, normal(r))
			turnedA, turnedB := make([]float32, m*k), make([]float32, n*k)
			for j := range k {
				for i := range m {
					turnedA[j*m+i] = a[i*k+j]
				}
				for i := range n {
					turnedB[i*k+j] = b[j*n+i]
				}
			}
			scratch := fill(ProductTScratch(m, n, k), func() float32 { return nan })
			want, got := make([]float32, m*n), make([]float32, m*n)
			s.Product(want, n, a, k, 1, b, n, m, n, k, false, scratch)
			check := func(name string) {
				for i, v := range want {
					near(t, got[i], float64(v), 0, 0, "%v, %s: value %d", shape, name, i)
				}
				clear(got)
			}
			s.Product(got, n, turnedA, 1, m, b, n, m, n, k, false, scratch)
			check("a transposed")
			s.ProductT(got, n, a, k, 1, turnedB, k, m, n, k, false, scratch)
			check("b transposed")
			for row := 0; row < m; {
				rows := min(1+r.IntN(40)*r.IntN(2), m-row)
				for col := 0; col < n; {
					cols := min(1+r.IntN(200), n-col)
					s.Product(got[row*n+col:], n, a[row*k:], k, 1, b[col:], n, rows, cols, k, false, scratch)
					col += cols
				}
				row += rows
			}
			check("in parts")
		}
	})
}

// TestPackInto packs one matrix after another into the same memory and compares with Pack.
func TestPackInto(t *testing.T) {
	eachISA(t, func(t *testing.T, s *Kernels) {
		r := rand.New(rand.NewPCG(20, 1))
		p := s.Pack(60, 1, fill(60, normal(r)), fill(60, normal(r))) // with biases, which must go
		for range 100 {
			m, k, n := 1+r.IntN(60), 1+r.IntN(60), 1+r.IntN(40)
			a, turned := fill(m*k, normal(r)), make([]float32, m*k)
			for i := range m {
				for j := range k {
					turned[j*m+i] = a[i*k+j]
				}
			}
			spread := make([]float32, 2*m*k)
			for i, v := range a {
				spread[2*i] = v
			}
			b := newMatrix(r, k, n, normal(r))
			want, got := newMatrix(r, m, n, normal(r)), newMatrix(r, m, n, normal(r))
			s.Gemm(want.x, want.ld, s.Pack(m, k, a, nil), b.x, b.ld, n, false)
			for i, pack := range []func(){
				func() { s.PackInto(p, m, k, a, k, 1) },
				func() { s.PackInto(p, m, k, turned, 1, m) },
				func() { s.PackInto(p, m, k, spread, 2*k, 2) },
			} {
				pack()
				s.Gemm(got.x, got.ld, p, b.x, b.ld, n, false)
				got.intact(t)
				for f := range m {
					for l, v := range got.row(f) {
						near(t, v, float64(want.row(f)[l]), 0, 0, "[%d, %d], way %d: [%d][%d]", m, k, i, f, l)
					}
				}
			}
		}
		a := make([]float32, 60*60)
		s.PackInto(p, 60, 60, a, 60, 1)
		if count := testing.AllocsPerRun(10, func() { s.PackInto(p, 59, 58, a, 60, 1) }); count != 0 {
			t.Errorf("%v allocations", count)
		}
	})
}

func TestIllegalProducts(t *testing.T) {
	x := func(n int) []float32 { return make([]float32, n) }
	eachISA(t, func(t *testing.T, s *Kernels) {
		big := ProductScratch(30, 600, 200)
		for name, call := range map[string]func(){
			"c":          func() { s.Product(x(5), 3, x(4), 2, 1, x(6), 3, 2, 3, 2, false, nil) },
			"c stride":   func() { s.Product(x(99), 2, x(4), 2, 1, x(6), 3, 2, 3, 2, false, nil) },
			"a":          func() { s.Product(x(6), 3, x(3), 2, 1, x(6), 3, 2, 3, 2, false, nil) },
			"a negative": func() { s.Product(x(6), 3, x(4), -2, 1, x(6), 3, 2, 3, 2, false, nil) },
			"b":          func() { s.Product(x(6), 3, x(4), 2, 1, x(5), 3, 2, 3, 2, false, nil) },
			"b stride":   func() { s.Product(x(6), 3, x(4), 2, 1, x(99), 2, 2, 3, 2, false, nil) },
			"none":       func() { s.Product(x(6), 3, x(4), 2, 1, x(6), 3, 2, 0, 2, false, nil) },
			"scratch":    func() { s.Product(x(18000), 600, x(6000), 200, 1, x(120000), 600, 30, 600, 200, false, x(big-1)) },
			"b t":        func() { s.ProductT(x(6), 3, x(4), 2, 1, x(5), 2, 2, 3, 2, false, x(64)) },
			"b t stride": func() { s.ProductT(x(6), 3, x(4), 2, 1, x(99), 1, 2, 3, 2, false, x(64)) },
			"scratch t":  func() { s.ProductT(x(6), 3, x(4), 2, 1, x(6), 2, 2, 3, 2, false, x(ProductTScratch(2, 3, 2)-1)) },
			"pack":       func() { s.PackInto(&Packed{}, 2, 3, x(5), 3, 1) },
		} {
			mustPanic(t, name, call)
		}
	})
}
