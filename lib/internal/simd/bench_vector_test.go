package simd

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkVector reports values per nanosecond of kernels over 1024 values, which stay in the first-level cache.
func BenchmarkVector(b *testing.B) {
	const n = 1024
	r := rand.New(rand.NewPCG(1, 1))
	x, y, z := Alloc(n), Alloc(n), Alloc(n)
	mask, bools := words(Alloc(n)), make([]bool, n)
	reset := fill(n, func() float32 { return 0.5 + r.Float32() })
	long, few := Alloc(64*n), Alloc(64)
	for _, k := range []struct {
		name string
		size int
		run  func(s *Kernels)
	}{
		{"Add", n, func(s *Kernels) { s.Add(z, x, y) }},
		{"Div", n, func(s *Kernels) { s.Div(z, x, y) }},
		{"Max", n, func(s *Kernels) { s.Max(z, x, y) }},
		{"MulS", n, func(s *Kernels) { s.MulS(z, x, 3) }},
		{"MulAdd", n, func(s *Kernels) { s.MulAdd(z, x, y, x) }},
		{"AddScaled", n, func(s *Kernels) { s.AddScaled(z, x, 1e-9) }},
		{"Sqrt", n, func(s *Kernels) { s.Sqrt(z, x) }},
		{"Rsqrt", n, func(s *Kernels) { s.Rsqrt(z, x) }},
		{"Exp", n, func(s *Kernels) { s.Exp(z, x) }},
		{"Log", n, func(s *Kernels) { s.Log(z, x) }},
		{"Log1p", n, func(s *Kernels) { s.Log1p(z, x) }},
		{"Expm1", n, func(s *Kernels) { s.Expm1(z, x) }},
		{"Tanh", n, func(s *Kernels) { s.Tanh(z, x) }},
		{"Sin", n, func(s *Kernels) { s.Sin(z, x) }},
		{"Less", n, func(s *Kernels) { s.Less(mask, x, y) }},
		{"LessS", n, func(s *Kernels) { s.LessS(mask, x, 1) }},
		{"Select", n, func(s *Kernels) { s.Select(z, mask, x, y) }},
		{"MulU", n, func(s *Kernels) { s.MulU(mask, words(x), words(y)) }},
		{"ShrS", n, func(s *Kernels) { s.ShrS(mask, words(x), 13) }},
		{"FromU32", n, func(s *Kernels) { s.FromU32(z, mask) }},
		{"Widen", n, func(s *Kernels) { s.Widen(mask, bools) }},
		{"Narrow", n, func(s *Kernels) { s.Narrow(bools, mask) }},
		{"Fill", n, func(s *Kernels) { s.Fill(z, 1) }},
		{"Sum", n, func(s *Kernels) { z[0] = s.Sum(x) }},
		{"Dot", n, func(s *Kernels) { z[0] = s.Dot(x, y) }},
		{"MaxOf", n, func(s *Kernels) { z[0] = s.MaxOf(x) }},
		{"SumRows8", n, func(s *Kernels) { s.SumRows(z, x, n/8, 8) }},
		{"SumRows20", n / 20 * 20, func(s *Kernels) { s.SumRows(z, x, n/20, 20) }},
		{"SumRows40", 16 * n / 40 * 40, func(s *Kernels) { s.SumRows(z, long, 16*n/40, 40) }},
		{"MaxRows20", 16 * n / 20 * 20, func(s *Kernels) { s.MaxRows(z, long, 16*n/20, 20) }},
		{"AddRows8", n, func(s *Kernels) { s.AddRows(few, x, n/8, 8) }},
		{"AddRows64", n, func(s *Kernels) { s.AddRows(few, x, n/64, 64) }},
		{"RepeatEach2", 2 * n, func(s *Kernels) { s.RepeatEach(long, x, 2) }},
		{"RepeatEach20", 20 * n, func(s *Kernels) { s.RepeatEach(long, x, 20) }},
		{"Tile20", 60 * n / 20 * 20, func(s *Kernels) { s.Tile(long, x[:20], 60*n/20) }},
	} {
		eachBench(b, k.name, func(b *testing.B, s *Kernels) {
			copy(x, reset)
			copy(y, reset)
			clear(z)
			best := measure(b, func() { k.run(s) })
			b.ReportMetric(1e-9*float64(k.size)/best, "values/ns")
		})
	}
}

// BenchmarkProduct reports GFLOP/s of products [m, k] x [k, n], of ProductT in names that end in T, with a transposed
// in names that end in A.
func BenchmarkProduct(b *testing.B) {
	for _, sh := range []struct{ m, k, n int }{
		{512, 328, 2048}, {2048, 512, 328}, {8192, 128, 64}, {256, 256, 256}, {512, 64, 64}, {32, 328, 64}, // wide
		{512, 64, 1}, {640, 8, 8}, {32, 64, 64}, {1, 64, 64}, {64, 32, 64}, // narrow
		{20, 2, 20}, {20, 20, 2}, {8, 40, 40}, {20, 8, 20}, {20, 20, 8}, // tiny
	} {
		r := rand.New(rand.NewPCG(1, 1))
		x, y, z := Alloc(sh.m*sh.k), Alloc(sh.k*sh.n), Alloc(sh.m*sh.n)
		copy(x, fill(len(x), normal(r)))
		copy(y, fill(len(y), normal(r)))
		scratch := Alloc(ProductTScratch(sh.m, sh.n, sh.k))
		for _, way := range []struct {
			suffix string
			run    func(s *Kernels)
		}{
			{"", func(s *Kernels) { s.Product(z, sh.n, x, sh.k, 1, y, sh.n, sh.m, sh.n, sh.k, false, scratch) }},
			{"A", func(s *Kernels) { s.Product(z, sh.n, x, 1, sh.m, y, sh.n, sh.m, sh.n, sh.k, false, scratch) }},
			{"T", func(s *Kernels) { s.ProductT(z, sh.n, x, sh.k, 1, y, sh.k, sh.m, sh.n, sh.k, false, scratch) }},
		} {
			eachBench(b, fmt.Sprintf("%dx%dx%d%s", sh.m, sh.k, sh.n, way.suffix), func(b *testing.B, s *Kernels) {
				best := measure(b, func() { way.run(s) })
				b.ReportMetric(2e-9*float64(sh.m)*float64(sh.k)*float64(sh.n)/best, "GFLOP/s")
			})
		}
	}
}

// BenchmarkPack reports values per nanosecond of packing [512, 328] into memory that is there.
func BenchmarkPack(b *testing.B) {
	const m, k = 512, 328
	a := fill(m*k, normal(rand.New(rand.NewPCG(1, 1))))
	for name, strides := range map[string][2]int{"rows": {k, 1}, "columns": {1, m}} {
		eachBench(b, name, func(b *testing.B, s *Kernels) {
			p := &Packed{}
			best := measure(b, func() { s.PackInto(p, m, k, a, strides[0], strides[1]) })
			b.ReportMetric(1e-9*m*k/best, "values/ns")
		})
	}
}
