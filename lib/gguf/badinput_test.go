package gguf

import (
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"
)

const (
	most     = math.MaxUint64
	negative = 1 << 63 // as an int64
)

// badFiles are the ways in which a file can be wrong: what is changed, and what the message must say.
var badFiles = []struct {
	name   string
	change func(p *parts)
	want   string
}{
	{"magic", func(p *parts) { p.magic = "GGML" }, `begins with "GGML"`},
	{"magic of the other byte order", func(p *parts) { p.magic = "FUGG" }, `begins with "FUGG"`},
	{"version 0", func(p *parts) { p.version = 0 }, "version 0"},
	{"version 1", func(p *parts) { p.version = 1 }, "version 1"},
	{"version 4", func(p *parts) { p.version = 4 }, "version 4"},
	{"big-endian", func(p *parts) { p.version = 3 << 24 }, "big-endian"},

	{"2^64-1 tensors", func(p *parts) { p.tensors = most }, "tensors, too many"},
	{"2^63 tensors", func(p *parts) { p.tensors = negative }, "tensors, too many"},
	{"2^60 tensors", func(p *parts) { p.tensors = 1 << 60 }, "tensors, too many"},
	{"2^40 tensors", func(p *parts) { p.tensors = 1 << 40 }, "tensors, too many"},
	{"a tensor more", func(p *parts) { p.tensors++ }, "the name of tensor 2"},
	{"a tensor less", func(p *parts) { p.tensors-- }, "the padding before the data has byte"},
	{"2^64-1 key-values", func(p *parts) { p.kvs = most }, "key-values, too many"},
	{"2^63 key-values", func(p *parts) { p.kvs = negative }, "key-values, too many"},
	{"2^60 key-values", func(p *parts) { p.kvs = 1 << 60 }, "key-values, too many"},
	{"2^40 key-values", func(p *parts) { p.kvs = 1 << 40 }, "key-values, too many"},
	{"a key-value more", func(p *parts) { p.kvs++ }, "the name of tensor 0 is empty"},
	{"a key-value less", func(p *parts) { p.kvs-- }, `tensor "sample.block_count"`},

	{"key empty", func(p *parts) { p.with(rawKV("", Uint8, "x")) }, "key 2 is empty"},
	{"key twice", func(p *parts) { p.with(p.kv[1]) }, `key "sample.block_count" is there twice`},
	{"key of 2^64-1 bytes", func(p *parts) { p.with(le64(most)) }, "key 2 needs 18446744073709551615 bytes"},
	{"key of 2^63 bytes", func(p *parts) { p.with(le64(negative)) }, "key 2 needs 9223372036854775808 bytes"},
	{"key past the end", func(p *parts) { p.with(le64(5000) + "sample") }, "key 2 needs 5000 bytes"},
	{"key too long", func(p *parts) { p.with(rawKV(strings.Repeat("k", 65536), Uint8, "x")) }, "key 2 has 65536 bytes, at most 65535"},
	{"key with NUL", func(p *parts) { p.with(rawKV("a\x00b", Uint8, "x")) }, "has a NUL or is not UTF-8"},
	{"key not UTF-8", func(p *parts) { p.with(rawKV("a\xff", Uint8, "x")) }, "has a NUL or is not UTF-8"},

	{"value type 13", func(p *parts) { p.with(rawKV("k", 13, le64(0))) }, `key "k" has value type 13, which does not exist`},
	{"value type 2^32-1", func(p *parts) { p.with(rawKV("k", math.MaxUint32, le64(0))) }, "value type 4294967295"},
	{"bool of 2", func(p *parts) { p.with(rawKV("k", Bool, "\x02")) }, `key "k" is a bool of 2`},
	{"bool of 2 in an array", func(p *parts) { p.with(rawKV("k", Array, rawArray(Bool, 3, "\x00\x01\x02"))) }, "is a bool of 2"},
	{"string of 2^64-1 bytes", func(p *parts) { p.with(rawKV("k", String, le64(most))) }, `key "k" needs 18446744073709551615 bytes`},
	{"string of 2^63 bytes", func(p *parts) { p.with(rawKV("k", String, le64(negative))) }, `key "k" needs 9223372036854775808 bytes`},
	{"string past the end", func(p *parts) { p.with(rawKV("k", String, le64(5000))) }, `key "k" needs 5000 bytes`},
	{"array of 2^64-1", func(p *parts) { p.with(rawKV("k", Array, rawArray(Uint8, most, ""))) }, "array of 18446744073709551615 elements, too many"},
	{"array of 2^61 u64", func(p *parts) { p.with(rawKV("k", Array, rawArray(Uint64, 1<<61, ""))) }, "array of 2305843009213693952 elements, too many"},
	{"array of 2^62 u32", func(p *parts) { p.with(rawKV("k", Array, rawArray(Uint32, 1<<62, ""))) }, "elements, too many"},
	{"array past the end", func(p *parts) { p.with(rawKV("k", Array, rawArray(Float32, 100, ""))) }, "array of 100 elements, too many"},
	{"array of 2^64-1 strings", func(p *parts) { p.with(rawKV("k", Array, rawArray(String, most, ""))) }, "elements, too many"},
	{"array of 2^40 strings", func(p *parts) { p.with(rawKV("k", Array, rawArray(String, 1<<40, ""))) }, "elements, too many"},
	{"string in an array past the end", func(p *parts) { p.with(rawKV("k", Array, rawArray(String, 2, rawText("x")+le64(1<<50)))) }, "needs 1125899906842624 bytes"},
	{"array of value type 13", func(p *parts) { p.with(rawKV("k", Array, rawArray(13, 1, "x"))) }, "array of value type 13"},
	{"array of arrays", func(p *parts) { p.with(rawKV("k", Array, rawArray(Array, 1, rawArray(Uint8, 1, "x")))) }, "array of arrays"},
	{"10,000 arrays in each other", func(p *parts) {
		p.with(rawKV("k", Array, strings.Repeat(rawArray(Array, 1, ""), 10000)))
	}, "array of arrays"},

	{"alignment 0", func(p *parts) { p.with(rawKV("general.alignment", Uint32, le32(0))) }, "general.alignment is 0"},
	{"alignment 3", func(p *parts) { p.with(rawKV("general.alignment", Uint32, le32(3))) }, "general.alignment is 3"},
	{"alignment 2^31", func(p *parts) { p.with(rawKV("general.alignment", Uint32, le32(1<<31))) }, "general.alignment is 2147483648"},
	{"alignment 48", func(p *parts) { p.with(rawKV("general.alignment", Uint32, le32(48))) }, "general.alignment is 48"},
	{"alignment u64", func(p *parts) { p.with(rawKV("general.alignment", Uint64, le64(32))) }, "general.alignment is u64, must be u32"},
	{"alignment a string", func(p *parts) { p.with(rawKV("general.alignment", String, rawText("32"))) }, "general.alignment is str"},
	{"alignment an array", func(p *parts) { p.with(rawKV("general.alignment", Array, rawArray(Uint32, 1, le32(32)))) }, "general.alignment is arr[u32,1]"},
	{"alignment 64 that the data do not have", func(p *parts) { p.with(rawKV("general.alignment", Uint32, le32(64))) }, ""},

	{"tensor name of 64 bytes", func(p *parts) { p.infos[0] = rawTensor(strings.Repeat("n", 64), 0, 0, 3) }, "the name of tensor 0 has 64 bytes, at most 63"},
	{"tensor name empty", func(p *parts) { p.infos[0] = rawTensor("", 0, 0, 3) }, "the name of tensor 0 is empty"},
	{"tensor name with NUL", func(p *parts) { p.infos[0] = rawTensor("a\x00", 0, 0, 3) }, "has a NUL or is not UTF-8"},
	{"tensor name not UTF-8", func(p *parts) { p.infos[0] = rawTensor("\xc3", 0, 0, 3) }, "has a NUL or is not UTF-8"},
	{"tensor name twice", func(p *parts) { p.infos[1] = rawTensor("a", 8, 32, 32, 2) }, `tensor "a" is there twice`},
	{"tensor name of 2^64-1 bytes", func(p *parts) { p.infos[0] = le64(most) }, "the name of tensor 0 needs"},
	{"tensor name of 2^63 bytes", func(p *parts) { p.infos[0] = le64(negative) }, "the name of tensor 0 needs"},
	{"tensor name past the end", func(p *parts) { p.infos[0] = le64(4000) }, "the name of tensor 0 needs 4000 bytes"},

	{"no dimensions", func(p *parts) { p.infos[0] = rawTensor("a", 0, 0) }, "has 0 dimensions"},
	{"5 dimensions", func(p *parts) { p.infos[0] = rawTensor("a", 0, 0, 1, 1, 1, 1, 3) }, "has 5 dimensions"},
	{"2^32-1 dimensions", func(p *parts) { p.infos[0] = rawText("a") + le32(math.MaxUint32) }, "has 4294967295 dimensions"},
	{"dimension 0", func(p *parts) { p.infos[0] = rawTensor("a", 0, 0, 3, 0) }, "has dimension 1 of 0"},
	{"dimension -1", func(p *parts) { p.infos[0] = rawTensor("a", 0, 0, most) }, "has dimension 0 of -1"},
	{"dimensions of -1 and -3", func(p *parts) { p.infos[0] = rawTensor("a", 0, 0, most, most-2) }, "has dimension 0 of -1"},
	{"product that wraps to 0", func(p *parts) { p.infos[0] = rawTensor("a", 0, 0, 1<<32, 1<<32) }, "more elements than fit"},
	{"product that wraps to 3", func(p *parts) { p.infos[0] = rawTensor("a", 0, 0, 3, 0x5555555555555556, 2) }, "more elements than fit"},
	{"bytes that wrap to 12", func(p *parts) { p.infos[0] = rawTensor("a", 0, 0, 1<<62+3) }, "more bytes than fit"},
	{"bytes of 2^63", func(p *parts) { p.infos[0] = rawTensor("a", 0, 0, 1<<61) }, "more bytes than fit"},
	{"padding that wraps", func(p *parts) { p.infos[0] = rawTensor("a", 24, 0, math.MaxInt64) }, "the file has 128 more"},
	{"q8_0 bytes that wrap", func(p *parts) { p.infos[1] = rawTensor("b", 8, 32, 32, 1<<58-1) }, "more bytes than fit"},
	{"row not whole blocks", func(p *parts) { p.infos[1] = rawTensor("b", 8, 32, 2, 32) }, "rows of 2, which is not a multiple of the 32"},
	{"row not whole super-blocks", func(p *parts) { p.infos[1] = rawTensor("b", 12, 32, 32, 8) }, "rows of 32, which is not a multiple of the 256"},

	{"offset misaligned", func(p *parts) { p.infos[1] = rawTensor("b", 8, 12, 32, 2) }, "has its data at offset 12, must be at 32"},
	{"gap", func(p *parts) { p.infos[1] = rawTensor("b", 8, 64, 32, 2) }, "at offset 64, must be at 32"},
	{"gap before the first", func(p *parts) { p.infos[0] = rawTensor("a", 0, 32, 3) }, "at offset 32, must be at 0"},
	{"overlap", func(p *parts) { p.infos[1] = rawTensor("b", 8, 0, 32, 2) }, "at offset 0, must be at 32"},
	{"swapped", func(p *parts) { p.infos[0], p.infos[1] = p.infos[1], p.infos[0] }, `tensor "b" has its data at offset 32, must be at 0`},
	{"offset past the end", func(p *parts) { p.infos[1] = rawTensor("b", 8, 1<<40, 32, 2) }, "at offset 1099511627776"},
	{"offset -32", func(p *parts) { p.infos[1] = rawTensor("b", 8, most-31, 32, 2) }, "at offset -32"},

	{"no data", func(p *parts) { p.data = nil }, "the file has 0 more"},
	{"a byte short", func(p *parts) { p.data = p.data[:len(p.data)-1] }, "28 of padding, the file has 95 more"},
	{"no final padding", func(p *parts) { p.data = p.data[:len(p.data)-28] }, "the file has 68 more"},
	{"a byte too many", func(p *parts) { p.data = append(p.data, 0) }, "1 bytes follow the end of the data"},
	{"two files in one", func(p *parts) { p.data = append(p.data, rawParts().bytes()...) }, "follow the end of the data"},
	{"tensor larger than the file", func(p *parts) { p.infos[1] = rawTensor("b", 8, 32, 32, 3) }, "needs 102 bytes at offset 32"},
}

func TestReadRefuses(t *testing.T) {
	if _, err := readBytes(rawParts().bytes()); err != nil {
		t.Fatalf("the file to be spoilt is not valid: %v", err)
	}
	for _, c := range badFiles {
		t.Run(c.name, func(t *testing.T) {
			p := rawParts()
			c.change(p)
			refused(t, p.bytes(), c.want)
		})
	}
	for _, removed := range []uint32{4, 5, 31, 32, 33, 36, 37, 38, 43, 1 << 31, math.MaxUint32} {
		p := rawParts()
		p.infos[0] = rawTensor("a", removed, 0, 256)
		refused(t, p.bytes(), "which does not exist or was removed")
	}
}

// refused reads a file and wants a one-line ErrFormat that says so, without memory for what the file only claims.
func refused(t *testing.T, b []byte, want string) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := readBytes(b)
	runtime.ReadMemStats(&after)
	switch {
	case f != nil || !errors.Is(err, ErrFormat):
		t.Errorf("Read gives %v, %v, want ErrFormat", f, err)
	case !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n"):
		t.Errorf("the error is %q, want one line with %q", err, want)
	}
	if used, limit := after.TotalAlloc-before.TotalAlloc, 1<<18+8*uint64(len(b)); used > limit {
		t.Errorf("%d bytes were allocated for a file of %d, want at most %d", used, len(b), limit)
	}
}

func TestReadRefusesTruncation(t *testing.T) {
	whole := sampleFile(t)
	for n := range whole {
		if f, err := readBytes(whole[:n]); f != nil || !errors.Is(err, ErrFormat) {
			t.Fatalf("the first %d of %d bytes give %v", n, len(whole), err)
		}
		// The size that the caller states does not protect either.
		if f, err := Read(strings.NewReader(string(whole[:n])), int64(len(whole))); err == nil {
			if err := f.Check(t.Context()); !errors.Is(err, ErrFormat) {
				t.Fatalf("the first %d of %d bytes pass with a size that is a lie: %v", n, len(whole), err)
			}
		}
	}
}

func TestReadRefusesPadding(t *testing.T) {
	p := rawParts()
	b := p.bytes()
	header := len(p.header())
	b[header] = 1
	refused(t, b, "the padding before the data has byte 1")

	p.data[12] = 7 // behind the three float32 of tensor a
	f, err := readBytes(p.bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Check(t.Context()); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), `the padding after tensor "a" has byte 7`) {
		t.Errorf("Check gives %v", err)
	}
}

// TestDataRefusesNonFinite spoils the number of each type that must be finite.
func TestDataRefusesNonFinite(t *testing.T) {
	const (
		nan16, inf16 = "\x01\x7c", "\x00\xfc"
		nanB, infB   = "\xc1\x7f", "\x80\xff"
		nan32, inf32 = "\x00\x00\xc0\x7f", "\x00\x00\x80\xff"
	)
	for _, c := range []struct {
		typ Type
		at  int
		bad []string
	}{
		{F32, 0, []string{nan32, inf32}}, {F16, 0, []string{nan16, inf16}}, {BF16, 0, []string{nanB, infB}},
		{Q4_0, 0, []string{nan16, inf16}}, {Q5_0, 0, []string{nan16, inf16}}, {Q8_0, 0, []string{nan16, inf16}},
		{Q5_1, 0, []string{nan16, inf16}}, {Q5_1, 2, []string{nan16, inf16}},
		{Q4_K, 0, []string{nan16, inf16}}, {Q4_K, 2, []string{nan16, inf16}},
		{Q5_K, 0, []string{nan16, inf16}}, {Q5_K, 2, []string{nan16, inf16}}, {Q6_K, 208, []string{nan16, inf16}},
		{3, 2, []string{nan16, inf16}}, {10, 80, []string{nan16, inf16}}, {10, 82, []string{nan16, inf16}}, {11, 108, []string{nan16}},
		{15, 0, []string{nan32, inf32}}, {16, 0, []string{nan16}}, {17, 0, []string{nan16}}, {18, 0, []string{nan16}}, {19, 0, []string{nan16}},
		{20, 0, []string{nan16}}, {21, 0, []string{nan16}}, {22, 0, []string{nan16}}, {23, 0, []string{nan16}},
		{28, 4, []string{inf32}}, {28, 0, []string{"\x00\x00\x00\x00\x00\x00\xf8\x7f"}},
		{29, 48, []string{"\x00\x00\x00\x00\x00\xc0\x00\x70"}}, // the upper four bits of four uint16: 0, 0, c, 7
		{34, 52, []string{nan16}}, {35, 64, []string{nan16}}, {39, 0, []string{"\xff"}},
		{41, 0, []string{nan16}}, {42, 0, []string{nan16}},
	} {
		n := uint64(c.typ.BlockSize())
		p := rawParts()
		p.tensors, p.infos = 1, []string{rawTensor("w", uint32(c.typ), 0, n, 3)}
		for _, bad := range c.bad {
			blocks := make([]byte, 3*c.typ.BlockBytes())
			p.data = padTo(blocks)
			f, err := readBytes(p.bytes())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.Data(f.Tensors[0]); err != nil {
				t.Errorf("%s of zeros: %v", c.typ, err)
			}
			at := c.at + c.typ.BlockBytes()
			if c.typ == 28 && len(bad) == 4 {
				bad = "\x00\x00\xf0\x7f" // the upper half of an infinite float64
			}
			copy(p.data[at:], bad)
			if f, err = readBytes(p.bytes()); err != nil {
				t.Fatal(err)
			}
			for _, err := range []error{f.Check(t.Context()), second(f.Data(f.Tensors[0]))} {
				if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), `tensor "w": block 1 of `+c.typ.String()) {
					t.Errorf("%s with %x at %d gives %v", c.typ, bad, c.at, err)
				}
			}
			if convertible(c.typ) {
				if _, err := f.Values(f.Tensors[0]); !errors.Is(err, ErrFormat) {
					t.Errorf("values of %s with %x at %d give %v", c.typ, bad, c.at, err)
				}
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }
