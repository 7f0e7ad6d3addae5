package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// words is the view of values of four bytes as words, in which tests compare: to the last bit, but for NaN.
func words[T float32 | int32 | uint32](x []T) []uint32 {
	return unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

func floats(w []uint32) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(w))), len(w))
}

func ints(w []uint32) []int32 {
	return unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(w))), len(w))
}

// fenced returns n words that end before a guard page, half of the time, behind others that must stay as they are.
func fenced(r *rand.Rand, n int) (all, x []uint32) {
	before, behind := 1+r.IntN(20), r.IntN(2)*r.IntN(20)
	all = words(guarded(before + n + behind))
	for i := range all {
		all[i] = math.Float32bits(canary)
	}
	return all, all[before:][:n:n]
}

// untouched fails when a word of all outside of x is no canary any more.
func untouched(t *testing.T, name string, all, x []uint32) {
	t.Helper()
	start := 0
	if len(x) > 0 {
		start = int(uintptr(unsafe.Pointer(&x[0]))-uintptr(unsafe.Pointer(&all[0]))) / 4
	}
	for i, w := range all {
		if (i < start || i >= start+len(x)) && w != math.Float32bits(canary) {
			t.Fatalf("%s of %d values: wrote at %d", name, len(x), i-start)
		}
	}
}

// sameWord compares bits, with one NaN for all.
func sameWord(got, want uint32, float bool) bool {
	if float {
		g, w := math.Float32frombits(got), math.Float32frombits(want)
		if g != g && w != w {
			return true
		}
	}
	return got == want
}

// TestVectors computes every kernel for many lengths: into other memory, and into each of its inputs.
func TestVectors(t *testing.T) {
	eachISA(t, func(t *testing.T, s *Kernels) {
		for _, c := range vectorCases() {
			r := rand.New(rand.NewPCG(10, 1))
			for n := range 150 {
				in := make([][]uint32, len(c.inputs))
				slices := len(in)
				if c.scalar {
					slices--
				}
				for i, next := range c.inputs {
					size := n
					if i == slices {
						size = 1
					}
					_, in[i] = fenced(r, size)
					for j := range in[i] {
						in[i][j] = next(r)
					}
				}
				want, place := make([]uint32, n), make([]uint32, len(in))
				for j := range want {
					for i, x := range in {
						place[i] = x[min(j, len(x)-1)]
					}
					want[j] = c.want(place)
				}
				for target := -1; target < slices; target++ {
					use := make([][]uint32, len(in))
					all, dst := fenced(r, n)
					for i, x := range in {
						use[i] = x
						if i == target {
							copy(dst, x)
							use[i] = dst
						}
					}
					c.run(s, dst, use)
					untouched(t, c.name, all, dst)
					for j, w := range want {
						if !sameWord(dst[j], w, c.float) {
							for i := range in {
								place[i] = in[i][min(j, len(in[i])-1)]
							}
							t.Fatalf("%s of %d values, target %d: value %d of %x is %x, want %x", c.name, n, target, j, place, dst[j], w)
						}
					}
				}
			}
		}
	})
}

// TestMultiplyAdd allows one rounding or two.
func TestMultiplyAdd(t *testing.T) {
	eachISA(t, func(t *testing.T, s *Kernels) {
		r := rand.New(rand.NewPCG(11, 1))
		for n := range 100 {
			a, b, c, v := fill(n, normal(r)), fill(n, normal(r)), fill(n, normal(r)), float32(r.NormFloat64())
			all, w := fenced(r, n)
			dst := floats(w)
			check := func(name string, factor func(i int) float32) {
				untouched(t, name, all, w)
				for i, got := range dst {
					p := float64(a[i]) * float64(factor(i))
					near(t, got, p+float64(c[i]), math.Abs(p)+math.Abs(float64(c[i])), agreement, "%s: %d of %d", name, i, n)
				}
			}
			s.MulAdd(dst, a, b, c)
			check("mul add", func(i int) float32 { return b[i] })
			copy(dst, c)
			s.MulAdd(dst, a, b, dst)
			check("mul add in place", func(i int) float32 { return b[i] })
			copy(dst, c)
			s.AddScaled(dst, a, v)
			check("add scaled", func(int) float32 { return v })
		}
	})
}

// TestMasksOfBools checks both directions for every length.
func TestMasksOfBools(t *testing.T) {
	eachISA(t, func(t *testing.T, s *Kernels) {
		r := rand.New(rand.NewPCG(12, 1))
		for n := range 150 {
			memory := guarded(64)
			bytes := unsafe.Slice((*byte)(unsafe.Pointer(&memory[0])), 256)
			for i := range bytes {
				bytes[i] = byte(r.IntN(2))
			}
			start := 256 - n - r.IntN(2)*r.IntN(20)
			b := unsafe.Slice((*bool)(unsafe.Pointer(&bytes[0])), 256)[start:][:n]
			all, mask := fenced(r, n)
			s.Widen(mask, b)
			untouched(t, "widen", all, mask)
			for i, m := range mask {
				if m != maskOf(b[i]) {
					t.Fatalf("widen %d of %d: %v is %x", i, n, b[i], m)
				}
			}
			old := append([]byte(nil), bytes...)
			for i := range b {
				b[i] = r.IntN(2) == 0
			}
			for i, m := range mask {
				mask[i] = ^m
			}
			s.Narrow(b, mask)
			for i, v := range bytes {
				want := old[i]
				if i >= start && i < start+n {
					want ^= 1
				}
				if v != want {
					t.Fatalf("narrow of %d values: byte %d is %d, want %d", n, i-start, v, want)
				}
			}
		}
	})
}

// TestOutOfRange only asks that nothing breaks.
func TestOutOfRange(t *testing.T) {
	eachISA(t, func(t *testing.T, s *Kernels) {
		x := []float32{nan, inf, ninf, 1e30, -1e30, 1 << 31, -1}
		s.ToI32(make([]int32, len(x)), x)
		s.ToU32(make([]uint32, len(x)), x)
	})
}

// TestShortOperands checks that every operand's length is looked at.
func TestShortOperands(t *testing.T) {
	eachISA(t, func(t *testing.T, s *Kernels) {
		for _, c := range vectorCases() {
			if c.name == "fill" {
				continue // has no input
			}
			for short := -1; short < len(c.inputs); short++ {
				if short == 0 || c.scalar && short == len(c.inputs)-1 {
					continue // the first input sets the length
				}
				in := make([][]uint32, len(c.inputs))
				for i := range in {
					in[i] = make([]uint32, 5)
				}
				dst := make([]uint32, 5)
				if short < 0 {
					dst = dst[:4]
				} else {
					in[short] = in[short][:4]
				}
				mustPanic(t, fmt.Sprintf("%s, operand %d", c.name, short), func() { c.run(s, dst, in) })
			}
		}
		mustPanic(t, "mul add", func() { s.MulAdd(make([]float32, 5), make([]float32, 5), make([]float32, 5), make([]float32, 4)) })
		mustPanic(t, "add scaled", func() { s.AddScaled(make([]float32, 4), make([]float32, 5), 1) })
		mustPanic(t, "widen", func() { s.Widen(make([]uint32, 4), make([]bool, 5)) })
		mustPanic(t, "narrow", func() { s.Narrow(make([]bool, 4), make([]uint32, 5)) })
	})
}
