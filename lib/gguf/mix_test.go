package gguf

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// TestMoreBits has the blocks that llama.cpp's rule picks by depth.
func TestMoreBits(t *testing.T) {
	for n, want := range map[int][]int{1: {0}, 2: {1}, 3: {2}, 4: {2, 3}, 6: {2, 5}, 8: {0, 3, 6, 7}, 12: {0, 3, 6, 9, 10, 11}} {
		var got []int
		for i := range n {
			if moreBits(i, n) {
				got = append(got, i)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d blocks: %v, want %v", n, got, want)
		}
	}
}

// transformer lists the matrices of a model with separate q, k and v.
func transformer(blocks int, d, ff uint64) []Tensor {
	var list []Tensor
	for i := range blocks {
		add := func(name string, dims ...uint64) {
			list = append(list, Tensor{Name: fmt.Sprintf("blk.%d.%s", i, name), Dims: dims})
		}
		for _, name := range []string{"attn_q", "attn_k", "attn_v", "attn_output"} {
			add(name+".weight", d, d)
		}
		add("ffn_up.weight", d, ff)
		add("ffn_down.weight", ff, d)
	}
	return list
}

// TestPlanShares compares with what llama-quantize makes of such models: shares of the weights and bits per weight.
func TestPlanShares(t *testing.T) {
	for _, c := range []struct {
		mix   Mix
		d, ff uint64
		share map[Type]float64 // percent
		bits  float64
	}{
		{MixQ4_K_M, 64, 256, map[Type]float64{Q5_0: 64, Q4_K: 22, Q6_K: 11, Q8_0: 3}, 5.48},
		{MixQ5_K_M, 64, 256, map[Type]float64{Q5_1: 64, Q5_K: 22, Q6_K: 11, Q8_0: 3}, 6.02},
		{MixQ4_K_M, 256, 1024, map[Type]float64{Q4_K: 86, Q6_K: 14}, 4.79},
		{MixQ5_K_M, 256, 1024, map[Type]float64{Q5_K: 86, Q6_K: 14}, 5.65},
		{MixQ8_0, 64, 256, map[Type]float64{Q8_0: 100}, 8.5},
		{MixQ8_0, 64, 85, map[Type]float64{Q8_0: 80, F16: 20}, 10.00}, // 85 is no multiple of 32: f16 is ours
		{MixF16, 64, 256, map[Type]float64{F16: 100}, 16},
		{MixBF16, 64, 256, map[Type]float64{BF16: 100}, 16},
		{MixF32, 64, 256, map[Type]float64{F32: 100}, 32},
	} {
		tensors := transformer(3, c.d, c.ff)
		for i, choice := range c.mix.Plan(tensors) {
			tensors[i].Type = choice.Type
		}
		s := Summarize(tensors)
		got := map[Type]float64{}
		for _, part := range s.Types {
			got[part.Type] = math.Round(100 * float64(part.Weights) / float64(s.Weights))
		}
		if fmt.Sprint(got) != fmt.Sprint(c.share) || math.Abs(s.BitsPerWeight()-c.bits) > 0.01 {
			t.Errorf("%s of d %d, ff %d: %v %%, %.3f bits, want %v %%, %.2f", c.mix, c.d, c.ff, got, s.BitsPerWeight(), c.share, c.bits)
		}
	}
}

func TestPlanByName(t *testing.T) {
	model := []Tensor{
		{Name: "blk.1.attn_v.weight", Dims: []uint64{256, 256}}, // before block 0: the order of the file does not matter
		{Name: "blk.0.attn_v.weight", Dims: []uint64{256, 256}},
		{Name: "blk.1.ffn_down.weight", Dims: []uint64{256, 256}},
		{Name: "blk.0.ffn_down.weight", Dims: []uint64{256, 256}},
		{Name: "blk.0.attn_qkv.weight", Dims: []uint64{256, 768}},
		{Name: "token_embd.weight", Dims: []uint64{256, 99}},
		{Name: "output.weight", Dims: []uint64{256, 5}},
		{Name: "output.bias", Dims: []uint64{5}},
		{Name: "output_norm.weight", Dims: []uint64{256, 2}},
		{Name: "blk.0.attn_norm.weight", Dims: []uint64{256}},
		{Name: "feature_embd.scale", Dims: []uint64{256, 20}},
		{Name: "position_embd.weight", Dims: []uint64{256, 20}},
		{Name: "column.weight", Dims: []uint64{256, 1}},
		{Name: "head.weight", Dims: []uint64{40, 2}},
		{Name: "narrow.weight", Dims: []uint64{64, 2}},
		{Name: "3d.weight", Dims: []uint64{256, 2, 2}},
	}
	// Three tensors count as attn_v: block 0 has two, block 1 the last, which gets more bits.
	want := map[string]Choice{
		"blk.1.attn_v.weight": {Q6_K, Q6_K}, "blk.0.attn_v.weight": {Q4_K, Q4_K}, "blk.0.attn_qkv.weight": {Q4_K, Q4_K},
		"blk.1.ffn_down.weight": {Q6_K, Q6_K}, "blk.0.ffn_down.weight": {Q4_K, Q4_K},
		"token_embd.weight": {Q4_K, Q4_K}, "output.weight": {Q6_K, Q6_K}, "output.bias": {F32, F32},
		"output_norm.weight": {F32, F32}, "blk.0.attn_norm.weight": {F32, F32}, "feature_embd.scale": {F32, F32},
		"position_embd.weight": {F32, F32}, "column.weight": {F32, F32}, "head.weight": {F16, Q4_K},
		"narrow.weight": {Q5_0, Q4_K}, "3d.weight": {Q4_K, Q4_K},
	}
	for i, got := range MixQ4_K_M.Plan(model) {
		if name := model[i].Name; got != want[name] || got.FellBack() != (got.Type != got.Wanted) {
			t.Errorf("%s is %v, want %v", name, got, want[name])
		}
	}
	tied := slices.DeleteFunc(slices.Clone(model), func(t Tensor) bool { return t.Name == "output.weight" })
	for i, got := range MixQ5_K_M.Plan(tied) {
		if tied[i].Name == "token_embd.weight" && got.Type != Q6_K {
			t.Errorf("token_embd.weight without output.weight is %v, want q6_K", got)
		}
	}
	narrow := []Tensor{{Name: "output.weight", Dims: []uint64{64, 2}}, {Name: "blk.0.ffn_down.weight", Dims: []uint64{85, 2}}}
	if got := MixQ4_K_M.Plan(narrow); got[0] != (Choice{Q8_0, Q6_K}) || got[1] != (Choice{F16, Q6_K}) {
		t.Errorf("narrow rows give %v", got)
	}
	if got := MixQ8_0.Plan(narrow); got[0] != (Choice{Q8_0, Q8_0}) || got[1] != (Choice{F16, Q8_0}) {
		t.Errorf("narrow rows in q8_0 give %v", got)
	}
}

func TestParseMix(t *testing.T) {
	for _, c := range []struct {
		name     string
		mix      Mix
		fileType uint32
		base     Type
	}{{"f32", MixF32, 0, F32}, {"f16", MixF16, 1, F16}, {"q8_0", MixQ8_0, 7, Q8_0}, {"q4_k_m", MixQ4_K_M, 15, Q4_K}, {"q5_k_m", MixQ5_K_M, 17, Q5_K}, {"bf16", MixBF16, 32, BF16}} {
		for _, s := range []string{c.name, strings.ToUpper(c.name)} {
			got, err := ParseMix(s)
			if err != nil || got != c.mix || got.String() != c.name || got.FileType() != c.fileType || got.Base() != c.base || got.Encoding() != strings.ToUpper(c.name) {
				t.Errorf("ParseMix(%q) is %v, %v, file type %d, base %s", s, got, err, got.FileType(), got.Base())
			}
		}
	}
	if _, err := ParseMix("q4_k_s"); err == nil || !strings.Contains(err.Error(), "q4_k_m") {
		t.Errorf("an unknown mix gives %v, want the names that are known", err)
	}
	if len(Mixes()) != 6 {
		t.Errorf("%d mixes", len(Mixes()))
	}
}
