package gguf

import (
	"encoding/binary"
	"math"
)

// Quantize writes src as blocks of type t to dst. One row or several may be given, as long as each is whole blocks:
// len(src) must be a multiple of t.BlockSize(), and dst must have room for the blocks (see RowBytes).
//
// Errors, all ErrValue: NaN and infinities in src, weights or scales too large for the float16 that they are stored in,
// lengths that do not fit, types that this package cannot write. dst then holds nothing of use. It does not panic.
//
// Determinism: the bytes depend on src alone, on every machine. They are those of ggml's reference quantiser on x86-64.
func Quantize(t Type, dst []byte, src []float32) error {
	if !convertible(t) {
		return tagf(ErrValue, "gguf: quantize: weights cannot be written as %s", t)
	}
	size, err := RowBytes(t, len(src))
	if err != nil {
		return tagf(ErrValue, "gguf: quantize: %d weights are not a multiple of the %d in a block of %s", len(src), t.BlockSize(), t)
	}
	if len(dst) < size {
		return tagf(ErrValue, "gguf: quantize: %d weights as %s take %d bytes, the destination has %d", len(src), t, size, len(dst))
	}
	for i, v := range src {
		if v-v != 0 {
			return tagf(ErrValue, "gguf: quantize: weight %d is %v, want a finite number", i, v)
		}
	}
	dst = dst[:size]
	l, _ := layoutOf(t)
	if l.values == 256 {
		// Their squares could overflow on the way, and the fit would find nothing but zeros.
		if i := largest(src, 0, len(src)); len(src) > 0 && abs(src[i]) > beyondK {
			return tagf(ErrValue, "gguf: quantize: weight %d is %v, too large for %s", i, src[i], t)
		}
	}
	for i := 0; i < size/l.bytes; i++ {
		quantizeBlock(t, dst[i*l.bytes:(i+1)*l.bytes], src[i*l.values:(i+1)*l.values])
	}
	if i, _ := l.firstBad(dst); i >= 0 {
		return tagf(ErrValue, "gguf: quantize: weight %d is %v, too large for %s", largest(src, i*l.values, l.values), src[largest(src, i*l.values, l.values)], t)
	}
	return nil
}

// beyondK is above everything that a super-block can stand for: q6_K reaches 65504 * 128 * 32.
const beyondK = 3e8

// quantizeBlock writes one block of any values, finite or not.
func quantizeBlock(t Type, dst []byte, x []float32) {
	le := binary.LittleEndian
	switch t {
	case F32:
		le.PutUint32(dst, math.Float32bits(x[0]))
	case F16:
		le.PutUint16(dst, toF16(x[0]))
	case BF16:
		le.PutUint16(dst, toBF16(x[0]))
	case Q8_0:
		quantizeQ8_0(dst, x)
	case Q4_0:
		quantizeQ4_0(dst, x)
	case Q5_0:
		quantizeQ5_0(dst, x)
	case Q5_1:
		quantizeQ5_1(dst, x)
	case Q4_K:
		quantizeQ4_K(dst, x)
	case Q5_K:
		quantizeQ5_K(dst, x)
	case Q6_K:
		quantizeQ6_K(dst, x)
	}
}

// largest returns the place of the value of largest magnitude among n from start.
func largest(src []float32, start, n int) int {
	at := start
	for i := start; i < start+n; i++ {
		if abs(src[i]) > abs(src[at]) {
			at = i
		}
	}
	return at
}

func abs(v float32) float32 { return math.Float32frombits(math.Float32bits(v) &^ (1 << 31)) }

// lowByte converts to an integer as C does on x86-64, towards zero, and keeps its low byte. What does not fit an int32,
// NaN included, becomes 0x80000000 there; Go leaves it to the machine, and arm64 saturates.
func lowByte(v float32) byte {
	if !(v >= -1<<31 && v < 1<<31) {
		return 0
	}
	return byte(int32(v))
}

// nearest rounds to the nearest integer, ties to even, by letting the unit be the last place of a float32. It wraps
// beyond 4194303, as the reference does. The conversion keeps a product that the caller passes from being fused with
// the sum.
func nearest(v float32) int {
	return int(math.Float32bits(float32(v)+12582912)&0x7fffff) - 0x400000
}

func inverse(d float32) float32 {
	if d == 0 {
		return 0
	}
	return 1 / d
}
