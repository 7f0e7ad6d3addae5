package simd

import (
	"fmt"
	"unsafe"
)

const cacheLine = 64 // bytes

// Alloc returns n zeroed floats that start on a cache line. Their capacity is n rounded up to a multiple of Group.
func Alloc(n int) []float32 {
	const line = cacheLine / 4
	size := roundUp(n)
	buf := make([]float32, size+line)
	// The collector does not move what it has allocated, so an address is good for the life of the slice.
	skip := 0
	if over := uintptr(unsafe.Pointer(unsafe.SliceData(buf))) % cacheLine; over != 0 {
		skip = int(cacheLine-over) / 4
	}
	return buf[skip : skip+n : skip+size]
}

// Stride returns a good stride for rows of n lanes: the least odd multiple of Group that holds them. Were it a
// multiple of 4 KiB, as 1024 lanes are, all rows of a column would compete for one set of the cache.
func Stride(n int) int {
	groups := max(1, (n+Group-1)/Group)
	return (groups | 1) * Group
}

// roundUp rounds a number of lanes up to whole groups.
func roundUp(n int) int { return (n + Group - 1) &^ (Group - 1) }

// checkMatrix panics unless x holds a matrix [features][n lanes] with stride ld, whole groups of lanes included.
func checkMatrix(name string, x []float32, ld, features, n int) {
	if features < 1 || n < 1 || ld < roundUp(n) || ld%Group != 0 || len(x) < (features-1)*ld+roundUp(n) {
		panic(fmt.Sprintf("simd: %s: %d floats with stride %d are no matrix of %d features and %d lanes (stride: a multiple of %d)",
			name, len(x), ld, features, n, Group))
	}
}

// checkLen panics unless x has at least n values.
func checkLen(name string, x []float32, n int) {
	if len(x) < n {
		panic(fmt.Sprintf("simd: %s has %d values, need %d", name, len(x), n))
	}
}
