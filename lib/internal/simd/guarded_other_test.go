//go:build !linux

package simd

// guarded returns n floats, on Linux with a page behind them that must not be touched.
func guarded(n int) []float32 { return Alloc(n) }
