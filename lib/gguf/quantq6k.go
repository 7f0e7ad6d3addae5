package gguf

import "encoding/binary"

// tiny is the magnitude below which the reference stores zeros.
const tiny = 1e-15

// quantizeQ6_K: 256 weights are 16 sub-blocks of 16 with a signed 8-bit scale each and one float16 for all. The layout
// is 128 bytes of lower four bits, 64 of upper two, 16 scales, and the float16 last.
func quantizeQ6_K(dst []byte, x []float32) {
	var level [256]uint8
	var scales [16]float32
	var most, mostAbs float32
	for j := range scales {
		scales[j] = fitSigned((*[16]float32)(x[16*j:]), (*[16]uint8)(level[16*j:]))
		if abs(scales[j]) > mostAbs {
			mostAbs, most = abs(scales[j]), scales[j]
		}
	}
	if mostAbs < tiny {
		clear(dst[:210])
		return
	}
	inv := -128 / most
	d := toF16(1 / inv)
	binary.LittleEndian.PutUint16(dst[208:], d)
	for j := range scales {
		sc := int8(min(127, nearest(inv*scales[j])))
		dst[192+j] = byte(sc)
		// The levels are chosen again for the scale as it is stored.
		step := fromF16(d) * float32(sc)
		if step == 0 {
			continue
		}
		for i := range 16 {
			level[16*j+i] = uint8(clampSix(nearest(x[16*j+i]/step)) + 32)
		}
	}
	for n := range 2 {
		q, low, high := level[128*n:], dst[64*n:], dst[128+32*n:]
		for l := range 32 {
			low[l] = q[l]&15 | q[l+64]<<4
			low[l+32] = q[l+32]&15 | q[l+96]<<4
			high[l] = q[l]>>4 | q[l+32]>>4<<2 | q[l+64]>>4<<4 | q[l+96]>>4<<6
		}
	}
}

func clampSix(l int) int { return max(-32, min(31, l)) }

// fitSigned finds the scale of a sub-block, trying inverse scales around -32/max, and writes the levels, 0..63 for
// -32..31. A weight counts by its square.
func fitSigned(x *[16]float32, level *[16]uint8) float32 {
	most := signedMax(x[:])
	if abs(most) < tiny {
		return 0
	}
	xl, l2 := project(x, -32/most, level)
	var scale float32
	if l2 != 0 {
		scale = xl / l2
	}
	best := scale * xl
	var try [16]uint8
	for i := -9; i <= 9; i++ {
		if i == 0 {
			continue
		}
		xl, l2 := project(x, -(32+float32(0.1*float32(i)))/most, &try)
		if l2 > 0 && float32(xl*xl) > float32(best*l2) {
			*level = try
			scale = xl / l2
			best = scale * xl
		}
	}
	return scale
}

// project rounds x*inv to levels and returns the weighted sums of x*level and level*level.
func project(x *[16]float32, inv float32, level *[16]uint8) (xl, l2 float32) {
	for i, v := range x {
		l := clampSix(nearest(inv * v))
		level[i] = uint8(l + 32)
		w := v * v
		xl += float32(float32(w*v) * float32(l))
		l2 += float32(float32(w*float32(l)) * float32(l))
	}
	return xl, l2
}
