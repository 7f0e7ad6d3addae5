package gguf_test

import (
	"bytes"
	"fmt"

	"github.com/jamba-threat/jamba/lib/gguf"
)

// A file is written from key-values and tensors, and read back.
func Example() {
	// Two outputs of 32 inputs each: stored row by row, the inputs contiguous.
	weights := make([]float32, 2*32)
	for i := range weights {
		weights[i] = float32(i%32) / 31
	}
	size, err := gguf.RowBytes(gguf.Q8_0, len(weights))
	if err != nil {
		fmt.Println(err)
		return
	}
	blocks := make([]byte, size)
	if err := gguf.Quantize(gguf.Q8_0, blocks, weights); err != nil {
		fmt.Println(err)
		return
	}

	var file bytes.Buffer
	err = gguf.Write(&file, []gguf.KV{
		{Key: "general.architecture", Value: "example"},
		{Key: "general.quantization_version", Value: uint32(2)},
		{Key: "example.feature.names", Value: []string{"duration", "src_bytes"}},
	}, []gguf.TensorData{
		{Name: "output.weight", Type: gguf.Q8_0, Dims: []uint64{32, 2}, Data: blocks},
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	f, err := gguf.Read(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil {
		fmt.Println(err)
		return
	}
	names, err := f.Strings("example.feature.names")
	fmt.Println(names, err)
	t, _ := f.Tensor("output.weight")
	values, err := f.Values(t)
	fmt.Printf("%s %v: %.3f ... %.3f %v\n", t.Type, t.Dims, values[1], values[63], err)
	_, err = f.Uint32("example.feature.names")
	fmt.Println(err)
	// Output:
	// [duration src_bytes] <nil>
	// q8_0 [32 2]: 0.031 ... 1.000 <nil>
	// gguf: key "example.feature.names" is arr[str,2], want an integer
}

func ExampleQuantize() {
	dst := make([]byte, 34)
	fmt.Println(gguf.Quantize(gguf.Q8_0, dst, []float32{1, 2, 3}))
	x := make([]float32, 32)
	x[0], x[1] = 127, -1
	fmt.Println(gguf.Quantize(gguf.Q8_0, dst, x), dst[:5]) // float16 scale of 1, then the quants
	// Output:
	// gguf: quantize: 3 weights are not a multiple of the 32 in a block of q8_0
	// <nil> [0 60 127 255 0]
}

func ExampleMix_Plan() {
	tensors := []gguf.Tensor{
		{Name: "blk.0.attn_q.weight", Dims: []uint64{256, 256}},
		{Name: "blk.0.attn_v.weight", Dims: []uint64{256, 256}},
		{Name: "blk.0.ffn_up.weight", Dims: []uint64{64, 256}},
		{Name: "blk.0.ffn_norm.weight", Dims: []uint64{64}},
	}
	for i, c := range gguf.MixQ4_K_M.Plan(tensors) {
		fmt.Println(tensors[i].Name, c.Type, c.FellBack())
	}
	// Output:
	// blk.0.attn_q.weight q4_K false
	// blk.0.attn_v.weight q6_K false
	// blk.0.ffn_up.weight q5_0 true
	// blk.0.ffn_norm.weight f32 false
}

func ExampleFileName() {
	fmt.Println(gguf.FileName("TabThreat", gguf.SizeLabel(154370), "cicids2017", "1.0", gguf.MixQ4_K_M.Encoding()))
	fmt.Println(gguf.FileName("nsl_kdd", "154K", "", "1.0", "Q8_0"))
	// Output:
	// TabThreat-154K-cicids2017-v1.0-Q4_K_M.gguf <nil>
	//  gguf: file name "nsl_kdd-154K-v1.0-Q8_0.gguf" does not follow the naming rule base-size[-fine tune]-version-encoding.gguf; use letters, digits and hyphens
}

func ExampleSummarize() {
	tensors := []gguf.Tensor{
		{Name: "output.weight", Type: gguf.Q8_0, Dims: []uint64{64, 2}},
		{Name: "output.bias", Type: gguf.F32, Dims: []uint64{2}},
	}
	s := gguf.Summarize(tensors)
	fmt.Printf("%d weights, %d bytes, %.2f bits per weight, mostly %s\n", s.Weights, s.Bytes, s.BitsPerWeight(), s.Types[0].Type)
	// Output:
	// 130 weights, 144 bytes, 8.86 bits per weight, mostly q8_0
}
