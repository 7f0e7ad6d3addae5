package gguf

import (
	"math"
	"testing"
)

func TestHalfRoundsToNearestEven(t *testing.T) {
	// Every pair of neighbours: the halves themselves, the tie between them, and the float32 next to the tie.
	for h := range uint16(0x7c00) {
		low, high := fromF16(h), fromF16(h+1)
		if h == 0x7bff {
			high = 65536 // where the next half would be; from the tie on the result is infinite
		}
		tie := float32((float64(low) + float64(high)) / 2)
		even := h + h&1
		for _, c := range []struct {
			v    float32
			want uint16
		}{
			{low, h}, {math.Nextafter32(tie, low), h}, {tie, even}, {math.Nextafter32(tie, high), h + 1},
		} {
			if got := toF16(c.v); got != c.want {
				t.Fatalf("toF16(%v) is %04x, want %04x", c.v, got, c.want)
			}
			if got := toF16(-c.v); got != c.want|0x8000 {
				t.Fatalf("toF16(%v) is %04x, want %04x", -c.v, got, c.want|0x8000)
			}
		}
	}
}

func TestHalfWidensExactly(t *testing.T) {
	for bits := range 1 << 16 {
		h := uint16(bits)
		sign, exp, frac := 1-2*int(h>>15), int(h>>10&31), float64(h&1023)
		var want float64
		switch {
		case exp == 31 && frac == 0:
			want = math.Inf(sign)
		case exp == 31:
			want = math.NaN()
		case exp == 0:
			want = float64(sign) * math.Ldexp(frac, -24)
		default:
			want = float64(sign) * math.Ldexp(1024+frac, exp-25)
		}
		got := float64(fromF16(h))
		if got != want && !(math.IsNaN(got) && math.IsNaN(want)) || math.Signbit(got) != (sign < 0) {
			t.Fatalf("fromF16(%04x) is %v, want %v", h, got, want)
		}
	}
}

func TestHalfSpecials(t *testing.T) {
	inf := float32(math.Inf(1))
	nan := math.Float32frombits(0xff800001)
	for _, c := range []struct {
		v          float32
		half, bf16 uint16
	}{
		{inf, 0x7c00, 0x7f80}, {-inf, 0xfc00, 0xff80}, {nan, 0xfe00, 0xffc0}, {65519.996, 0x7bff, 0x4780}, {65520, 0x7c00, 0x4780},
		{math.MaxFloat32, 0x7c00, 0x7f80}, {math.SmallestNonzeroFloat32, 0, 0}, {1, 0x3c00, 0x3f80},
		{1.00390625, 0x3c04, 0x3f80}, {1.01171875, 0x3c0c, 0x3f82}, // bf16 ties: down to even, up to even
		{float32(math.Copysign(0, -1)), 0x8000, 0x8000},
	} {
		if got := toF16(c.v); got != c.half {
			t.Errorf("toF16(%v) is %04x, want %04x", c.v, got, c.half)
		}
		if got := toBF16(c.v); got != c.bf16 {
			t.Errorf("toBF16(%v) is %04x, want %04x", c.v, got, c.bf16)
		}
	}
	for bits := range 1 << 16 {
		h := uint16(bits)
		if v := fromBF16(h); v == v && toBF16(v) != h {
			t.Fatalf("bf16 %04x comes back as %04x", h, toBF16(v))
		}
	}
}
