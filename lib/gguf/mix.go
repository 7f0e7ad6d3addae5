package gguf

import (
	"fmt"
	"strings"
)

// Mix is a recipe for the types of a model's tensors, named after the type that most of them get. The zero value keeps
// everything in f32.
//
// The rules are those of llama.cpp's llama-quantize (August 2026, models without experts, no importance matrix). Only
// weight matrices change type: at least two dimensions, a name that ends in "weight", and no norm, position or type
// embedding, gate of experts, convolution or other small matrix. The rest keeps f32.
//
//   - f16, bf16, q8_0: every such matrix gets that type.
//   - q4_k_m, q5_k_m: q4_K or q5_K; output.weight (token_embd.weight where there is no output.weight) gets q6_K, and so
//     do the attn_v, attn_qkv, attn_kv_b and ffn_down of about half of the blocks, the first and the last ones first.
//
// A row that is no multiple of the 256 of a K block falls back: q4_K to q5_0, q5_K to q5_1, q6_K to q8_0; one that is no
// multiple of 32 either becomes f16. For q8_0, and the output that became q8_0, llama-quantize stops there instead; f16
// is this package's extension. Models with narrow rows therefore end up larger, and more exact, than the mix's name
// says: see Choice.FellBack.
//
// attn_qkv follows the rule of attn_v, as in the llama.cpp of that date; older versions had a rule of its own.
type Mix int

// The mixes that can be written.
const (
	MixF32 Mix = iota
	MixF16
	MixBF16
	MixQ8_0
	MixQ5_K_M
	MixQ4_K_M
)

// Mixes returns all mixes, the most exact first.
func Mixes() []Mix { return []Mix{MixF32, MixBF16, MixF16, MixQ8_0, MixQ5_K_M, MixQ4_K_M} }

// ParseMix finds a mix by its name, in upper or lower case: f32, f16, bf16, q8_0, q5_k_m, q4_k_m.
func ParseMix(s string) (Mix, error) {
	var names []string
	for _, m := range Mixes() {
		if strings.EqualFold(s, m.String()) {
			return m, nil
		}
		names = append(names, m.String())
	}
	return 0, fmt.Errorf("gguf: %s is no mix of types; choose one of %s", quote(s), strings.Join(names, ", "))
}

// String returns the name of the mix in lower case, "mix 9" for a number that is none.
func (m Mix) String() string {
	switch m {
	case MixF32:
		return "f32"
	case MixF16:
		return "f16"
	case MixBF16:
		return "bf16"
	case MixQ8_0:
		return "q8_0"
	case MixQ5_K_M:
		return "q5_k_m"
	case MixQ4_K_M:
		return "q4_k_m"
	}
	return fmt.Sprintf("mix %d", int(m))
}

// Encoding returns the name of the mix as file names have it: "Q4_K_M".
func (m Mix) Encoding() string { return strings.ToUpper(m.String()) }

// FileType returns the value of general.file_type for the mix.
func (m Mix) FileType() uint32 {
	switch m {
	case MixF16:
		return 1
	case MixQ8_0:
		return 7
	case MixQ4_K_M:
		return 15
	case MixQ5_K_M:
		return 17
	case MixBF16:
		return 32
	}
	return 0
}

// Base returns the type that most matrices get.
func (m Mix) Base() Type {
	switch m {
	case MixF16:
		return F16
	case MixBF16:
		return BF16
	case MixQ8_0:
		return Q8_0
	case MixQ4_K_M:
		return Q4_K
	case MixQ5_K_M:
		return Q5_K
	}
	return F32
}

// Choice is the type that a mix gives to a tensor.
type Choice struct {
	Type   Type
	Wanted Type // what the mix gives when the rows are multiples of 256
}

// FellBack reports whether the width of the rows forced another type than the mix wants.
func (c Choice) FellBack() bool { return c.Type != c.Wanted }
