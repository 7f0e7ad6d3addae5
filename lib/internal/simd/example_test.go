package simd_test

import (
	"fmt"

	"github.com/jamba-threat/jamba/lib/internal/simd"
)

// A layer of two outputs over three inputs, for five rows at once: lane r is row r.
func Example() {
	s, err := simd.New(simd.Best())
	if err != nil {
		fmt.Println(err)
		return
	}
	const in, out, rows = 3, 2, 5
	layer := s.Pack(out, in, []float32{
		1, 2, 3,
		0, 0, -1,
	}, []float32{0.5, 0})

	ld := simd.Stride(rows)
	x, y := simd.Alloc(in*ld), simd.Alloc(out*ld)
	for r := range rows {
		x[0*ld+r], x[1*ld+r], x[2*ld+r] = 1, float32(r), float32(r%2)
	}
	s.Gemm(y, ld, layer, x, ld, rows, false)
	s.ReLU(y, ld, out, rows)
	fmt.Println(y[:rows])
	fmt.Println(y[ld:][:rows])
	// Output:
	// [1.5 6.5 5.5 10.5 9.5]
	// [0 0 0 0 0]
}

// Members share a row and differ by a scale: two rows, three members, one feature.
func ExampleKernels_SpreadMembers() {
	s, err := simd.New(simd.Portable)
	if err != nil {
		fmt.Println(err)
		return
	}
	scale := simd.PackMembers(1, 3, []float32{1, 10, 100})
	x, y := simd.Alloc(16), simd.Alloc(16)
	x[0], x[1] = 2, 3
	s.SpreadMembers(y, 16, x, 16, scale, 2)
	fmt.Println(y[:6])
	// Output: [2 20 200 3 30 300]
}

// Two rows times a matrix given as [columns, rows], added to what is there; then the sum of each row of the result.
func ExampleKernels_ProductT() {
	s, err := simd.New(simd.Best())
	if err != nil {
		fmt.Println(err)
		return
	}
	const m, n, k = 2, 3, 2
	a := []float32{
		1, 2,
		3, 4,
	}
	b := []float32{
		1, 0,
		0, 1,
		1, 1,
	}
	c := []float32{
		10, 0, 0,
		0, 0, 10,
	}
	s.ProductT(c, n, a, k, 1, b, k, m, n, k, true, make([]float32, simd.ProductTScratch(m, n, k)))
	fmt.Println(c)
	sums := make([]float32, m)
	s.SumRows(sums, c, m, n)
	fmt.Println(sums)
	// Output:
	// [11 2 3 3 4 17]
	// [16 24]
}
