package gguf

import (
	"fmt"
	"math"
	"math/bits"
)

// tensorBytes returns the size of a tensor's data. The error completes a message that begins with the tensor.
func tensorBytes(t Type, dims []uint64) (uint64, error) {
	l, ok := layoutOf(t)
	if !ok {
		return 0, fmt.Errorf("has %s, which does not exist or was removed", t)
	}
	if len(dims) < 1 || len(dims) > maxDims {
		return 0, fmt.Errorf("has %d dimensions, must have 1 to %d", len(dims), maxDims)
	}
	n := uint64(1)
	for i, d := range dims {
		if d == 0 || d > math.MaxInt64 {
			return 0, fmt.Errorf("has dimension %d of %d, must be at least 1", i, int64(d))
		}
		high, low := bits.Mul64(n, d)
		if high != 0 || low > math.MaxInt64 {
			return 0, fmt.Errorf("has shape %v, more elements than fit 63 bits", dims)
		}
		n = low
	}
	if dims[0]%uint64(l.values) != 0 {
		return 0, fmt.Errorf("has rows of %d, which is not a multiple of the %d in a block of %s", dims[0], l.values, t)
	}
	high, size := bits.Mul64(n/uint64(l.values), uint64(l.bytes))
	if high != 0 || size > math.MaxInt64 {
		return 0, fmt.Errorf("has shape %v, more bytes than fit 63 bits", dims)
	}
	return size, nil
}

// padding returns the bytes from n to the next multiple of align, a power of two; ok is false when that overflows.
func padding(n, align uint64) (gap uint64, ok bool) {
	gap = -n & (align - 1)
	return gap, n+gap >= n
}

// elements is the number of weights of a shape that tensorBytes has found to be valid.
func elements(dims []uint64) uint64 {
	n := uint64(1)
	for _, d := range dims {
		n *= d
	}
	return n
}
