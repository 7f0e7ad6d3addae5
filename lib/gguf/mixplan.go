package gguf

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Plan chooses the type of every tensor of a model, which must be given whole: some rules count blocks. Of a Tensor only
// Name and Dims are read. The result has the order of the tensors; their order does not matter otherwise.
func (m Mix) Plan(tensors []Tensor) []Choice {
	choices := make([]Choice, len(tensors))
	sensitive := m.sensitive(tensors)
	for i, t := range tensors {
		choices[i] = Choice{F32, F32}
		if !quantizable(t) {
			continue
		}
		want := m.Base()
		if sensitive[i] {
			want = Q6_K
		}
		choices[i] = Choice{fallback(want, t.Dims[0]), want}
	}
	return choices
}

// sensitive finds the tensors that q4_k_m and q5_k_m give more bits.
func (m Mix) sensitive(tensors []Tensor) map[int]bool {
	found := map[int]bool{}
	if m != MixQ4_K_M && m != MixQ5_K_M {
		return found
	}
	// llama.cpp counts tensors in the order of their blocks, and by name within a block.
	order := make([]int, len(tensors))
	blocks := 0
	for i, t := range tensors {
		order[i] = i
		blocks = max(blocks, block(t.Name)+1)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(block(tensors[a].Name), block(tensors[b].Name)), cmp.Compare(tensors[a].Name, tensors[b].Name))
	})
	var values, downs []int
	outputs := []string{"token_embd.weight", "per_layer_token_embd.weight"} // serve as the output when there is no other
	for _, i := range order {
		switch t := tensors[i]; {
		case t.Name == "output.weight":
			outputs = []string{t.Name}
		case !quantizable(t):
		case has(t.Name, "attn_v.weight", "attn_qkv.weight", "attn_kv_b.weight"):
			values = append(values, i)
		case has(t.Name, "ffn_down"):
			downs = append(downs, i)
		}
	}
	for n, i := range values {
		found[i] = moreBits(n, len(values))
	}
	for n, i := range downs {
		found[i] = moreBits(n, blocks)
	}
	for i, t := range tensors {
		if slices.Contains(outputs, t.Name) {
			found[i] = true
		}
	}
	return found
}

// moreBits picks about half of n layers: the first and last eighth and every third between.
func moreBits(i, n int) bool {
	return i < n/8 || i >= 7*n/8 || (i-n/8)%3 == 2
}

// block returns the number N of a name "blk.N.…", -1 for other names.
func block(name string) int {
	rest, ok := strings.CutPrefix(name, "blk.")
	digits, _, dot := strings.Cut(rest, ".")
	n, err := strconv.ParseUint(digits, 10, 31)
	if !ok || !dot || err != nil {
		return -1
	}
	return int(n)
}

// quantizable reports whether a mix changes the type of a tensor.
func quantizable(t Tensor) bool {
	dims := len(t.Dims)
	for dims > 0 && t.Dims[dims-1] == 1 {
		dims--
	}
	return dims >= 2 && strings.HasSuffix(t.Name, "weight") && !kept(t.Name)
}

// kept are the matrices that llama.cpp leaves alone: norms, and those that are small or that small errors harm.
func kept(name string) bool {
	return name == "position_embd.weight" || name == "token_types.weight" || has(name,
		"_norm.weight", "ffn_gate_inp.weight", "ffn_gate_tid2eid.weight", "altup", "laurel", "per_layer_model_proj",
		"ssm_conv1d", "shortconv.conv.weight", "indexer.k_proj.weight", "indexer.q_proj.weight",
		"time_mix_first.weight", "time_mix_w0.weight", "time_mix_w1.weight", "time_mix_w2.weight",
		"time_mix_v0.weight", "time_mix_v1.weight", "time_mix_v2.weight", "time_mix_a0.weight", "time_mix_a1.weight",
		"time_mix_a2.weight", "time_mix_g1.weight", "time_mix_g2.weight", "time_mix_decay_w1.weight",
		"time_mix_decay_w2.weight", "time_mix_lerp_fused.weight", "attn_rel_b.weight", ".position_embd", "sam.pos_embd",
		"sam.neck.", "sam.net_", ".rel_pos", ".patch_embd", ".patch_merger", "a.rvq.codebook", "mm.a.code_embd")
}

func has(name string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(name, p) })
}

// fallback returns the type for rows of n weights.
func fallback(want Type, n uint64) Type {
	fits := func(t Type) bool { return n%uint64(t.BlockSize()) == 0 }
	narrow := want
	switch want {
	case Q4_K:
		narrow = Q5_0
	case Q5_K:
		narrow = Q5_1
	case Q6_K:
		narrow = Q8_0
	}
	switch {
	case fits(want):
		return want
	case fits(narrow):
		return narrow
	}
	return F16
}
