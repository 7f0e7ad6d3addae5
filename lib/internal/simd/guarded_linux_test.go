package simd

import (
	"syscall"
	"unsafe"
)

// arena is memory in slots, with a page after each that must not be touched: reading it ends the test program.
type arena struct {
	memory []byte
	next   int
}

const (
	slots    = 256 // a test uses no more at once
	slotSize = 2 << 20
	page     = 4096
)

var guards arena

// guarded returns n floats before a guard page. They are taken back after as many calls as there are slots.
func guarded(n int) []float32 {
	if guards.memory == nil {
		memory, err := syscall.Mmap(-1, 0, slots*slotSize, syscall.PROT_READ|syscall.PROT_WRITE,
			syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
		if err != nil {
			panic(err)
		}
		for i := range slots {
			if err := syscall.Mprotect(memory[(i+1)*slotSize-page:(i+1)*slotSize], syscall.PROT_NONE); err != nil {
				panic(err)
			}
		}
		guards.memory = memory
	}
	if 4*n > slotSize-page {
		panic("too large for a slot")
	}
	end := (guards.next%slots+1)*slotSize - page
	guards.next++
	return unsafe.Slice((*float32)(unsafe.Pointer(&guards.memory[end-4*n])), n)
}
