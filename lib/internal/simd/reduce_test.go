package simd

import (
	"math"
	"math/rand/v2"
	"testing"
)

// sumInOrder is the sum of terms in the documented order of Sum, written down again.
func sumInOrder(terms []float32) float32 {
	size := partials
	sums := make([]float32, partials)
	whole := len(terms) / partials * partials
	for i, v := range terms {
		if i < whole {
			sums[i%partials] += v
		} else {
			sums[i%Group] += v
		}
	}
	for size > 1 {
		size /= 2
		for i := range size {
			sums[i] += sums[i+size]
		}
	}
	return sums[0]
}

func lengths() []int {
	var list []int
	for n := range 200 {
		list = append(list, n)
	}
	return append(list, 1000, 4096, 4097, 5003)
}

func TestSumAndDot(t *testing.T) {
	eachISA(t, func(t *testing.T, s *Kernels) {
		r := rand.New(rand.NewPCG(13, 1))
		for _, n := range lengths() {
			_, w := fenced(r, n)
			_, v := fenced(r, n)
			a, b := floats(w), floats(v)
			dot, size := 0.0, 0.0
			for i := range a {
				a[i], b[i] = float32(r.NormFloat64()), float32(r.NormFloat64())
				p := float64(a[i]) * float64(b[i])
				dot += p
				size += math.Abs(p)
			}
			if got, want := s.Sum(a), sumInOrder(a); math.Float32bits(got) != math.Float32bits(want) {
				t.Fatalf("sum of %d values: %v, want %v", n, got, want)
			}
			near(t, s.Dot(a, b), dot, size, agreement, "dot of %d values", n)
			near(t, s.Dot(a, a), float64(s.Dot(a, a)), 0, 0, "dot again")
		}
		for _, v := range []float32{nan, inf, ninf, 0, float32(math.Copysign(0, -1))} {
			for n := 1; n < 70; n++ {
				x := fill(n, func() float32 { return v })
				if got, want := s.Sum(x), sumInOrder(x); !sameWord(math.Float32bits(got), math.Float32bits(want), true) {
					t.Fatalf("sum of %d times %v: %v, want %v", n, v, got, want)
				}
			}
		}
	})
}

// TestExtremes puts the extreme value, and NaN, at every place.
func TestExtremes(t *testing.T) {
	eachISA(t, func(t *testing.T, s *Kernels) {
		r := rand.New(rand.NewPCG(14, 1))
		near(t, s.MaxOf(nil), math.Inf(-1), 0, 0, "max of nothing")
		near(t, s.MinOf(nil), math.Inf(1), 0, 0, "min of nothing")
		for n := 1; n < 150; n++ {
			_, w := fenced(r, n)
			x := floats(w)
			for i := range x {
				x[i] = float32(r.NormFloat64())
			}
			for i, v := range x {
				for _, special := range []float32{5, inf, nan, -nan, ninf, -5} {
					x[i] = special
					high, low := x[0], x[0]
					for _, y := range x {
						high, low = max(high, y), min(low, y)
					}
					near(t, s.MaxOf(x), float64(high), 0, 0, "max of %d values, %v at %d", n, special, i)
					near(t, s.MinOf(x), float64(low), 0, 0, "min of %d values, %v at %d", n, special, i)
				}
				x[i] = v
			}
		}
		minusZero := float32(math.Copysign(0, -1))
		if got := s.MaxOf([]float32{minusZero, 0, minusZero}); math.Signbit(float64(got)) {
			t.Error("max of zeros is -0")
		}
		if got := s.MinOf([]float32{0, minusZero, 0}); !math.Signbit(float64(got)) {
			t.Error("min of zeros is +0")
		}
	})
}

// TestReduceRows compares with the reductions of single rows: not a bit may differ.
func TestReduceRows(t *testing.T) {
	eachISA(t, func(t *testing.T, s *Kernels) {
		r := rand.New(rand.NewPCG(15, 1))
		for n := range 130 {
			for _, rows := range []int{0, 1, 15, 16, 17, 33 + r.IntN(40)} {
				_, w := fenced(r, rows*n)
				for i := range w {
					w[i] = math.Float32bits(float32(r.NormFloat64()))
					if n%3 == 0 && r.IntN(40) == 0 {
						w[i] = anyFloat(r)
					}
				}
				if rows > 0 { // the sum of -0 is that of Sum
					for i := range w[:n] {
						w[i] = signBit
					}
				}
				x := floats(w)
				all, to := fenced(r, rows)
				dst := floats(to)
				s.SumRows(dst, x, rows, n)
				untouched(t, "sum rows", all, to)
				for i, got := range dst {
					if want := s.Sum(x[i*n:][:n]); !sameWord(math.Float32bits(got), math.Float32bits(want), true) {
						t.Fatalf("sum of row %d of [%d, %d]: %v, want %v", i, rows, n, got, want)
					}
				}
				s.MaxRows(dst, x, rows, n)
				untouched(t, "max rows", all, to)
				for i, got := range dst {
					if want := s.MaxOf(x[i*n:][:n]); !sameWord(math.Float32bits(got), math.Float32bits(want), true) {
						t.Fatalf("max of row %d of [%d, %d]: %v, want %v", i, rows, n, got, want)
					}
				}
			}
		}
	})
}

func TestAddRows(t *testing.T) {
	eachISA(t, func(t *testing.T, s *Kernels) {
		r := rand.New(rand.NewPCG(16, 1))
		for _, n := range append(lengths()[:150], 328, 1000) {
			rows := r.IntN(6)
			_, w := fenced(r, rows*n)
			x := floats(w)
			for i := range x {
				x[i] = float32(r.NormFloat64())
			}
			all, to := fenced(r, n)
			dst, want := floats(to), make([]float32, n)
			for i := range dst {
				dst[i] = float32(r.NormFloat64())
				want[i] = dst[i]
				for row := range rows {
					want[i] += x[row*n+i]
				}
			}
			s.AddRows(dst, x, rows, n)
			untouched(t, "add rows", all, to)
			for i, got := range dst {
				near(t, got, float64(want[i]), 0, 0, "add %d rows of %d: column %d", rows, n, i)
			}
		}
	})
}

func TestRepeat(t *testing.T) {
	eachISA(t, func(t *testing.T, s *Kernels) {
		r := rand.New(rand.NewPCG(17, 1))
		for times := range 70 {
			for n := range 40 {
				_, w := fenced(r, n)
				for i := range w {
					w[i] = anyFloat(r)
				}
				all, to := fenced(r, n*times)
				s.RepeatEach(floats(to), floats(w), times)
				untouched(t, "repeat each", all, to)
				for i, got := range to {
					if got != w[i/times] {
						t.Fatalf("repeat each of %d values %d times: place %d is %x, want %x", n, times, i, got, w[i/times])
					}
				}
				s.Tile(floats(to), floats(w), times)
				untouched(t, "tile", all, to)
				for i, got := range to {
					if got != w[i%n] {
						t.Fatalf("tile of %d values %d times: place %d is %x, want %x", n, times, i, got, w[i%n])
					}
				}
			}
		}
	})
}

func TestIllegalRows(t *testing.T) {
	x := func(n int) []float32 { return make([]float32, n) }
	eachISA(t, func(t *testing.T, s *Kernels) {
		for name, call := range map[string]func(){
			"dot":             func() { s.Dot(x(3), x(2)) },
			"sum rows":        func() { s.SumRows(x(2), x(5), 2, 3) },
			"sum rows result": func() { s.SumRows(x(1), x(6), 2, 3) },
			"sum rows shape":  func() { s.SumRows(x(9), x(9), -1, -3) },
			"max rows":        func() { s.MaxRows(x(2), x(5), 2, 3) },
			"max rows result": func() { s.MaxRows(x(1), x(6), 2, 3) },
			"add rows":        func() { s.AddRows(x(3), x(5), 2, 3) },
			"add rows result": func() { s.AddRows(x(2), x(6), 2, 3) },
			"repeat each":     func() { s.RepeatEach(x(5), x(3), 2) },
			"repeat negative": func() { s.RepeatEach(x(5), x(3), -2) },
			"tile":            func() { s.Tile(x(5), x(3), 2) },
		} {
			mustPanic(t, name, call)
		}
	})
}
