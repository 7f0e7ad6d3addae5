package gguf

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestWriteRefuses(t *testing.T) {
	arch := KV{"general.architecture", "sample"}
	quant := KV{"general.quantization_version", uint32(2)}
	kv := func(key string, value any) []KV { return []KV{arch, quant, {key, value}} }
	one := TensorData{"w", F32, []uint64{3}, make([]byte, 12)}
	tensor := func(change func(*TensorData)) []TensorData {
		c := one
		change(&c)
		return []TensorData{c}
	}
	for _, c := range []struct {
		name    string
		kvs     []KV
		tensors []TensorData
		want    string
	}{
		{"no keys", nil, nil, "the first key must be general.architecture"},
		{"architecture not first", []KV{quant, arch}, nil, "the first key must be general.architecture"},
		{"architecture no string", []KV{{"general.architecture", uint32(1)}}, nil, "is 1, must be a string of a-z and 0-9"},
		{"architecture with a hyphen", []KV{{"general.architecture", "jamba-threat"}}, nil, `is "jamba-threat", must be`},
		{"architecture empty", []KV{{"general.architecture", ""}}, nil, "must be a string"},
		{"key empty", kv("", true), nil, `key "" must be segments`},
		{"key with capitals", kv("sample.Name", true), nil, "must be segments of a-z"},
		{"key with an empty segment", kv("sample..name", true), nil, "must be segments"},
		{"key not ASCII", kv("sample.\u00e9", true), nil, "must be segments"},
		{"key with a space", kv("sample.src bytes", true), nil, "must be segments"},
		{"key too long", kv(strings.Repeat("k", 65536), true), nil, "has 65536 bytes, at most 65535"},
		{"key twice", kv("general.architecture", "sample"), nil, `key "general.architecture" is there twice`},
		{"alignment", kv("general.alignment", uint32(32)), nil, "cannot be set"},
		{"quantization version 1", []KV{arch, {"general.quantization_version", uint32(1)}}, nil, "is 1, must be uint32(2)"},
		{"quantization version int32", []KV{arch, {"general.quantization_version", int32(2)}}, nil, "is i32, must be uint32(2)"},
		{"file type u64", kv("general.file_type", uint64(15)), nil, "is u64, must be u32"},
		{"int", kv("sample.n", 3), nil, "is of Go type int, must be a number of stated width"},
		{"nil", kv("sample.n", nil), nil, "is of Go type <nil>"},
		{"empty array", kv("sample.n", []string{}), nil, "is an empty array"},
		{"array of arrays", kv("sample.n", [][]uint8{{1}}), nil, "is of Go type [][]uint8"},
		{"string not UTF-8", kv("sample.n", "\xff"), nil, "is not UTF-8"},
		{"string with NUL", kv("sample.n", "a\x00b"), nil, "holds a NUL"},
		{"element with NUL", kv("sample.n", []string{"a", "a\x00b"}), nil, "element 1 is \"a\\x00b\", which holds a NUL"},

		{"quantised without version", []KV{arch}, tensor(func(d *TensorData) { *d = TensorData{"w", Q8_0, []uint64{32}, make([]byte, 34)} }), "needs the key general.quantization_version = uint32(2)"},
		{"no name", kv("sample.n", true), tensor(func(d *TensorData) { d.Name = "" }), "tensor 0 has no name"},
		{"name of 64 bytes", kv("sample.n", true), tensor(func(d *TensorData) { d.Name = strings.Repeat("n", 64) }), "has a name of 64 bytes, at most 63"},
		{"name with NUL", kv("sample.n", true), tensor(func(d *TensorData) { d.Name = "a\x00" }), "has a NUL in its name"},
		{"name twice", kv("sample.n", true), []TensorData{one, one}, `tensor "w" is there twice`},
		{"type that does not exist", kv("sample.n", true), tensor(func(d *TensorData) { d.Type = 99 }), "is type 99, which this package does not write"},
		{"type that was removed", kv("sample.n", true), tensor(func(d *TensorData) { d.Type = 31 }), "is type 31, which this package does not write"},
		{"type that is only listed", kv("sample.n", true), tensor(func(d *TensorData) { d.Type = 10 }), "is q2_K, which this package does not write"},
		{"no dimensions", kv("sample.n", true), tensor(func(d *TensorData) { d.Dims = nil }), "has 0 dimensions"},
		{"5 dimensions", kv("sample.n", true), tensor(func(d *TensorData) { d.Dims = []uint64{3, 1, 1, 1, 2} }), "has 5 dimensions"},
		{"dimension 0", kv("sample.n", true), tensor(func(d *TensorData) { d.Dims = []uint64{3, 0} }), "has dimension 1 of 0"},
		{"product that wraps", kv("sample.n", true), tensor(func(d *TensorData) { d.Dims = []uint64{1 << 32, 1 << 32} }), "more elements than fit"},
		{"last dimension 1", kv("sample.n", true), tensor(func(d *TensorData) { d.Dims = []uint64{3, 1} }), "whose last dimension of 1 ggml would drop"},
		{"row not whole blocks", kv("sample.n", true), tensor(func(d *TensorData) { *d = TensorData{"w", Q8_0, []uint64{85, 32}, make([]byte, 85*34)} }), "rows of 85, which is not a multiple of the 32"},
		{"data too short", kv("sample.n", true), tensor(func(d *TensorData) { d.Data = d.Data[:11] }), "has 11 bytes of data, its shape [3] of f32 takes 12"},
		{"data too long", kv("sample.n", true), tensor(func(d *TensorData) { d.Data = make([]byte, 16) }), "has 16 bytes of data"},
		{"NaN", kv("sample.n", true), tensor(func(d *TensorData) { d.Data = floatBytes([]float32{1, float32(math.NaN()), 3}) }), `tensor "w": block 1 of f32 has weight NaN`},
		{"infinite scale", kv("sample.n", true), tensor(func(d *TensorData) {
			*d = TensorData{"w", Q8_0, []uint64{32}, append([]byte{0, 0x7c}, make([]byte, 32)...)}
		}), `tensor "w": block 0 of q8_0 has scale +Inf`},
	} {
		var b bytes.Buffer
		err := Write(&b, c.kvs, c.tensors)
		if !errors.Is(err, ErrValue) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error is %v, want one line with %q", c.name, err, c.want)
		}
		if b.Len() > 0 {
			t.Errorf("%s: %d bytes were written before the error", c.name, b.Len())
		}
	}
	if err := Write(&bytes.Buffer{}, kv("sample.n", true), []TensorData{one}); err != nil {
		t.Errorf("the tensor to be spoilt is not valid: %v", err)
	}
}

// TestWriteLayout follows the bytes of a small file by hand.
func TestWriteLayout(t *testing.T) {
	p := rawParts()
	var b bytes.Buffer
	f, err := readBytes(p.bytes())
	if err != nil {
		t.Fatal(err)
	}
	kvs := slices.Insert(slices.Clone(f.KVs), 1, KV{"general.quantization_version", uint32(2)})
	err = Write(&b, kvs, []TensorData{{"a", F32, []uint64{3}, p.data[:12]}, {"b", Q8_0, []uint64{32, 2}, p.data[32:100]}})
	if err != nil {
		t.Fatal(err)
	}
	p.kv = slices.Insert(p.kv, 1, rawKV("general.quantization_version", Uint32, le32(2)))
	p.kvs++
	if !bytes.Equal(b.Bytes(), p.bytes()) {
		t.Errorf("the file is\n%q, want\n%q", b.Bytes(), p.bytes())
	}
}
