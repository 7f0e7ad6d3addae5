package gguf

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// sampleKVs hold every type of value, single and as an array.
func sampleKVs() []KV {
	return []KV{
		{"general.architecture", "sample"},
		{"general.name", "Sample \u00e9 \u6f22"},
		{"general.quantization_version", uint32(2)},
		{"sample.u8", uint8(200)},
		{"sample.i8", int8(-100)},
		{"sample.u16", uint16(60000)},
		{"sample.i16", int16(-30000)},
		{"sample.u32", uint32(4000000000)},
		{"sample.i32", int32(-2000000000)},
		{"sample.f32", float32(1.5)},
		{"sample.yes", true},
		{"sample.u64", uint64(1 << 63)},
		{"sample.i64", int64(-1 << 62)},
		{"sample.f64", 0.1},
		{"sample.empty", ""},
		{"sample.u8s", []uint8{1, 2, 255}},
		{"sample.i8s", []int8{-1, 2}},
		{"sample.u16s", []uint16{1, 60000}},
		{"sample.i16s", []int16{-1, 2}},
		{"sample.u32s", []uint32{1, 4000000000}},
		{"sample.i32s", []int32{-1, 2}},
		{"sample.f32s", []float32{0.1, -2, 1e30}},
		{"sample.bools", []bool{true, false, true}},
		{"sample.names", []string{"duration", "", "src bytes"}},
		{"sample.u64s", []uint64{1, 1 << 63}},
		{"sample.i64s", []int64{-1, 2}},
		{"sample.f64s", []float64{0.1, 1e300}},
	}
}

// sampleTensors hold every type that is written, and sizes that need padding.
func sampleTensors(t testing.TB) []TensorData {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	tensor := func(name string, typ Type, dims ...uint64) TensorData {
		x := make([]float32, elements(dims))
		for i := range x {
			x[i] = float32(random.NormFloat64())
		}
		size, err := tensorBytes(typ, dims)
		if err != nil {
			t.Fatal(err)
		}
		data := make([]byte, size)
		if err := Quantize(typ, data, x); err != nil {
			t.Fatal(err)
		}
		return TensorData{name, typ, dims, data}
	}
	return []TensorData{
		tensor("blk.0.attn_q.weight", Q5_0, 64, 3),
		tensor("blk.0.attn_norm.weight", F32, 5),
		tensor("blk.0.attn_k.weight", Q5_1, 32, 2),
		tensor("blk.0.attn_v.weight", Q8_0, 32, 3),
		tensor("blk.0.attn_output.weight", Q4_0, 32, 2, 2),
		tensor("blk.0.ffn_up.weight", Q4_K, 256, 2),
		tensor("blk.0.ffn_gate.weight", Q5_K, 512),
		tensor("blk.0.ffn_down.weight", Q6_K, 256, 3),
		tensor("half", F16, 7, 2, 2, 3),
		tensor("brain", BF16, 9),
		tensor("output.weight", F32, 1),
	}
}

// sampleFile is a valid file of both.
func sampleFile(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, sampleKVs(), sampleTensors(t)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// readBytes reads a file from memory.
func readBytes(b []byte) (*File, error) { return Read(bytes.NewReader(b), int64(len(b))) }
