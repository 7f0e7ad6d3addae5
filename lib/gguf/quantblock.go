package gguf

import (
	"encoding/binary"
	"math"
)

// The quantisers of blocks of 32 weights. Products that feed a sum are converted to float32 explicitly: see the package
// comment.

// quantizeQ8_0: float16 scale, 32 signed bytes. The quotients use the scale before it is rounded to float16.
func quantizeQ8_0(dst []byte, x []float32) {
	var most float32
	for _, v := range x {
		most = max(most, abs(v))
	}
	d := most / 127
	inv := inverse(d)
	binary.LittleEndian.PutUint16(dst, toF16(d))
	for j, v := range x {
		// float64 holds every float32, so this rounds half away from zero without an error of its own.
		dst[2+j] = lowByte(float32(math.Round(float64(v * inv))))
	}
}

// quantizeQ4_0: float16 scale, 16 bytes with weight j in the low and j+16 in the high half.
func quantizeQ4_0(dst []byte, x []float32) {
	d := signedMax(x) / -8
	inv := inverse(d)
	binary.LittleEndian.PutUint16(dst, toF16(d))
	quant := func(v float32) byte { return byte(min(15, int8(lowByte(float32(v*inv)+8.5)))) }
	for j := range 16 {
		dst[2+j] = quant(x[j])&15 | quant(x[j+16])<<4
	}
}

// quantizeQ5_0: float16 scale, the fifth bits as a uint32, then 16 bytes as in q4_0.
func quantizeQ5_0(dst []byte, x []float32) {
	d := signedMax(x) / -16
	inv := inverse(d)
	binary.LittleEndian.PutUint16(dst, toF16(d))
	var q [32]byte
	for j, v := range x {
		q[j] = byte(min(31, int8(lowByte(float32(v*inv)+16.5))))
	}
	packFive(dst[2:], &q)
}

// quantizeQ5_1: float16 scale, float16 minimum, then as q5_0.
func quantizeQ5_1(dst []byte, x []float32) {
	least, most := x[0], x[0]
	for _, v := range x {
		if v < least {
			least = v
		}
		if v > most {
			most = v
		}
	}
	d := (most - least) / 31
	inv := inverse(d)
	binary.LittleEndian.PutUint16(dst, toF16(d))
	binary.LittleEndian.PutUint16(dst[2:], toF16(least))
	var q [32]byte
	for j, v := range x {
		q[j] = lowByte(float32((v-least)*inv) + 0.5)
	}
	packFive(dst[4:], &q)
}

// signedMax returns the value of largest magnitude with its sign, the first of equals.
func signedMax(x []float32) float32 {
	var most, value float32
	for _, v := range x {
		if abs(v) > most {
			most, value = abs(v), v
		}
	}
	return value
}

// packFive stores 32 numbers of five bits: the fifth bits as a uint32, bit j of number j, then the lower four.
func packFive(dst []byte, q *[32]byte) {
	var fifth uint32
	for j, v := range q {
		fifth |= uint32(v>>4&1) << j
	}
	binary.LittleEndian.PutUint32(dst, fifth)
	for j := range 16 {
		dst[4+j] = q[j]&15 | q[j+16]<<4
	}
}
