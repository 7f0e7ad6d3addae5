package gocpu

import "unsafe"

// Memory is handed around as []float32; these look at the same memory as other types.

type word interface{ ~int32 | ~uint32 | ~float32 }

func recast[T, F word](x []F) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

func floats[F word](x []F) []float32 { return recast[float32](x) }
func bits(x []float32) []uint32      { return recast[uint32](x) }
func ints(x []float32) []int32       { return recast[int32](x) }

// words is the number of float32 that n booleans take.
func words(n int) int { return (n + 3) / 4 }

func bools(x []float32, n int) []bool {
	return unsafe.Slice((*bool)(unsafe.Pointer(unsafe.SliceData(x))), n)[:n:n]
}
