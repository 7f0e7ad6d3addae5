package gguf

import (
	"encoding/binary"
	"math"
)

// The quantisers of super-blocks with scale and minimum: q4_K and q5_K. 256 weights are 8 sub-blocks of 32; each gets a
// scale and a minimum by a weighted least-squares fit, and these are quantised to 6 bits against one float16 each.
// Products that feed a sum are converted to float32 explicitly: see the package comment.

// fit is the affine code of one sub-block: x is about scale*level - least.
type fit struct {
	scale, least float32
	level        [32]uint8
}

// search says which inverse scales a fit tries: (levels + first + step*i) / range for i = 0..steps inclusive.
type search struct {
	levels int // the largest level
	first  float32
	step   float32
	steps  int
}

func quantizeQ4_K(dst []byte, x []float32) {
	level := quantizeAffine(dst, x, search{levels: 15, first: -1, step: 0.1, steps: 20})
	packFour(dst[16:], &level)
}

func quantizeQ5_K(dst []byte, x []float32) {
	level := quantizeAffine(dst, x, search{levels: 31, first: -0.5, step: 0.1, steps: 15})
	// Bit 2n of byte j is the fifth bit of level 64n+j, bit 2n+1 that of level 64n+32+j.
	clear(dst[16:48])
	for i, l := range level {
		dst[16+i%32] |= l >> 4 & 1 << (i / 32)
	}
	packFour(dst[48:], &level)
}

// packFour stores the lower four bits: of each 64 levels, level l and level l+32 share a byte.
func packFour(dst []byte, level *[256]uint8) {
	for n := range 4 {
		for l := range 32 {
			dst[32*n+l] = level[64*n+l]&15 | level[64*n+32+l]<<4
		}
	}
}

// quantizeAffine fits the sub-blocks, writes d, dmin and the twelve bytes of scales, and returns the levels.
func quantizeAffine(dst []byte, x []float32, s search) (level [256]uint8) {
	var fits [8]fit
	var maxScale, maxLeast float32
	for j := range fits {
		fits[j] = fitSub((*[32]float32)(x[32*j:]), s)
		if fits[j].scale > maxScale {
			maxScale = fits[j].scale
		}
		if fits[j].least > maxLeast {
			maxLeast = fits[j].least
		}
	}
	toScale, toLeast := positiveRatio(63, maxScale), positiveRatio(63, maxLeast)
	var scales, mins [8]uint8
	for j := range fits {
		scales[j] = min(63, uint8(nearest(toScale*fits[j].scale)))
		mins[j] = min(63, uint8(nearest(toLeast*fits[j].least)))
	}
	packSix((*[12]byte)(dst[4:]), &scales, &mins)

	d, dmin := toF16(maxScale/63), toF16(maxLeast/63)
	binary.LittleEndian.PutUint16(dst, d)
	binary.LittleEndian.PutUint16(dst[2:], dmin)
	// The levels are chosen again for the scales as they are stored.
	for j := range fits {
		scale := fromF16(d) * float32(scales[j])
		least := fromF16(dmin) * float32(mins[j])
		for i := range 32 {
			l := fits[j].level[i]
			if scale != 0 {
				l = uint8(min(s.levels, max(0, nearest((x[32*j+i]+float32(least))/scale))))
			}
			level[32*j+i] = l
		}
	}
	return level
}

func positiveRatio(a, b float32) float32 {
	if b > 0 {
		return a / b
	}
	return 0
}

// fitSub finds the code of a sub-block with the least weighted square error among those that the search visits. A
// weight counts by its magnitude plus the root mean square of its sub-block.
func fitSub(x *[32]float32, s search) fit {
	var squares float32
	for _, v := range x {
		squares += float32(v * v)
	}
	rms := float32(math.Sqrt(float64(squares / 32)))
	var weight [32]float32
	least, most := x[0], x[0]
	var sumW, sumX float32
	for i, v := range x {
		weight[i] = rms + abs(v)
		if v < least {
			least = v
		}
		if v > most {
			most = v
		}
		sumW += weight[i]
		sumX += float32(weight[i] * v)
	}
	if least > 0 {
		least = 0
	}
	if most == least {
		return fit{least: -least}
	}
	levels := float32(s.levels)
	inv := levels / (most - least)
	f := fit{scale: 1 / inv, least: least} // least with its own sign until the end
	f.level = levelsOf(x, inv, least, s.levels)
	best := squareError(x, &weight, &f)
	for i := 0; i <= s.steps; i++ {
		// most stays; least is the best so far.
		inv = (float32(s.first+float32(s.step*float32(i))) + levels) / (most - f.least)
		try := fit{level: levelsOf(x, inv, f.least, s.levels)}
		var sumL, sumL2, sumXL float32
		for j, l := range try.level {
			wl := float32(weight[j] * float32(l))
			sumL += wl
			sumL2 += float32(wl * float32(l))
			sumXL += float32(wl * x[j])
		}
		det := float32(sumW*sumL2) - float32(sumL*sumL)
		if !(det > 0) {
			continue
		}
		try.scale = (float32(sumW*sumXL) - float32(sumX*sumL)) / det
		try.least = (float32(sumL2*sumX) - float32(sumL*sumXL)) / det
		if try.least > 0 {
			try.scale, try.least = sumXL/sumL2, 0
		}
		if e := squareError(x, &weight, &try); e < best {
			best, f = e, try
		}
	}
	f.least = -f.least
	return f
}

func levelsOf(x *[32]float32, inv, least float32, levels int) (q [32]uint8) {
	for i, v := range x {
		q[i] = uint8(max(0, min(levels, nearest(inv*(v-least)))))
	}
	return q
}

// squareError sums weight*(difference squared): the product of the weight with the square, not the other way round.
func squareError(x, weight *[32]float32, f *fit) float32 {
	var sum float32
	for i, v := range x {
		diff := float32(f.scale*float32(f.level[i])) + f.least - v
		sum += float32(weight[i] * float32(diff*diff))
	}
	return sum
}

// packSix stores eight scales and eight minima of six bits in twelve bytes.
func packSix(dst *[12]byte, scales, mins *[8]uint8) {
	for j := range 4 {
		dst[j], dst[j+4] = scales[j], mins[j]
		dst[j+8] = scales[j+4]&15 | mins[j+4]<<4
		dst[j] |= scales[j+4] >> 4 << 6
		dst[j+4] |= mins[j+4] >> 4 << 6
	}
}

// unpackSix is the reverse of packSix.
func unpackSix(src []byte, scales, mins *[8]uint8) {
	for j := range 4 {
		scales[j], mins[j] = src[j]&63, src[j+4]&63
		scales[j+4] = src[j+8]&15 | src[j]>>6<<4
		mins[j+4] = src[j+8]>>4 | src[j+4]>>6<<4
	}
}
