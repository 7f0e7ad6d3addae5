package gguf

import (
	"fmt"
	"math"
	"strings"
)

// Type is how the weights of a tensor are stored. The numbers are those of the file format.
type Type uint32

// The types that this package converts. Files may hold others: they can be listed, checked and copied, not dequantised.
const (
	F32  Type = 0
	F16  Type = 1
	Q4_0 Type = 2  // 32 weights of 4 bits, one scale
	Q5_0 Type = 6  // 32 weights of 5 bits, one scale
	Q5_1 Type = 7  // 32 weights of 5 bits, scale and minimum
	Q8_0 Type = 8  // 32 weights of 8 bits, one scale
	Q4_K Type = 12 // 8 x 32 weights of 4 bits, scales and minima of 6 bits
	Q5_K Type = 13 // 8 x 32 weights of 5 bits, scales and minima of 6 bits
	Q6_K Type = 14 // 16 x 16 weights of 6 bits, scales of 8 bits
	BF16 Type = 30
)

// layout is what the reader has to know about a type.
type layout struct {
	name   string // as ggml prints it; "" is no type, or one that was removed
	values int    // weights in a block
	bytes  int    // bytes of a block
	check  check
}

// layoutOf returns the layout of a type; ok is false for numbers that are no type, or one that was removed.
func layoutOf(t Type) (l layout, ok bool) {
	switch t {
	case F32:
		l = layout{"f32", 1, 4, check{float32s: true}}
	case F16:
		l = layout{"f16", 1, 2, halves(0)}
	case BF16:
		l = layout{"bf16", 1, 2, check{bfloats: true}}
	case Q4_0:
		l = layout{"q4_0", 32, 18, halves(0)}
	case Q5_0:
		l = layout{"q5_0", 32, 22, halves(0)}
	case Q5_1:
		l = layout{"q5_1", 32, 24, halves(0, 2)}
	case Q8_0:
		l = layout{"q8_0", 32, 34, halves(0)}
	case Q4_K:
		l = layout{"q4_K", 256, 144, halves(0, 2)}
	case Q5_K:
		l = layout{"q5_K", 256, 176, halves(0, 2)}
	case Q6_K:
		l = layout{"q6_K", 256, 210, halves(208)}
	default:
		return foreignLayout(t)
	}
	return l, true
}

// foreignLayout is layoutOf for the types that are only listed and checked.
func foreignLayout(t Type) (l layout, ok bool) {
	switch t {
	case 3:
		l = layout{"q4_1", 32, 20, halves(0, 2)}
	case 9:
		l = layout{"q8_1", 32, 36, halves(0, 2)}
	case 10:
		l = layout{"q2_K", 256, 84, halves(80, 82)}
	case 11:
		l = layout{"q3_K", 256, 110, halves(108)}
	case 15:
		l = layout{"q8_K", 256, 292, check{float32s: true}}
	case 16:
		l = layout{"iq2_xxs", 256, 66, halves(0)}
	case 17:
		l = layout{"iq2_xs", 256, 74, halves(0)}
	case 18:
		l = layout{"iq3_xxs", 256, 98, halves(0)}
	case 19:
		l = layout{"iq1_s", 256, 50, halves(0)}
	case 20:
		l = layout{"iq4_nl", 32, 18, halves(0)}
	case 21:
		l = layout{"iq3_s", 256, 110, halves(0)}
	case 22:
		l = layout{"iq2_s", 256, 82, halves(0)}
	case 23:
		l = layout{"iq4_xs", 256, 136, halves(0)}
	case 24:
		l = layout{"i8", 1, 1, check{}}
	case 25:
		l = layout{"i16", 1, 2, check{}}
	case 26:
		l = layout{"i32", 1, 4, check{}}
	case 27:
		l = layout{"i64", 1, 8, check{}}
	case 28:
		l = layout{"f64", 1, 8, check{float64s: true}}
	case 29:
		l = layout{"iq1_m", 256, 56, check{iq1m: true}}
	case 34:
		l = layout{"tq1_0", 256, 54, halves(52)}
	case 35:
		l = layout{"tq2_0", 256, 66, halves(64)}
	case 39:
		l = layout{"mxfp4", 32, 17, check{e8m0: true}}
	case 40:
		l = layout{"nvfp4", 64, 36, check{}} // every byte of its scales is a number
	case 41:
		l = layout{"q1_0", 128, 18, halves(0)}
	case 42:
		l = layout{"q2_0", 64, 18, halves(0)}
	default:
		return layout{}, false
	}
	return l, true
}

// String returns ggml's name of the type ("f32", "q4_K"), "type 99" for a number that is none.
func (t Type) String() string {
	if l, ok := layoutOf(t); ok {
		return l.name
	}
	return fmt.Sprintf("type %d", uint32(t))
}

// BlockSize returns how many weights a block holds, 0 for a number that is no type. Rows are whole blocks.
func (t Type) BlockSize() int {
	l, _ := layoutOf(t)
	return l.values
}

// BlockBytes returns how many bytes a block takes, 0 for a number that is no type.
func (t Type) BlockBytes() int {
	l, _ := layoutOf(t)
	return l.bytes
}

// Quantized reports whether the type packs weights in blocks.
func (t Type) Quantized() bool { return t.BlockSize() > 1 }

// types lists what Quantize and Dequantize know.
func types() []Type { return []Type{F32, F16, BF16, Q8_0, Q6_K, Q5_K, Q5_1, Q5_0, Q4_K, Q4_0} }

// convertible reports whether Quantize and Dequantize know the type.
func convertible(t Type) bool {
	switch t {
	case F32, F16, BF16, Q8_0, Q6_K, Q5_K, Q5_1, Q5_0, Q4_K, Q4_0:
		return true
	}
	return false
}

// ParseType finds a type that this package converts by its name, in upper or lower case.
func ParseType(s string) (Type, error) {
	var names []string
	for _, t := range types() {
		if strings.EqualFold(s, t.String()) {
			return t, nil
		}
		names = append(names, t.String())
	}
	return 0, fmt.Errorf("gguf: %s is no tensor type; choose one of %s", quote(s), strings.Join(names, ", "))
}

// RowBytes returns the bytes that a row of n weights takes. Rows are whole blocks, so n must be a multiple of the
// type's block size.
func RowBytes(t Type, n int) (int, error) {
	l, ok := layoutOf(t)
	switch {
	case !ok:
		return 0, fmt.Errorf("gguf: %s is no tensor type", t)
	case n < 0 || n%l.values != 0:
		return 0, tagf(ErrValue, "gguf: a row of %d weights is not a multiple of the %d in a block of %s", n, l.values, t)
	case n/l.values > math.MaxInt/l.bytes:
		return 0, tagf(ErrValue, "gguf: a row of %d weights as %s is larger than this machine can address", n, t)
	}
	return n / l.values * l.bytes, nil
}
