package simd

import (
	"fmt"
	"math"
)

// partials is the number of sums that Sum and Dot keep: four vectors of sixteen, because an addition takes four cycles
// and a processor starts one or two in each.
const partials = 64

// Sum returns the sum of x, 0 for none. The order depends on the length alone and is the same on every instruction set:
// value i of the whole blocks of 64 goes to partial sum i modulo 64, each of the rest to i modulo 16, and then the upper
// half of the partial sums is added to the lower one until one is left.
func (s *Kernels) Sum(x []float32) float32 { return s.sum(x) }

// Dot returns the sum of a*b, in the order of Sum. Products are not rounded before they are added on AVX2 and AVX-512.
func (s *Kernels) Dot(a, b []float32) float32 {
	checkSizes("dot", len(a), len(a), len(b))
	return s.dot(a, b)
}

// MaxOf returns the greatest value of x, NaN when there is one, -Inf for none.
func (s *Kernels) MaxOf(x []float32) float32 { return s.maxOf(x) }

// MinOf returns the least value of x, NaN when there is one, +Inf for none.
func (s *Kernels) MinOf(x []float32) float32 { return s.minOf(x) }

// SumRows sets dst[r] to the Sum of row r of x, a matrix [rows, n] without gaps, to the last bit. It is fast for many
// short rows.
func (s *Kernels) SumRows(dst, x []float32, rows, n int) {
	checkRows("sum rows", x, rows, n)
	checkLen("sum rows: destination", dst, rows)
	whole := 0
	if n > 0 && n < partials {
		whole = rows &^ (Group - 1)
	}
	if whole > 0 {
		s.sumRows(dst, x, whole, n)
	}
	for r := whole; r < rows; r++ {
		dst[r] = s.sum(x[r*n:][:n])
	}
}

// MaxRows sets dst[r] to MaxOf row r of x, a matrix [rows, n] without gaps. It is fast for many short rows.
func (s *Kernels) MaxRows(dst, x []float32, rows, n int) {
	checkRows("max rows", x, rows, n)
	checkLen("max rows: destination", dst, rows)
	whole := 0
	if n > 0 && n < partials {
		whole = rows &^ (Group - 1)
	}
	if whole > 0 {
		s.maxRows(dst, x, whole, n)
	}
	for r := whole; r < rows; r++ {
		dst[r] = s.maxOf(x[r*n:][:n])
	}
}

// AddRows adds the rows of x, a matrix [rows, n] without gaps, to dst, which has n values: in order, one after another.
// dst must not overlap x.
func (s *Kernels) AddRows(dst, x []float32, rows, n int) {
	checkRows("add rows", x, rows, n)
	checkLen("add rows: destination", dst, n)
	if rows > 0 {
		s.addRows(dst, x, rows, n)
	}
}

// maxRepeat is the largest number of times that the kernel of RepeatEach takes: its division is exact up to there.
const maxRepeat = 64

// RepeatEach sets dst to the values of x, each times in a row: dst[i*times+j] = x[i]. dst must not overlap x.
func (s *Kernels) RepeatEach(dst, x []float32, times int) {
	checkRows("repeat each: destination", dst, len(x), times)
	switch {
	case times == 0:
	case times == 1:
		copy(dst, x)
	case times <= maxRepeat:
		s.repeatEach(dst, x, times, uint32((1<<16+times-1)/times))
	default:
		for i, v := range x {
			s.fill(dst[i*times:][:times], v)
		}
	}
}

// Tile sets dst to all of x, times: dst[j*len(x)+i] = x[i]. dst may be x.
func (s *Kernels) Tile(dst, x []float32, times int) {
	checkRows("tile: destination", dst, times, len(x))
	whole := dst[:times*len(x)]
	// What is there is copied behind itself, so that even short slices are moved in long pieces.
	for done := copy(whole, x); done < len(whole); {
		done += copy(whole[done:], whole[:done])
	}
}

// checkRows panics unless x has rows of n values.
func checkRows(name string, x []float32, rows, n int) {
	if rows < 0 || n < 0 || len(x) < rows*n {
		panic(fmt.Sprintf("simd: %s: %d values are no %d rows of %d", name, len(x), rows, n))
	}
}

func sumPortable(x []float32) float32 {
	if len(x) < partials {
		return sumShort(x)
	}
	var sum [partials]float32
	for ; len(x) >= partials; x = x[partials:] {
		for i, v := range x[:partials] {
			sum[i] += v
		}
	}
	for i, v := range x {
		sum[i%Group] += v
	}
	return foldSums(&sum)
}

// sumShort is the sum of less than 64 values.
func sumShort(x []float32) float32 {
	var sum [Group]float32
	for ; len(x) >= Group; x = x[Group:] {
		for i, v := range x[:Group] {
			sum[i] += v
		}
	}
	for i, v := range x {
		sum[i] += v
	}
	return foldGroup(&sum)
}

// foldSums adds the upper half of the partial sums to the lower one until one is left.
func foldSums(sum *[partials]float32) float32 {
	var group [Group]float32
	for i := range group {
		group[i] = (sum[i] + sum[i+2*Group]) + (sum[i+Group] + sum[i+3*Group])
	}
	return foldGroup(&group)
}

func foldGroup(sum *[Group]float32) float32 {
	for half := Group / 2; half > 0; half /= 2 {
		for i, v := range sum[half:][:half] {
			sum[i] += v
		}
	}
	return sum[0]
}

func dotPortable(a, b []float32) float32 {
	var sum [partials]float32
	b = b[:len(a)]
	for ; len(a) >= partials; a, b = a[partials:], b[partials:] {
		y := b[:partials]
		for i, v := range a[:partials] {
			sum[i] += float32(v * y[i])
		}
	}
	for i, v := range a {
		sum[i%Group] += float32(v * b[i])
	}
	return foldSums(&sum)
}

func maxOfPortable(x []float32) float32 {
	top := float32(math.Inf(-1))
	for _, v := range x {
		top = max(top, v)
	}
	return top
}

func minOfPortable(x []float32) float32 {
	low := float32(math.Inf(1))
	for _, v := range x {
		low = min(low, v)
	}
	return low
}

func sumRowsPortable(dst, x []float32, rows, n int) {
	for r := range rows {
		dst[r] = sumShort(x[r*n:][:n])
	}
}

func maxRowsPortable(dst, x []float32, rows, n int) {
	for r := range rows {
		dst[r] = maxOfPortable(x[r*n:][:n])
	}
}

func addRowsPortable(dst, x []float32, rows, n int) {
	dst = dst[:n]
	for r := range rows {
		row := x[r*n:][:n]
		for i, v := range row {
			dst[i] += v
		}
	}
}

func repeatEachPortable(dst, x []float32, times int, _ uint32) {
	for i, v := range x {
		to := dst[i*times:][:times]
		for j := range to {
			to[j] = v
		}
	}
}
