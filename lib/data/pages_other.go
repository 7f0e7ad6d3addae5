//go:build !linux

package data

// largeFloats allocates n zeros.
func largeFloats(n int) []float32 { return make([]float32, n) }
