package data

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"unsafe"
)

// scanPad is how many readable bytes must follow the text that scanDecimal and swarDigits look at.
const scanPad = 8

// invPow10[k] is 10^-k. Its relative error of 2^-53 is part of the error budget of scanDecimal.
var invPow10 = [...]float64{1, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 1e-13, 1e-14,
	1e-15, 1e-16, 1e-17, 1e-18, 1e-19}

var pow10 = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8}

// swarDigits reads the run of up to eight decimal digits at b[i], eight bytes at a time in one register, and returns
// its value and length. b must be readable up to i+8.
//
// Source: the three-multiplication digit reduction is due to D. Lemire, "Quickly parsing eight digits" (2018); the
// variable length comes from shifting the digits to the high end, where the zeros that move in read as leading zeros.
func swarDigits(b []byte, i int) (v uint64, n int) {
	x := binary.LittleEndian.Uint64(b[i:]) ^ 0x3030303030303030
	// A byte is a digit when neither it nor it+6 reaches 16. A carry only disturbs bytes after the first non-digit.
	other := ((x + 0x0606060606060606) | x) & 0xF0F0F0F0F0F0F0F0
	n = bits.TrailingZeros64(other) >> 3
	x <<= uint(64 - 8*n)
	x = x*10 + x>>8
	const pairs = 0x000000FF000000FF
	return ((x&pairs)*(100+1000000<<32) + (x>>16&pairs)*(1+10000<<32)) >> 32, n
}

// scanDecimal reads a plain decimal such as -12.375 at b[i] and returns the float32 nearest to it and the index after
// its last digit. ok is false for everything else (exponents, more than 18 digits, words, signs of "+") and for the
// rare values too close to the middle of two floats to be decided here; strconv then does the work. When ok is true
// the value is the one of strconv.ParseFloat(text, 32), bit for bit. b must be readable for scanPad bytes beyond.
func scanDecimal(b []byte, i int) (v float32, end int, ok bool) {
	negative := b[i] == '-'
	if negative {
		i++
	}
	m, n := swarDigits(b, i)
	i += n
	if n == 8 {
		m2, n2 := swarDigits(b, i)
		if n2 == 8 {
			return 0, 0, false // 16 digits before the point are too rare to be fast
		}
		m, n, i = m*pow10[n2]+m2, n+n2, i+n2
	}
	k := 0
	if b[i] == '.' {
		significant := n
		if m == 0 {
			significant = 0 // the 0 before the point
		}
		for nf := 8; nf == 8; { // after eight digits there may be more
			var f uint64
			f, nf = swarDigits(b, i+1+k)
			if significant+k+nf > 18 {
				return 0, 0, false
			}
			m, k = m*pow10[nf]+f, k+nf
		}
		i += 1 + k
	}
	if n+k == 0 {
		return 0, 0, false
	}
	if k == 0 {
		v = float32(int64(m)) // one correctly rounded conversion
	} else {
		// Three roundings (m, 10^-k, their product) leave d within 3 units in the last place of the true value. Rounding
		// d to float32 is then right unless d lies that close to the middle of two neighbouring float32 values, which
		// shows in the 29 bits that float32 drops. The value is far from both ends of the float32 range.
		d := float64(int64(m)) * invPow10[k]
		const middle, slack = 1 << 28, 8
		if math.Float64bits(d)&(1<<29-1)-(middle-slack) <= 2*slack {
			return 0, 0, false
		}
		v = float32(d)
	}
	if negative {
		v = -v
	}
	return v, i, true
}

// parseFloat is strconv.ParseFloat(cell, 32) with the errors of this package. NaN and infinities come back as NaN.
// What only Go calls a number, 1_000 and 0x1p4, is none: in telemetry such texts are identifiers.
func parseFloat(cell []byte) (float32, error) {
	if len(cell) == 0 {
		return missingFloat, nil
	}
	if bytes.ContainsAny(cell, "_xX") {
		return 0, ErrNumber
	}
	v, err := strconv.ParseFloat(unsafe.String(&cell[0], len(cell)), 32)
	if err != nil {
		if math.IsInf(v, 0) {
			return 0, ErrRange
		}
		return 0, ErrNumber
	}
	return narrow(v)
}

// missingFloat is the NaN that stands for a missing value, always with the same bits.
var missingFloat = float32(math.NaN())

// narrow converts to float32: NaN and infinities are missing, a finite value beyond the range is ErrRange.
func narrow(v float64) (float32, error) {
	if v-v != 0 { // NaN or ±Inf
		return missingFloat, nil
	}
	f := float32(v)
	if math.IsInf(float64(f), 0) {
		return 0, ErrRange
	}
	return f, nil
}

// missInfinities replaces infinities and NaN with other bits by missingFloat. It looks at eight values at a time, because
// it runs over every value of a binary file and almost none is infinite.
func missInfinities(v []float32) {
	const lane, exponents, last, tops = 8, 0x7f8000007f800000, 0x0080000000800000, 0x8000000080000000
	whole := len(v) &^ (lane - 1)
	if whole > 0 {
		groups := unsafe.Slice((*[4 * lane]byte)(unsafe.Pointer(&v[0])), whole/lane)
		for i := range groups {
			g := &groups[i]
			// Only from an exponent of all ones does adding its last bit carry into the top bit, where the sign was.
			a := binary.NativeEndian.Uint64(g[0:])&exponents + last
			b := binary.NativeEndian.Uint64(g[8:])&exponents + last
			c := binary.NativeEndian.Uint64(g[16:])&exponents + last
			d := binary.NativeEndian.Uint64(g[24:])&exponents + last
			if (a|b|c|d)&tops != 0 {
				missEach(v[lane*i : lane*(i+1)])
			}
		}
	}
	missEach(v[whole:])
}

func missEach(v []float32) {
	for i, x := range v {
		if x-x != 0 {
			v[i] = missingFloat
		}
	}
}

// copyFloats copies every step-th little-endian float32 of b.
func copyFloats(dst []float32, b []byte, step int) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[i*step:]))
	}
}

// appendNumber writes a float, and nothing for NaN, which no category or label can be.
func appendNumber(b []byte, v float64, bits int) []byte {
	if v != v {
		return b
	}
	return strconv.AppendFloat(b, v, 'g', -1, bits)
}
