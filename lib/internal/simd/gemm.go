package simd

import "fmt"

// Packed is a matrix [m, k] with m biases, stored in the order in which one instruction set's Gemm reads it. It is
// made once, by Pack, and then only read: any number of goroutines may share it.
type Packed struct {
	isa     ISA
	m, k    int
	heights []int     // rows of each tile, from the top
	a       []float32 // tile after tile; within a tile, k columns of height values
	bias    []float32 // one per row, the order of tiles is that of rows
	zero    []float32 // a tile of no bias, for all but the first part of a long k
}

// Dims returns the number of outputs m and of inputs k.
func (p *Packed) Dims() (m, k int) { return p.m, p.k }

// Pack stores a, [m outputs, k inputs] in row-major order, and the m biases for Gemm of the same kernels. A nil bias is
// zero. It copies: a and bias may be changed afterwards.
func (s *Kernels) Pack(m, k int, a, bias []float32) *Packed {
	if m < 1 || k < 1 || len(a) != m*k || (bias != nil && len(bias) != m) {
		panic(fmt.Sprintf("simd: pack: %d weights and %d biases are not [%d, %d] and none or %[3]d", len(a), len(bias), m, k))
	}
	p := &Packed{}
	s.PackInto(p, m, k, a, k, 1)
	copy(p.bias, bias)
	return p
}

// PackInto stores [m, k] with no bias in p, whose memory it uses again where that is large enough. Value i, j is
// a[i*rowA+j*colA], so that a transposed matrix needs no copy. p must not be in use.
func (s *Kernels) PackInto(p *Packed, m, k int, a []float32, rowA, colA int) {
	checkStrided("pack", a, rowA, colA, m, k)
	p.isa, p.m, p.k, p.heights = s.isa, m, k, s.heights(p.heights, m)
	rows := 0
	for _, h := range p.heights {
		rows += h
	}
	p.a, p.bias, p.zero = grown(p.a, rows*k), grown(p.bias, rows), grown(p.zero, s.height)
	clear(p.bias)
	at := 0
	for _, h := range p.heights {
		tile, used := p.a[at*k:][:h*k], min(h, m-at)
		if used < h {
			clear(tile)
		}
		switch {
		case rowA == 1:
			for c := range k {
				copy(tile[c*h:][:used], a[at+c*colA:])
			}
		case colA == 1:
			s.transposeAny(tile, h, a[at*rowA:], rowA, used, k)
		default:
			packTile(tile, h, used, k, a[at*rowA:], rowA, colA)
		}
		at += h
	}
}

// packTile stores k columns of h values, of which used come from a.
func packTile(tile []float32, h, used, k int, a []float32, rowA, colA int) {
	for r := range used {
		from, to := r*rowA, r
		for range k {
			tile[to] = a[from]
			from += colA
			to += h
		}
	}
}

// grown returns x with n values of any content, newly allocated if they do not fit.
func grown(x []float32, n int) []float32 {
	if cap(x) < n {
		return Alloc(n)
	}
	return x[:n]
}

// heights cuts m rows into tiles, in the memory of list. The assembly has a body for every height, and tiles of equal
// height, give or take one, are best: a short last one would leave multipliers idle. Plain Go has one body; its last
// tile is filled up with zeros.
func (t *table) heights(list []int, m int) []int {
	count := (m + t.height - 1) / t.height
	list = list[:0]
	for i := range count {
		h := t.height
		if t.tiles != nil {
			h = (m + i) / count
		}
		list = append(list, h)
	}
	return list
}

// Gemm multiplies: c [m][n] = a [m, k] * b [k][n] + bias, or c += that when add is set, with n lanes. b and c must not
// overlap. The order in which a sum is taken depends on m and k alone.
func (s *Kernels) Gemm(c []float32, ldc int, a *Packed, b []float32, ldb, n int, add bool) {
	if a.isa != s.isa {
		panic(fmt.Sprintf("simd: gemm: matrix was packed for %v, kernels are %v", a.isa, s.isa))
	}
	checkMatrix("gemm: c", c, ldc, a.m, n)
	checkMatrix("gemm: b", b, ldb, a.k, n)
	s.gemm(s.table, c, ldc, a, b, ldb, n, add)
}

// tileFunc multiplies one tile of A, of a height that is the function's own, with whole groups of lanes:
// c = bias + a b, or c += that when add is not 0.
type tileFunc func(c, a, b, bias *float32, ldc, ldb, k, groups, add int)

// The part of B that all tiles of A read in turn should stay in the first-level cache: at most panelFloats values, in
// at most maxDepth rows.
const (
	panelFloats = 6 << 10
	maxDepth    = 256
)

// gemmTiles runs the tiles of one instruction set over the matrix: by parts of k, by panels of lanes, by tiles of A.
// A part of k continues the sums that the one before left in c.
func gemmTiles(t *table, c []float32, ldc int, p *Packed, b []float32, ldb, n int, add bool) {
	groups := roundUp(n) / Group
	for k0 := 0; k0 < p.k; k0 += maxDepth {
		depth := min(maxDepth, p.k-k0)
		width := max(2, panelFloats/depth/(2*Group)*2) // in groups, even: tiles are two groups wide
		carry := 0
		if add || k0 > 0 {
			carry = 1
		}
		for g := 0; g < groups; g += width {
			count := min(width, groups-g)
			row := 0
			for _, h := range p.heights {
				bias := &p.zero[0]
				if k0 == 0 {
					bias = &p.bias[row]
				}
				t.tiles[h-1](&c[row*ldc+g*Group], &p.a[row*p.k+k0*h], &b[k0*ldb+g*Group], bias, ldc, ldb, depth, count, carry)
				row += h
			}
		}
	}
}
