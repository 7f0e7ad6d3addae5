package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// eachBench runs a benchmark for every instruction set that this machine has.
func eachBench(b *testing.B, name string, run func(b *testing.B, s *Kernels)) {
	for _, isa := range Supported() {
		s, err := New(isa)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(isa.String()+"/"+name, func(b *testing.B) { run(b, s) })
	}
}

// measure runs a kernel for the benchmark and returns the seconds of its fastest turns: on a machine that is shared with
// others the mean says more about them.
func measure(b *testing.B, kernel func()) float64 {
	const turn = 20 * time.Microsecond // long against the clock, short against the scheduler
	count := 1
	for start := time.Now(); time.Since(start) < turn; count++ {
		kernel()
	}
	best := math.Inf(1)
	for b.Loop() {
		start := time.Now()
		for range count {
			kernel()
		}
		best = min(best, time.Since(start).Seconds()/float64(count))
	}
	b.ReportMetric(0, "ns/op") // of a whole turn: of no interest
	return best
}

// BenchmarkGemm reports GFLOP/s of products [m, k] x [k][n lanes].
func BenchmarkGemm(b *testing.B) {
	for _, sh := range []struct{ m, k, n int }{
		{64, 64, 64}, {128, 128, 128}, {256, 256, 256}, {192, 64, 2048}, {512, 64, 2048}, {64, 256, 2048}, {64, 328, 64}, {64, 2112, 64}, // wide
		{24, 8, 20}, {24, 8, 40}, {24, 8, 1280}, {8, 8, 1280}, {64, 8, 1280}, {8, 32, 1280}, // narrow tokens
		{64, 328, 16}, {64, 64, 16}, {32, 64, 16}, {64, 64, 48}, {192, 64, 32}, {1, 32, 16}, {1, 32, 1024}, // one row
	} {
		eachBench(b, fmt.Sprintf("%dx%dx%d", sh.m, sh.k, sh.n), func(b *testing.B, s *Kernels) {
			r := rand.New(rand.NewPCG(1, 1))
			p := s.Pack(sh.m, sh.k, fill(sh.m*sh.k, normal(r)), fill(sh.m, normal(r)))
			ld := Stride(sh.n)
			x, y := Alloc(sh.k*ld), Alloc(sh.m*ld)
			copy(x, fill(len(x), normal(r)))
			best := measure(b, func() { s.Gemm(y, ld, p, x, ld, sh.n, false) })
			b.ReportMetric(2e-9*float64(sh.m)*float64(sh.k)*float64(sh.n)/best, "GFLOP/s")
		})
	}
}

// BenchmarkAttention reports the time per row.
func BenchmarkAttention(b *testing.B) {
	for _, sh := range []struct{ tokens, heads, dh int }{{20, 4, 2}, {40, 4, 2}, {32, 8, 8}, {21, 8, 8}} {
		eachBench(b, fmt.Sprintf("F=%d,H=%d,dh=%d", sh.tokens, sh.heads, sh.dh), func(b *testing.B, s *Kernels) {
			const rows = 16
			ld, features := Stride(rows*sh.tokens), sh.heads*sh.dh
			r := rand.New(rand.NewPCG(1, 1))
			x, y := Alloc(3*features*ld), Alloc(features*ld)
			copy(x, fill(len(x), normal(r)))
			scratch := Alloc(AttentionScratch(sh.tokens))
			best := measure(b, func() {
				s.Attention(y, x, x[features*ld:], x[2*features*ld:], ld, sh.heads, sh.dh, sh.tokens, rows, scratch)
			})
			b.ReportMetric(1e9*best/rows, "ns/row")
		})
	}
}

// BenchmarkElementwise reports the time per value of what is done to a matrix [16][256 lanes].
func BenchmarkElementwise(b *testing.B) {
	const features, n = 16, 256
	r := rand.New(rand.NewPCG(1, 1))
	ld := Stride(n)
	x, y := Alloc(features*ld), Alloc(features*ld)
	w := fill(features, normal(r))
	reset := fill(len(x), normal(r))
	scale := PackMembers(features, 16, fill(features*16, func() float32 { return 1 }))
	shift := PackMembers(features, 16, make([]float32, features*16))
	for _, k := range []struct {
		name string
		run  func(s *Kernels)
	}{
		{"Copy", func(*Kernels) { copy(x, reset) }}, // is part of those that work in place
		{"ReLU", func(s *Kernels) { s.ReLU(x, ld, features, n) }},
		{"SiLU", func(s *Kernels) { copy(x, reset); s.SiLU(x, ld, features, n) }},
		{"SiLUMul", func(s *Kernels) { copy(x, reset); s.SiLUMul(x, y, ld, features, n) }},
		{"LayerNorm", func(s *Kernels) { s.LayerNorm(y, ld, x, ld, w, w, 1e-5, features, n) }},
		{"LayerNorm8", func(s *Kernels) { s.LayerNorm(y, 2*ld-16, x, 2*ld-16, w, w, 1e-5, 8, 2*n) }},
		{"Affine", func(s *Kernels) { s.Affine(x, ld, scale, shift, n) }},
		{"AffineSiLU", func(s *Kernels) { copy(x, reset); s.AffineSiLU(x, ld, scale, shift, n) }},
		{"SpreadMembers", func(s *Kernels) { s.SpreadMembers(y, ld, x, ld, scale, n/16) }},
		{"MeanTokens", func(s *Kernels) { s.MeanTokens(y, ld, x, ld, features, 20, n/20) }},
		{"TokensToRows", func(s *Kernels) { s.TokensToRows(y, 16, x, ld, features, 16, 16) }},
		{"Exp", func(s *Kernels) { s.Exp(y, x[:features*n]) }},
		{"Sigmoid", func(s *Kernels) { s.Sigmoid(y, x[:features*n]) }},
	} {
		eachBench(b, k.name, func(b *testing.B, s *Kernels) {
			copy(x, reset)
			copy(y, reset)
			best := measure(b, func() { k.run(s) })
			b.ReportMetric(1e9*best/(features*n), "ns/value")
		})
	}
}

// BenchmarkScalarAfter times a scalar float loop after each set of kernels: were the upper halves of the vector
// registers left dirty, it would be several times slower after a vector kernel than after the portable one.
func BenchmarkScalarAfter(b *testing.B) {
	eachBench(b, "dot", func(b *testing.B, s *Kernels) {
		x := fill(4096, normal(rand.New(rand.NewPCG(1, 1))))
		p := s.Pack(1, 16, x[:16], nil)
		sum := float32(0)
		best := measure(b, func() {
			s.Gemm(x[1024:], 16, p, x, 16, 16, false)
			for i, v := range x[2048:] {
				sum += v * x[i]
			}
		})
		b.ReportMetric(1e9*best, "ns")
		if sum == 0 {
			b.Fatal("the loop was dropped")
		}
	})
}
