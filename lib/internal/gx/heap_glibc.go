//go:build cgo && !noxla && linux

package gx

/*
#include <stdlib.h>
#if defined(__GLIBC__)
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
static void jamba_keep_heap(size_t reserve) {
	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TRIM_THRESHOLD, 0x7fffffff);
	mallopt(M_TOP_PAD, 64 << 20);
	mallopt(M_ARENA_MAX, 1);
	void *block = malloc(reserve);
	if (!block) return;
	const uintptr_t huge = (uintptr_t)2 << 20;
	uintptr_t from = ((uintptr_t)block + huge - 1) & ~(huge - 1);
	uintptr_t to = ((uintptr_t)block + reserve) & ~(huge - 1);
	if (to > from) madvise((void *)from, to - from, MADV_HUGEPAGE);
	free(block);
}
#else
static void jamba_keep_heap(size_t reserve) { (void)reserve; }
#endif
*/
import "C"

// keepHeap makes the C library keep what XLA frees after every execution. XLA allocates its scratch buffers, tens of
// MB, anew for each step; glibc would map and unmap them, and the page faults cost a third of a training step.
// The reserve is address space on huge pages: memory is taken only as it is touched.
func keepHeap(reserveBytes int) { C.jamba_keep_heap(C.size_t(reserveBytes)) }
