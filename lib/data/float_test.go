package data

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// checkDecimal compares the fast path with strconv, which is exact. It reports whether the fast path took the number.
func checkDecimal(t interface{ Fatalf(string, ...any) }, s string) bool {
	got, end, ok := scanDecimal([]byte(s+",\x00\x00\x00\x00\x00\x00\x00\x00"), 0)
	if !ok {
		return false
	}
	want, err := strconv.ParseFloat(s[:end], 32)
	if err != nil || math.Float32bits(got) != math.Float32bits(float32(want)) {
		t.Fatalf("%q: got %v (%08x) up to %d, strconv %v, %v", s, got, math.Float32bits(got), end, float32(want), err)
	}
	return end == len(s)
}

func TestScanDecimalIsStrconv(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`-?[0-9]{0,20}(\.[0-9]{0,20})?([eE][-+]?[0-9]{1,3}|[a-zA-Z, ])?`).Draw(t, "text")
		checkDecimal(t, s)
	})
	// Decimals of random floats, in every number of digits.
	rapid.Check(t, func(t *rapid.T) {
		v := math.Float32frombits(rapid.Uint32().Draw(t, "bits"))
		checkDecimal(t, strconv.FormatFloat(float64(v), 'f', rapid.IntRange(-1, 18).Draw(t, "digits"), rapid.SampledFrom([]int{32, 64}).Draw(t, "size")))
	})
}

// TestScanDecimalNearTheMiddle takes decimals on and beside the middle of two neighbouring floats, where rounding twice
// gives the wrong neighbour.
func TestScanDecimalNearTheMiddle(t *testing.T) {
	taken := 0
	rapid.Check(t, func(t *rapid.T) {
		low := float32(rapid.Float64Range(1e-6, 1e9).Draw(t, "v"))
		middle := (float64(low) + float64(math.Nextafter32(low, math.MaxFloat32))) / 2
		exact := strconv.FormatFloat(middle, 'f', -1, 64)
		digits := rapid.IntRange(1, 18).Draw(t, "digits")
		for _, s := range []string{exact, exact + "1", strconv.FormatFloat(math.Nextafter(middle, 0), 'f', digits, 64), strconv.FormatFloat(middle, 'f', digits, 64)} {
			if checkDecimal(t, s) {
				taken++
			}
		}
	})
	if taken == 0 {
		t.Error("the fast path took none of them: the test tests nothing")
	}
}

func TestScanDecimalTakesCommonForms(t *testing.T) {
	for _, s := range []string{"0", "1", "-1", "0.00", "0.5", "-0", "12345678", "123456789", "1234567890123", "0.12345678", "123.12345678",
		"0.12345678901234567", "0.123456789012345678", "12345.1234567890123", "-12.375000", "5.", ".5", "00012", "99999999.99999999"} {
		if !checkDecimal(t, s) {
			t.Errorf("%q goes the slow way", s)
		}
	}
	for _, s := range []string{"", "-", ".", "-.", "e5", "+1", "nan", "1234567890123456", "0.1234567890123456789", "1.123456789012345678", "9223400000000.000000", "x"} {
		if v, end, ok := scanDecimal([]byte(s+",\x00\x00\x00\x00\x00\x00\x00\x00"), 0); ok {
			t.Errorf("%q is taken as %v up to %d", s, v, end)
		}
	}
}

func TestParseFloatRange(t *testing.T) {
	for _, test := range []struct {
		text string
		want error
	}{{"1e400", ErrRange}, {"-1e400", ErrRange}, {"3.5e38", ErrRange}, {"1e39", ErrRange}, {"3.4028235e38", nil}, {"1e-400", nil},
		{"1e", ErrNumber}, {"1_000", ErrNumber}, {"0x10", ErrNumber}, {"0x1p4", ErrNumber}, {"1,5", ErrNumber}, {"١", ErrNumber}} {
		if _, err := parseFloat([]byte(test.text)); err != test.want {
			t.Errorf("%s: got %v, want %v", test.text, err, test.want)
		}
	}
}

func TestMissInfinities(t *testing.T) {
	special := []uint32{0x7f800000, 0xff800000, 0x7fc00001, 0xffffffff, 0x7f800001}
	plain := []uint32{0, 0x80000000, 0x7f7fffff, 0xff7fffff, 1, 0x3f800000, 0x007fffff}
	for n := range 40 {
		for at := range n {
			for _, bits := range append(special, plain...) {
				v := make([]float32, n)
				for i := range v {
					v[i] = math.Float32frombits(plain[i%len(plain)])
				}
				v[at] = math.Float32frombits(bits)
				missInfinities(v)
				for i, x := range v {
					want := plain[i%len(plain)]
					if i == at {
						if want = bits; bits&0x7f800000 == 0x7f800000 {
							want = math.Float32bits(missingFloat)
						}
					}
					if math.Float32bits(x) != want {
						t.Fatalf("%d values, %08x at %d: value %d is %08x", n, bits, at, i, math.Float32bits(x))
					}
				}
			}
		}
	}
}

func BenchmarkScanDecimal(b *testing.B) {
	text := []byte(strings.Repeat("0.12345,1234.567890,7,", 300) + "\x00\x00\x00\x00\x00\x00\x00\x00")
	for b.Loop() {
		for i := 0; text[i] != 0; i++ {
			_, i, _ = scanDecimal(text, i)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/900, "ns/value")
}

func ExampleCellError() {
	err := error(&CellError{File: "flows.csv", Line: 7, Column: 3, Name: "bytes", Value: "12kB", Err: ErrNumber})
	fmt.Println(err)
	// Output: data: read: flows.csv:7:3: column "bytes": "12kB" is not a number; if the column holds names, list it in the schema's categorical columns; otherwise correct the cell, or set the schema's bad_cell to "missing"
}
