package modelfile

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/jamba-threat/jamba/lib/features"
)

// Shape is the name and shape of a tensor that a model has.
type Shape struct {
	Name string
	Dims []int // row-major, as in PyTorch: a linear map is [out, in]
}

// Size returns the number of values.
func (s Shape) Size() int {
	n := 1
	for _, d := range s.Dims {
		n *= d
	}
	return n
}

// NE returns the dimensions in the order of GGUF, the contiguous one first, without the ones at the end that ggml drops.
func (s Shape) NE() []uint64 {
	var ne []uint64
	for _, d := range slices.Backward(s.Dims) {
		ne = append(ne, uint64(d))
	}
	for len(ne) > 1 && ne[len(ne)-1] == 1 {
		ne = ne[:len(ne)-1]
	}
	return ne
}

// Names of tensors. The rules by which llama.cpp chooses types go by these names: it quantises what ends in "weight" and has
// two dimensions, which must not happen to the small tables of the tokens and to the factors of the members.
const (
	NumericWeight    = "feature_embd.numeric"
	NumericFrequency = "feature_embd.numeric_frequency"
	NumericBias      = "feature_embd.numeric_bias"
	NumericMissing   = "feature_embd.numeric_missing"
	CategoryTable    = "feature_embd.category"
	OutputWeight     = "output.weight"
	OutputBias       = "output.bias"
)

// Block returns the name of a tensor of an attention block.
func Block(i int, part string) string { return fmt.Sprintf("blk.%d.%s", i, part) }

// Tower returns the name of a tensor of a feature layer.
func Tower(i int, part string) string { return fmt.Sprintf("tower.%d.%s", i, part) }

// Tensors lists what a network over these features has, in the order of the file. Both must be valid.
func Tensors(n Network, s features.Spec) []Shape {
	var list []Shape
	add := func(name string, dims ...int) { list = append(list, Shape{name, dims}) }
	n.tokenTensors(s, add)
	for i := range n.Blocks {
		n.blockTensors(i, add)
	}
	n.towerTensors(len(s.Numeric)+len(s.Categorical), add)
	return list
}

func (n *Network) tokenTensors(s features.Spec, add func(string, ...int)) {
	if fn := len(s.Numeric); fn > 0 {
		switch n.Embedding {
		case PiecewiseLinear:
			add(NumericWeight, fn, Bins(s), n.Width)
		case Linear:
			add(NumericWeight, fn, n.Width)
		case Periodic:
			add(NumericFrequency, fn, Frequencies)
			add(NumericWeight, fn, 2*Frequencies, n.Width)
		}
		add(NumericBias, fn, n.Width)
		add(NumericMissing, fn, n.Width)
	}
	if len(s.Categorical) > 0 {
		rows := 0
		for i := range s.Categorical {
			rows += s.Categorical[i].Size
		}
		add(CategoryTable, rows, n.Width)
	}
}

// Bins returns the largest number of piecewise-linear bins of a feature; the table of weights has that many for each.
func Bins(s features.Spec) int {
	bins := 1
	for i := range s.Numeric {
		bins = max(bins, len(s.Numeric[i].Edges)-1)
	}
	return bins
}

func (n *Network) blockTensors(i int, add func(string, ...int)) {
	d, ff := n.Width, n.FFN
	at := func(part string) string { return Block(i, part) }
	add(at("attn_norm.weight"), d)
	add(at("attn_norm.bias"), d)
	for _, name := range []string{"attn_q", "attn_k", "attn_v", "attn_output"} {
		add(at(name+".weight"), d, d)
		add(at(name+".bias"), d)
	}
	add(at("ffn_norm.weight"), d)
	add(at("ffn_norm.bias"), d)
	for _, name := range []string{"ffn_gate", "ffn_up"} {
		add(at(name+".weight"), ff, d)
		add(at(name+".bias"), ff)
	}
	add(at("ffn_down.weight"), d, ff)
	add(at("ffn_down.bias"), d)
}

func (n *Network) towerTensors(tokens int, add func(string, ...int)) {
	in := n.TowerInput(tokens)
	for i, out := range n.Widths {
		at := func(part string) string { return Tower(i, part) }
		add(at("weight"), out, in)
		add(at("bias"), out)
		if n.HasMembers(i) {
			add(at("member_in"), n.Members, in)
			add(at("member_out"), n.Members, out)
			add(at("member_bias"), n.Members, out)
		}
		for _, part := range []string{"norm.weight", "norm.bias", "norm.mean", "norm.variance"} {
			add(at(part), out)
		}
		in = out
	}
	// One row for every member and output, member by member.
	add(OutputWeight, n.Members*n.Outputs, in)
	add(OutputBias, n.Members*n.Outputs)
}

// TowerInput returns the width of the input of the first feature layer: all tokens, then the mean of the attended ones.
func (n *Network) TowerInput(tokens int) int {
	if n.Blocks > 0 {
		tokens++
	}
	return tokens * n.Width
}

// HasMembers reports whether the members differ in feature layer i, counted from 0.
func (n *Network) HasMembers(i int) bool { return n.Members > 1 && i >= n.MemberLayer-1 }

// validateWeights demands the tensors of Tensors and no others, with finite values.
func (m *Model) validateWeights() error {
	want := Tensors(m.Network, m.Features.Spec())
	for _, s := range want {
		values, ok := m.Weights[s.Name]
		if !ok {
			return badf("tensor %q is missing", s.Name)
		}
		if len(values) != s.Size() {
			return badf("tensor %q has %d values, must have %d (%v)", s.Name, len(values), s.Size(), s.Dims)
		}
		if err := checkValues(s.Name, values); err != nil {
			return err
		}
	}
	if len(m.Weights) > len(want) {
		for name := range m.Weights {
			if !slices.ContainsFunc(want, func(s Shape) bool { return s.Name == name }) {
				return badf("tensor %q is not part of this network", name)
			}
		}
	}
	return nil
}

func checkValues(name string, values []float32) error {
	for i, v := range values {
		if !(math.Abs(float64(v)) <= math.MaxFloat32) {
			return badf("tensor %q has %v at %d, must be finite", name, v, i)
		}
	}
	if strings.HasSuffix(name, ".norm.variance") {
		for i, v := range values {
			if v < 0 {
				return badf("tensor %q has %v at %d, must not be negative", name, v, i)
			}
		}
	}
	return nil
}
