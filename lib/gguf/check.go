package gguf

import (
	"encoding/binary"
	"math"
)

// check says which numbers of a block decide whether it means anything: those that a NaN or an infinity would spread
// from. These are the rules of ggml's validation of rows, except that a float64 may be beyond float32, where ggml finds an
// infinity because it narrows it first.
type check struct {
	halves   [2]int // places of float16 scales, plus one; 0 is none
	float32s bool   // the first four bytes are a float32
	float64s bool
	bfloats  bool
	e8m0     bool // the first byte is an exponent, 255 is NaN
	iq1m     bool // a float16 in pieces
}

func halves(at ...int) check {
	var c check
	for i, a := range at {
		c.halves[i] = a + 1
	}
	return c
}

// Validate checks the data of whole blocks: it refuses NaN and infinities among the weights of f32, f16, bf16 and f64
// and among the scales of quantised blocks, with ErrFormat and the number of the block, from 0. Types that hold integers
// allow every byte. len(data) must be a multiple of the bytes of a block.
func Validate(t Type, data []byte) error {
	l, ok := layoutOf(t)
	switch {
	case !ok:
		return tagf(ErrFormat, "gguf: %s is no tensor type", t)
	case len(data)%l.bytes != 0:
		return tagf(ErrFormat, "gguf: %d bytes are not a multiple of the %d in a block of %s", len(data), l.bytes, t)
	}
	if i, v := l.firstBad(data); i >= 0 {
		what := "scale"
		if l.values == 1 {
			what = "weight"
		}
		return tagf(ErrFormat, "gguf: block %d of %s has %s %v, want a finite number", i, t, what, v)
	}
	return nil
}

// firstBad returns the first block that does not pass and the number in it, -1 when there is none.
func (l layout) firstBad(data []byte) (block int, v float64) {
	if l.check == (check{}) {
		return -1, 0
	}
	for i := 0; i < len(data)/l.bytes; i++ {
		if v := l.check.worst(data[i*l.bytes : (i+1)*l.bytes]); v-v != 0 { // NaN or infinite
			return i, v
		}
	}
	return -1, 0
}

// worst returns a number of the block that is not finite if there is one, else some finite one.
func (c *check) worst(block []byte) float64 {
	switch {
	case c.float32s:
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(block)))
	case c.float64s:
		return math.Float64frombits(binary.LittleEndian.Uint64(block))
	case c.bfloats:
		return float64(fromBF16(binary.LittleEndian.Uint16(block)))
	case c.e8m0 && block[0] == 255:
		return math.NaN()
	case c.iq1m:
		// Four uint16 at the end each give their upper four bits, the first the lowest.
		var bits uint16
		for j := range 4 {
			bits |= binary.LittleEndian.Uint16(block[48+2*j:]) >> 12 << (4 * j)
		}
		return float64(fromF16(bits))
	}
	for _, at := range c.halves {
		if at == 0 {
			break
		}
		if v := float64(fromF16(binary.LittleEndian.Uint16(block[at-1:]))); v-v != 0 {
			return v
		}
	}
	return 0
}
