package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"
)

// eachISA runs a test for every instruction set, and says which ones this machine cannot run.
func eachISA(t *testing.T, test func(t *testing.T, s *Kernels)) {
	for _, isa := range []ISA{Portable, AVX2, AVX512} {
		t.Run(isa.String(), func(t *testing.T) {
			s, err := New(isa)
			if err != nil {
				t.Skip(err)
			}
			test(t, s)
		})
	}
}

// canary fills what a kernel must not touch: a NaN that no arithmetic makes.
var canary = math.Float32frombits(0x7fa5a5a5)

// matrix is a [features][lanes] operand between canaries.
type matrix struct {
	features, n, ld int
	all             []float32
	start           int
	x               []float32 // all from start
}

// newMatrix fills the lanes with values, the rest of their groups with junk that must not matter, and everything else
// with canaries. What lies behind the last group may not even be read. The address is any multiple of 4 bytes.
func newMatrix(r *rand.Rand, features, n int, value func() float32) *matrix {
	m := &matrix{features: features, n: n, ld: roundUp(n) + Group*r.IntN(3), start: 48}
	size := (features-1)*m.ld + roundUp(n)
	m.all = guarded(m.start + size + r.IntN(2)*r.IntN(4)) // half of the time up to the last byte that may be read
	for i := range m.all {
		m.all[i] = canary
	}
	m.x = m.all[m.start:][:size:size]
	junk := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 3e38, -3e38, 1e-40, 0}
	for f := range features {
		row := m.x[f*m.ld:][:roundUp(n)]
		for i := range row {
			row[i] = junk[r.IntN(len(junk))]
			if i < n {
				row[i] = value()
			}
		}
	}
	return m
}

// row returns the lanes of a feature.
func (m *matrix) row(f int) []float32 { return m.x[f*m.ld:][:m.n] }

// clone copies the matrix with its surroundings.
func (m *matrix) clone() *matrix {
	c := *m
	c.all = guarded(len(m.all))
	copy(c.all, m.all)
	c.x = c.all[m.start:][:len(m.x):len(m.x)]
	return &c
}

// intact fails when a value outside of the groups of lanes is no canary any more.
func (m *matrix) intact(t *testing.T) {
	t.Helper()
	for i, v := range m.all {
		at := i - m.start
		inside := at >= 0 && at < len(m.x) && at%m.ld < roundUp(m.n)
		if !inside && math.Float32bits(v) != math.Float32bits(canary) {
			t.Fatalf("wrote outside of [%d][%d lanes] with stride %d: at %d", m.features, m.n, m.ld, at)
		}
	}
}

func normal(r *rand.Rand) func() float32 { return func() float32 { return float32(r.NormFloat64()) } }

func fill(n int, value func() float32) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = value()
	}
	return x
}

// near checks |got-want| <= tol*scale. Not a number equals not a number.
func near(t *testing.T, got float32, want, scale, tol float64, format string, args ...any) {
	t.Helper()
	g := float64(got)
	if math.IsNaN(want) && math.IsNaN(g) || g == want {
		return
	}
	if !(math.Abs(g-want) <= tol*scale) {
		t.Fatalf("%s: got %v, want %v: off by %.3g, allowed %.3g", fmt.Sprintf(format, args...), g, want, math.Abs(g-want), tol*scale)
	}
}

// agreement is how far every path may be from the exact result, relative to the sum of the absolute terms: half of what
// two paths may differ by.
const agreement = 5e-7

func TestSupported(t *testing.T) {
	all := Supported()
	if all[0] != Portable || Best() != all[len(all)-1] {
		t.Fatalf("supported %v, best %v", all, Best())
	}
	for _, isa := range all {
		s, err := New(isa)
		if err != nil || s.ISA() != isa {
			t.Errorf("New(%v): %v, %v", isa, s, err)
		}
		if back, err := ParseISA(isa.String()); err != nil || back != isa {
			t.Errorf("ParseISA(%v) = %v, %v", isa, back, err)
		}
	}
	if _, err := New(ISA(9)); err == nil || !strings.Contains(err.Error(), "isa(9)") {
		t.Errorf("New of an unknown set: %v", err)
	}
	if _, err := ParseISA("sse"); err == nil || !strings.Contains(err.Error(), `"sse"`) {
		t.Errorf("ParseISA of an unknown name: %v", err)
	}
}

func TestAlloc(t *testing.T) {
	for n := range 200 {
		x := Alloc(n)
		if len(x) != n || cap(x) != roundUp(n) {
			t.Fatalf("Alloc(%d): length %d, capacity %d", n, len(x), cap(x))
		}
		if n > 0 && uintptr(unsafe.Pointer(&x[0]))%cacheLine != 0 {
			t.Fatalf("Alloc(%d) is at %p", n, x)
		}
	}
}

func TestStride(t *testing.T) {
	for n := range 5000 {
		ld := Stride(n)
		if ld < n || ld%Group != 0 || ld/Group%2 == 0 || ld > n+2*Group {
			t.Fatalf("Stride(%d) = %d", n, ld)
		}
	}
}

// TestVZEROUPPER reads the assembly: a function that returns without VZEROUPPER makes every later scalar float
// instruction of the process slow, which no result shows.
func TestVZEROUPPER(t *testing.T) {
	files, err := filepath.Glob("*_amd64.s")
	if err != nil || len(files) != 2 {
		t.Fatalf("assembly files: %v, %v", files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		before, returns := "", 0
		for i, line := range strings.Split(string(text), "\n") {
			line = strings.TrimSpace(line)
			if line == "RET" {
				returns++
				if before != "VZEROUPPER" {
					t.Errorf("%s:%d: RET after %q", name, i+1, before)
				}
			}
			if line != "" && !strings.HasPrefix(line, "//") {
				before = line
			}
		}
		if functions := strings.Count(string(text), "\nTEXT "); returns < functions || functions < 15 {
			t.Errorf("%s: %d returns in %d functions", name, returns, functions)
		}
	}
}

// TestIllegalShapes checks that a buffer too short panics instead of being read or written past its end.
func TestIllegalShapes(t *testing.T) {
	x := func(n int) []float32 { return make([]float32, n) }
	eachISA(t, func(t *testing.T, s *Kernels) {
		a := s.Pack(3, 2, x(6), nil)
		one := PackMembers(2, 4, x(8))
		for name, call := range map[string]func(){
			"pack":           func() { s.Pack(3, 2, x(5), nil) },
			"pack bias":      func() { s.Pack(3, 2, x(6), x(2)) },
			"pack members":   func() { PackMembers(2, 3, x(5)) },
			"gemm c":         func() { s.Gemm(x(47), 16, a, x(32), 16, 1, false) },
			"gemm b":         func() { s.Gemm(x(48), 16, a, x(31), 16, 1, false) },
			"gemm stride":    func() { s.Gemm(x(99), 17, a, x(32), 16, 1, false) },
			"gemm lanes":     func() { s.Gemm(x(999), 16, a, x(999), 16, 17, false) },
			"gemm none":      func() { s.Gemm(x(48), 16, a, x(32), 16, 0, false) },
			"gemm negative":  func() { s.Gemm(x(48), 16, a, x(32), 16, -1, false) },
			"gemm isa":       func() { s.Gemm(x(48), 16, &Packed{isa: 9, m: 3, k: 2}, x(32), 16, 1, false) },
			"layer norm":     func() { s.LayerNorm(x(32), 16, x(31), 16, x(2), x(2), 0, 2, 16) },
			"layer norm w":   func() { s.LayerNorm(x(32), 16, x(32), 16, x(1), x(2), 0, 2, 16) },
			"silu":           func() { s.SiLU(x(31), 16, 2, 1) },
			"silu mul":       func() { s.SiLUMul(x(32), x(31), 16, 2, 1) },
			"relu":           func() { s.ReLU(x(31), 16, 2, 1) },
			"affine":         func() { s.Affine(x(31), 16, one, one, 4) },
			"affine members": func() { s.Affine(x(32), 16, one, PackMembers(2, 2, x(4)), 4) },
			"affine silu":    func() { s.AffineSiLU(x(31), 16, one, one, 4) },
			"mul members":    func() { s.MulMembers(x(32), 16, x(31), 16, one, 4) },
			"spread members": func() { s.SpreadMembers(x(32), 16, x(32), 16, one, 5) },
			"attention":      func() { s.Attention(x(32), x(32), x(31), x(32), 16, 1, 2, 4, 4, x(64)) },
			"scratch":        func() { s.Attention(x(32), x(32), x(32), x(32), 16, 1, 2, 4, 4, x(63)) },
			"attention zero": func() { s.Attention(x(32), x(32), x(32), x(32), 16, 1, 2, 0, 4, x(64)) },
			"mean tokens":    func() { s.MeanTokens(x(32), 16, x(32), 16, 2, 5, 4) },
			"tokens to rows": func() { s.TokensToRows(x(127), 16, x(32), 16, 2, 4, 4) },
			"transpose":      func() { s.Transpose(x(32), 16, x(7), 2, 4, 2) },
			"transpose ld":   func() { s.Transpose(x(32), 16, x(99), 1, 4, 2) },
			"exp":            func() { s.Exp(x(3), x(4)) },
			"sigmoid":        func() { s.Sigmoid(x(3), x(4)) },
		} {
			mustPanic(t, name, call)
		}
	})
}

// mustPanic checks that a call panics with a message of this package.
func mustPanic(t *testing.T, name string, call func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if e := recover(); e == nil || !strings.Contains(fmt.Sprint(e), "simd: ") {
			t.Errorf("%s: no panic of ours: %v", name, e)
		}
	}()
	call()
}

// TestNoAllocation runs every kernel once more: a scorer that serves single rows cannot afford a collector.
func TestNoAllocation(t *testing.T) {
	eachISA(t, func(t *testing.T, s *Kernels) {
		x, y, w := Alloc(16*48), Alloc(16*48), Alloc(48)
		p, odd, members := s.Pack(16, 16, x[:256], w[:16]), PackMembers(16, 3, x[:48]), PackMembers(16, 16, x[:256])
		cases, in, bools := vectorCases(), [][]uint32{words(x)[:37], words(x), words(x)}, make([]bool, 37)
		a, b, c, scratch := Alloc(30*200), Alloc(200*600), Alloc(30*600), Alloc(ProductTScratch(30, 600, 200))
		count := testing.AllocsPerRun(10, func() {
			s.Gemm(y, 48, p, x, 48, 33, true)
			s.LayerNorm(y, 48, x, 48, w, w, 1, 16, 33)
			s.ReLU(y, 48, 16, 33)
			s.SiLU(y, 48, 16, 33)
			s.SiLUMul(y, x, 48, 16, 33)
			s.SpreadMembers(y, 48, x, 48, odd, 11)
			s.SpreadMembers(y, 48, x, 48, members, 2)
			s.MulMembers(y, 48, x, 48, odd, 33)
			s.Affine(y, 48, odd, odd, 33)
			s.AffineSiLU(y, 48, odd, odd, 33)
			s.Attention(y, x, x, x, 48, 2, 8, 11, 3, y)
			s.MeanTokens(y, 48, x, 48, 16, 11, 3)
			s.TokensToRows(y, 16, x, 48, 3, 15, 3)
			s.Transpose(y, 16, x, 40, 15, 19)
			s.Exp(y, x[:37])
			s.Sigmoid(y, x[:37])
			for _, c := range cases {
				c.run(s, words(y)[:37], in[:len(c.inputs)])
			}
			s.MulAdd(y, x, x, x)
			s.AddScaled(y, x, 2)
			s.Tanh(y, x)
			s.Widen(words(y), bools)
			s.Narrow(bools, words(y)[:37])
			y[0] = s.Sum(x) + s.Dot(x, x) + s.MaxOf(x) + s.MinOf(x)
			s.SumRows(y, x, 20, 20)
			s.MaxRows(y, x, 20, 20)
			s.AddRows(y, x, 20, 20)
			s.RepeatEach(y, w, 16)
			s.Tile(y, w, 16)
			s.Product(c, 600, a, 200, 1, b, 600, 30, 600, 200, true, scratch)
			s.Product(y, 16, x, 16, 1, x, 16, 16, 16, 16, false, nil)
			s.ProductT(c, 600, a, 200, 1, b, 200, 30, 600, 200, true, scratch)
			s.ProductT(y, 16, x, 16, 1, x, 16, 16, 16, 16, false, scratch)
		})
		if count != 0 {
			t.Errorf("%v allocations", count)
		}
	})
}
