//go:build cgo && !noxla && !linux

package gx

// keepHeap does nothing where the C library is not glibc.
func keepHeap(int) {}
