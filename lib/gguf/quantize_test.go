package gguf

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestErrorOfNormalWeights compares the relative root mean square error of normally distributed weights with what ggml's
// blocks have for them (measured with ggml 0.21: f16 0.02 %, q8_0 0.54 %, ...). A code that is packed and unpacked
// consistently, but badly, would show here.
func TestErrorOfNormalWeights(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	x := make([]float32, 256*256)
	for i := range x {
		x[i] = float32(random.NormFloat64() * 0.05)
	}
	for _, c := range []struct {
		typ     Type
		percent float64
	}{{F32, 0}, {F16, 0.02}, {BF16, 0.165}, {Q8_0, 0.54}, {Q6_K, 1.8}, {Q5_K, 3.6}, {Q5_1, 3.8}, {Q5_0, 4.3}, {Q4_K, 7.2}, {Q4_0, 8.6}} {
		blocks := make([]byte, len(x)/c.typ.BlockSize()*c.typ.BlockBytes())
		y := make([]float32, len(x))
		if err := errors.Join(Quantize(c.typ, blocks, x), Dequantize(c.typ, y, blocks)); err != nil {
			t.Fatal(err)
		}
		var difference, square float64
		for i := range x {
			difference += (float64(x[i]) - float64(y[i])) * (float64(x[i]) - float64(y[i]))
			square += float64(x[i]) * float64(x[i])
		}
		if got := 100 * math.Sqrt(difference/square); math.Abs(got-c.percent) > 0.05*c.percent+0.001 {
			t.Errorf("%s has a relative error of %.3f %%, want %.3f %%", c.typ, got, c.percent)
		}
	}
}

// TestRowsAreIndependent: rows never share a block, so quantising rows one by one gives the same bytes.
func TestRowsAreIndependent(t *testing.T) {
	x := edgeInputs()[len(edgeInputs())-1].values
	for _, typ := range edgeTypes {
		row, err := RowBytes(typ, 256)
		if err != nil {
			t.Fatal(err)
		}
		whole, one := make([]byte, row*len(x)/256), make([]byte, row)
		if err := Quantize(typ, whole, x); err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(x)/256; i += 7 {
			if err := Quantize(typ, one, x[256*i:256*(i+1)]); err != nil {
				t.Fatal(err)
			}
			if string(one) != string(whole[i*row:(i+1)*row]) {
				t.Errorf("%s: row %d alone differs from the row among others", typ, i)
			}
		}
	}
}

func TestQuantizeRefuses(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	with := func(n, at int, v float32) []float32 {
		x := make([]float32, n)
		x[at] = v
		return x
	}
	for _, c := range []struct {
		name string
		typ  Type
		dst  int
		src  []float32
		want string
	}{
		{"NaN", F32, 1024, with(256, 3, nan), "weight 3 is NaN"},
		{"infinite", Q4_K, 1024, with(256, 255, inf), "weight 255 is -Inf"},
		{"f16 overflow", F16, 1024, with(256, 7, 65520), "weight 7 is 65520, too large for f16"},
		{"bf16 overflow", BF16, 1024, with(256, 7, math.MaxFloat32), "too large for bf16"},
		{"q8_0 overflow", Q8_0, 1024, with(256, 40, -8.33e6), "weight 40 is -8.33e+06, too large for q8_0"},
		{"q4_0 overflow", Q4_0, 1024, with(256, 40, 5.3e5), "weight 40 is 530000, too large for q4_0"},
		{"q5_0 overflow", Q5_0, 1024, with(256, 40, 1.1e6), "too large for q5_0"},
		{"q5_1 overflow of the minimum", Q5_1, 1024, with(256, 40, -7e4), "weight 40 is -70000, too large for q5_1"},
		{"q4_K overflow", Q4_K, 1024, with(256, 40, 1e38), "weight 40 is 1e+38, too large for q4_K"},
		{"q5_K overflow", Q5_K, 1024, with(256, 40, -1e38), "too large for q5_K"},
		{"q6_K overflow", Q6_K, 1024, with(256, 40, 1e38), "too large for q6_K"},
		{"half a block", Q8_0, 1024, make([]float32, 48), "48 weights are not a multiple of the 32"},
		{"half a super-block", Q6_K, 1024, make([]float32, 128), "128 weights are not a multiple of the 256"},
		{"small destination", Q8_0, 33, make([]float32, 32), "take 34 bytes, the destination has 33"},
		{"no such type", 99, 1024, make([]float32, 32), "cannot be written as type 99"},
		{"a type that is only listed", 10, 1024, make([]float32, 256), "cannot be written as q2_K"},
	} {
		err := Quantize(c.typ, make([]byte, c.dst), c.src)
		if !errors.Is(err, ErrValue) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, want %q", c.name, err, c.want)
		}
	}
	// Just below each limit.
	for _, c := range []struct {
		typ Type
		v   float32
	}{{F16, 65519}, {Q8_0, 8.31e6}, {Q4_0, 5.24e5}, {Q5_0, -1.04e6}, {Q5_1, 65519}} {
		if err := Quantize(c.typ, make([]byte, 1024), with(256, 40, c.v)); err != nil {
			t.Errorf("%v as %s: %v", c.v, c.typ, err)
		}
	}
	if err := Quantize(Q8_0, nil, nil); err != nil {
		t.Errorf("no weights: %v", err)
	}
}

func TestDequantizeRefuses(t *testing.T) {
	for _, c := range []struct {
		name     string
		typ      Type
		dst, src int
		want     string
	}{
		{"half a block", Q8_0, 64, 35, "35 bytes are not a multiple of the 34"},
		{"small destination", Q8_0, 63, 68, "2 blocks of q8_0 are 32 weights each, the destination has room for 63"},
		{"a type that is only listed", 10, 256, 84, "weights of q2_K cannot be converted"},
		{"no such type", 4, 256, 84, "weights of type 4 cannot be converted"},
	} {
		err := Dequantize(c.typ, make([]float32, c.dst), make([]byte, c.src))
		if !errors.Is(err, ErrValue) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: the error is %v, want %q", c.name, err, c.want)
		}
	}
	if err := Validate(Q8_0, make([]byte, 35)); !errors.Is(err, ErrFormat) {
		t.Errorf("Validate of half a block gives %v", err)
	}
	if err := Validate(31, nil); !errors.Is(err, ErrFormat) {
		t.Errorf("Validate of a removed type gives %v", err)
	}
}

// TestNonFiniteBlocks: the block writers themselves take any bits. What reaches an integer from NaN or infinity is 0 on
// every machine, as on x86-64.
func TestNonFiniteBlocks(t *testing.T) {
	x := make([]float32, 256)
	for i := range x {
		x[i] = math.Float32frombits(uint32(i+1) << 3) // subnormal, so that 1/d is infinite
	}
	dst := make([]byte, 34)
	quantizeBlock(Q8_0, dst, x[:32])
	for j, b := range dst {
		if b != 0 {
			t.Errorf("byte %d of a q8_0 block of subnormal numbers is %d, want 0", j, b)
		}
	}
	for _, v := range []float32{float32(math.NaN()), float32(math.Inf(1)), 2147483648, -2147483904, 1e30} {
		if got := lowByte(v); got != 0 {
			t.Errorf("lowByte(%v) is %d, want 0", v, got)
		}
	}
	for v, want := range map[float32]byte{-1.9: 255, -128: 128, 127.9: 127, 255.5: 255, 2147483520: 128, -2147483648: 0} {
		if got := lowByte(v); got != want {
			t.Errorf("lowByte(%v) is %d, want %d", v, got, want)
		}
	}
}

func TestRowBytes(t *testing.T) {
	for _, c := range []struct {
		typ     Type
		n, want int
	}{{F32, 3, 12}, {F16, 3, 6}, {Q4_0, 64, 36}, {Q5_0, 64, 44}, {Q5_1, 64, 48}, {Q8_0, 64, 68}, {Q4_K, 512, 288}, {Q5_K, 256, 176}, {Q6_K, 256, 210}, {F32, 0, 0}} {
		if got, err := RowBytes(c.typ, c.n); err != nil || got != c.want {
			t.Errorf("RowBytes(%s, %d) is %d, %v, want %d", c.typ, c.n, got, err, c.want)
		}
	}
	for _, c := range []struct {
		typ Type
		n   int
	}{{Q8_0, 33}, {Q8_0, -32}, {4, 32}, {F32, math.MaxInt}} {
		if got, err := RowBytes(c.typ, c.n); err == nil {
			t.Errorf("RowBytes(%s, %d) is %d, want an error", c.typ, c.n, got)
		}
	}
}

func TestParseType(t *testing.T) {
	for _, typ := range types() {
		for _, s := range []string{typ.String(), strings.ToUpper(typ.String()), strings.ToLower(typ.String())} {
			if got, err := ParseType(s); err != nil || got != typ {
				t.Errorf("ParseType(%q) is %v, %v", s, got, err)
			}
		}
	}
	if _, err := ParseType("q2_K"); err == nil || !strings.Contains(err.Error(), "q4_K") {
		t.Errorf("an unknown name gives %v, want the names that are known", err)
	}
}

func BenchmarkQuantize(b *testing.B) {
	x := goldenInputs()["A"][:64*256]
	for _, typ := range edgeTypes {
		b.Run(typ.String(), func(b *testing.B) {
			size, err := RowBytes(typ, len(x))
			if err != nil {
				b.Fatal(err)
			}
			dst := make([]byte, size)
			for b.Loop() {
				if err := Quantize(typ, dst, x); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(x))*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mweights/s")
		})
	}
}
