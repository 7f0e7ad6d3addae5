package simd

import "fmt"

// Product multiplies row-major matrices: c = a b, or c += a b when add is set. c is [m, n] with rows ldc apart, b is
// [k, n] with rows ldb apart, and a is [m, k] with value i, j at i*rowA+j*colA, so that a transposed a needs no copy.
// m, n and k are at least 1 and otherwise any; nothing but the m by n values of c is written, nothing but the values of
// a and b is read. c must not overlap a or b.
//
// scratch has ProductScratch(m, n, k) floats, which is 0 for small products, and is not shared between goroutines.
//
// A value of c depends on its row of a, its column of b and k alone, to the last bit: not on m, n, strides or on the
// other rows and columns. So a product may be cut into parts by rows and columns, and ProductT equals Product.
func (s *Kernels) Product(c []float32, ldc int, a []float32, rowA, colA int, b []float32, ldb, m, n, k int, add bool, scratch []float32) {
	checkProduct(c, ldc, a, rowA, colA, m, n, k)
	checkPlain("product: b", b, ldb, k, n)
	size := ProductScratch(m, n, k)
	checkLen("product: scratch", scratch, size)
	if size == 0 {
		eachDepth(k, func(k0, depth int) {
			s.multiply(s.table, c, ldc, a[k0*colA:], rowA, colA, b[k0*ldb:], ldb, m, n, depth, add || k0 > 0)
		})
		return
	}
	s.blocks(c, ldc, a, rowA, colA, m, n, k, add, scratch, func(panel []float32, k0, depth, n0, width int) {
		for j := range depth {
			copy(panel[j*panelWidth:][:width], b[(k0+j)*ldb+n0:])
		}
	})
}

// ProductT is Product for b given as [n, k], with rows ldb apart: c = a b^T, or c += a b^T. scratch has
// ProductTScratch(m, n, k) floats.
func (s *Kernels) ProductT(c []float32, ldc int, a []float32, rowA, colA int, b []float32, ldb, m, n, k int, add bool, scratch []float32) {
	checkProduct(c, ldc, a, rowA, colA, m, n, k)
	checkPlain("product: b", b, ldb, n, k)
	checkLen("product: scratch", scratch, ProductTScratch(m, n, k))
	if wide := (n + panelWidth - 1) / panelWidth * panelWidth; wide <= blockWidth && k*wide <= maxDepth*panelWidth {
		// All of b is no more than a panel.
		s.transposeAny(scratch, wide, b, ldb, n, k)
		s.multiply(s.table, c, ldc, a, rowA, colA, scratch, wide, m, n, k, add)
		return
	}
	s.blocks(c, ldc, a, rowA, colA, m, n, k, add, scratch, func(panel []float32, k0, depth, n0, width int) {
		s.transposeAny(panel, panelWidth, b[n0*ldb+k0:], ldb, width, depth)
	})
}

// The blocks of a product. A panel of b, maxDepth rows of panelWidth values, stays in the first-level cache while a
// block of blockRows rows of a, from the second level, goes by; the panels of blockWidth columns stay in the second.
const (
	panelWidth = 2 * Group
	blockWidth = 512
	blockRows  = 96
)

// A product reads b where it lies as long as a part of maxDepth rows stays in the second-level cache, or few rows of a
// use it: then a copy costs more than it gains.
const (
	directRows   = 24
	directFloats = 64 << 10
)

// ProductScratch returns how many floats Product needs.
func ProductScratch(m, n, k int) int {
	if m <= directRows || min(k, maxDepth)*n <= directFloats {
		return 0
	}
	return ProductTScratch(m, n, k)
}

// ProductTScratch returns how many floats ProductT needs.
func ProductTScratch(_, n, k int) int {
	panels := (min(n, blockWidth) + panelWidth - 1) / panelWidth
	return panels * panelWidth * min(k, maxDepth)
}

// eachDepth cuts k into parts of at most maxDepth, as equal as can be.
func eachDepth(k int, part func(k0, depth int)) {
	count := (k + maxDepth - 1) / maxDepth
	at := 0
	for i := range count {
		depth := (k + i) / count
		part(at, depth)
		at += depth
	}
}

// blocks multiplies by way of copies of the panels of b, which pack makes: [depth][panelWidth], of which width columns
// are in use.
func (s *Kernels) blocks(c []float32, ldc int, a []float32, rowA, colA, m, n, k int, add bool, scratch []float32,
	pack func(panel []float32, k0, depth, n0, width int)) {
	count := (m + blockRows - 1) / blockRows
	eachDepth(k, func(k0, depth int) {
		carry, size := add || k0 > 0, depth*panelWidth
		for block := 0; block < n; block += blockWidth {
			columns := min(blockWidth, n-block)
			for at := 0; at < columns; at += panelWidth {
				panel, width := scratch[at*depth:][:size], min(panelWidth, columns-at)
				pack(panel, k0, depth, block+at, width)
			}
			row := 0
			for i := range count {
				rows := (m + i) / count
				for at := 0; at < columns; at += panelWidth {
					s.multiply(s.table, c[row*ldc+block+at:], ldc, a[row*rowA+k0*colA:], rowA, colA,
						scratch[at*depth:], panelWidth, rows, min(panelWidth, columns-at), depth, carry)
				}
				row += rows
			}
		}
	})
}

func checkProduct(c []float32, ldc int, a []float32, rowA, colA, m, n, k int) {
	if m < 1 || n < 1 || k < 1 {
		panic(fmt.Sprintf("simd: product: [%d, %d] by [%[2]d, %d]", m, k, n))
	}
	checkPlain("product: c", c, ldc, m, n)
	checkStrided("product: a", a, rowA, colA, m, k)
}

// checkStrided panics unless x holds a matrix [m, k] with these strides.
func checkStrided(name string, x []float32, row, col, m, k int) {
	if m < 1 || k < 1 || row < 0 || col < 0 || len(x) <= (m-1)*row+(k-1)*col {
		panic(fmt.Sprintf("simd: %s: %d values with strides %d and %d are not [%d, %d]", name, len(x), row, col, m, k))
	}
}

// checkPlain panics unless x holds a matrix [rows, cols] with rows ld apart.
func checkPlain(name string, x []float32, ld, rows, cols int) {
	if ld < cols && rows > 1 || len(x) < (rows-1)*ld+cols {
		panic(fmt.Sprintf("simd: %s: %d values with stride %d are not [%d, %d]", name, len(x), ld, rows, cols))
	}
}

// multiplyPortable adds four rows of b at a time to a row of c, which halves the number of loads and stores.
func multiplyPortable(_ *table, c []float32, ldc int, a []float32, rowA, colA int, b []float32, ldb, m, n, k int, add bool) {
	for i := range m {
		row := c[i*ldc:][:n]
		if !add {
			clear(row)
		}
		at, j := i*rowA, 0
		for ; j+4 <= k; j += 4 {
			a0, a1, a2, a3 := a[at], a[at+colA], a[at+2*colA], a[at+3*colA]
			b0, b1, b2, b3 := b[j*ldb:][:n], b[(j+1)*ldb:][:n], b[(j+2)*ldb:][:n], b[(j+3)*ldb:][:n]
			for l, v := range row {
				row[l] = v + ((float32(a0*b0[l]) + float32(a1*b1[l])) + (float32(a2*b2[l]) + float32(a3*b3[l])))
			}
			at += 4 * colA
		}
		for ; j < k; j++ {
			factor := a[at]
			for l, v := range b[j*ldb:][:n] {
				row[l] += float32(factor * v)
			}
			at += colA
		}
	}
}

// stripFunc multiplies some rows of a, a number that is the function's own, with b: c = a b, or c += a b when add is
// not 0.
type stripFunc func(c, a, b *float32, ldc, rowA, colA, ldb, n, k, add int)

// multiplyStrips runs the strips of one instruction set. Like the tiles of Gemm they are as equal as can be.
func multiplyStrips(t *table, c []float32, ldc int, a []float32, rowA, colA int, b []float32, ldb, m, n, k int, add bool) {
	carry := 0
	if add {
		carry = 1
	}
	count := (m + t.height - 1) / t.height
	row := 0
	for i := range count {
		h := (m + i) / count
		t.strips[h-1](&c[row*ldc], &a[row*rowA], &b[0], ldc, rowA, colA, ldb, n, k, carry)
		row += h
	}
}
