package gguf

import (
	"encoding/binary"
	"math"
)

// Dequantize widens the blocks of type t in src to float32 in dst: len(src) must be a multiple of t.BlockBytes(), and dst
// must have room for the weights. It computes what is stored, NaN and infinities included; Validate finds those.
// Errors, all ErrValue: lengths that do not fit, types that this package does not convert. It does not panic.
//
// Determinism: bit for bit those of ggml's reference, on every machine.
func Dequantize(t Type, dst []float32, src []byte) error {
	if !convertible(t) {
		return tagf(ErrValue, "gguf: dequantize: weights of %s cannot be converted", t)
	}
	l, _ := layoutOf(t)
	if len(src)%l.bytes != 0 {
		return tagf(ErrValue, "gguf: dequantize: %d bytes are not a multiple of the %d in a block of %s", len(src), l.bytes, t)
	}
	n := len(src) / l.bytes
	if len(dst)/l.values < n {
		return tagf(ErrValue, "gguf: dequantize: %d blocks of %s are %d weights each, the destination has room for %d", n, t, l.values, len(dst))
	}
	for i := range n {
		dequantizeBlock(t, dst[i*l.values:(i+1)*l.values], src[i*l.bytes:(i+1)*l.bytes])
	}
	return nil
}

func dequantizeBlock(t Type, dst []float32, src []byte) {
	le := binary.LittleEndian
	switch t {
	case F32:
		dst[0] = math.Float32frombits(le.Uint32(src))
	case F16:
		dst[0] = fromF16(le.Uint16(src))
	case BF16:
		dst[0] = fromBF16(le.Uint16(src))
	case Q8_0:
		d := fromF16(le.Uint16(src))
		for j := range dst {
			dst[j] = float32(int8(src[2+j])) * d
		}
	case Q4_0:
		d := fromF16(le.Uint16(src))
		for j := range 16 {
			dst[j] = float32(int(src[2+j]&15)-8) * d
			dst[j+16] = float32(int(src[2+j]>>4)-8) * d
		}
	case Q5_0:
		d := fromF16(le.Uint16(src))
		for j := range dst {
			dst[j] = float32(fiveBits(src[2:], j)-16) * d
		}
	case Q5_1:
		d, m := fromF16(le.Uint16(src)), fromF16(le.Uint16(src[2:]))
		for j := range dst {
			dst[j] = float32(float32(fiveBits(src[4:], j))*d) + m
		}
	case Q4_K:
		dequantizeAffine(dst, src, src[16:], nil)
	case Q5_K:
		dequantizeAffine(dst, src, src[48:], src[16:48])
	case Q6_K:
		dequantizeQ6_K(dst, src)
	}
}

// fiveBits returns number j of what packFive stored.
func fiveBits(src []byte, j int) int {
	low := src[4+j%16] >> (j / 16 * 4) & 15
	fifth := binary.LittleEndian.Uint32(src) >> j & 1
	return int(low) | int(fifth)<<4
}

// dequantizeAffine widens a block of q4_K or q5_K: low holds four bits of each level, fifth the fifth, if any.
func dequantizeAffine(dst []float32, src, low, fifth []byte) {
	d, dmin := fromF16(binary.LittleEndian.Uint16(src)), fromF16(binary.LittleEndian.Uint16(src[2:]))
	var scales, mins [8]uint8
	unpackSix(src[4:16], &scales, &mins)
	for j := range scales {
		scale, least := float32(d*float32(scales[j])), float32(dmin*float32(mins[j]))
		for i := range 32 {
			level := low[j/2*32+i] >> (j % 2 * 4) & 15
			if fifth != nil {
				level |= fifth[i] >> j & 1 << 4
			}
			dst[32*j+i] = float32(scale*float32(level)) - least
		}
	}
}

func dequantizeQ6_K(dst []float32, src []byte) {
	d := fromF16(binary.LittleEndian.Uint16(src[208:]))
	for n := range 2 {
		low, high := src[64*n:], src[128+32*n:]
		for part := range 4 { // weights 32*part.. of the half
			for l := range 32 {
				level := low[part%2*32+l]>>(part/2*4)&15 | high[l]>>(2*part)&3<<4
				sc := int8(src[192+8*n+2*part+l/16])
				dst[128*n+32*part+l] = float32(d*float32(sc)) * float32(int(level)-32)
			}
		}
	}
}
