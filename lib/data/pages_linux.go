package data

import (
	"syscall"
	"unsafe"
)

const hugePage = 2 << 20

// largeFloats allocates n zeros. Taking the pages of a large table from the system, 4 KB at a time, costs as much as
// reading a binary file into it, so large blocks ask for pages of 2 MB. It is a hint: where the system declines,
// nothing changes.
func largeFloats(n int) []float32 {
	v := make([]float32, n)
	if 4*n < 2*hugePage {
		return v
	}
	b := unsafe.Slice((*byte)(unsafe.Pointer(&v[0])), 4*n)
	skip := -int(uintptr(unsafe.Pointer(&b[0]))) & (hugePage - 1) // the hint takes whole pages only
	whole := (len(b) - skip) &^ (hugePage - 1)
	_ = syscall.Madvise(b[skip:skip+whole], syscall.MADV_HUGEPAGE)
	return v
}
