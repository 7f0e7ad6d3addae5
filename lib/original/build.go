package original

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Tensor is one array of parameters, row-major, the last axis contiguous.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// builder follows a layout and collects its layers. It reads either a checkpoint, by the names that PyTorch gave, or a
// model file, by ours; every method takes both names, so that the layouts are the one place where the two meet.
// After the first problem all methods do nothing.
type builder struct {
	torch   bool // the source is a checkpoint
	source  map[string]Tensor
	taken   map[string]bool
	heads   int // of the transformer: no shape tells
	tensors []Tensor
	steps   []step
	width   int // of the output of the last step; 0 before the first
	inputs  int
	err     error
}

func (b *builder) fail(format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf(format, args...)
	}
}

func (b *builder) pick(torch, ours string) string {
	if b.torch {
		return torch
	}
	return ours
}

func (b *builder) has(torch, ours string) bool {
	_, there := b.source[b.pick(torch, ours)]
	return there && b.err == nil
}

// take returns a tensor of the source and marks it as used. A shape below 0 fits anything.
func (b *builder) take(name string, shape ...int) Tensor {
	t, there := b.source[name]
	empty := Tensor{Shape: make([]int, len(shape))}
	if b.err != nil {
		return empty
	}
	if !there {
		b.fail("there is no tensor %s", name)
		return empty
	}
	b.taken[name] = true
	fits := len(t.Shape) == len(shape)
	for i := range t.Shape {
		fits = fits && t.Shape[i] > 0 && (shape[i] < 0 || t.Shape[i] == shape[i])
	}
	if !fits {
		b.fail("tensor %s has the shape %v, want %s", name, t.Shape, strings.ReplaceAll(fmt.Sprint(shape), "-1", "n"))
		return empty
	}
	for i, v := range t.Data {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			b.fail("tensor %s has %v at place %d", name, v, i)
			return empty
		}
	}
	return t
}

// keep records a tensor under the name it has in a model file.
func (b *builder) keep(name string, data []float32, shape ...int) []float32 {
	b.tensors = append(b.tensors, Tensor{name, shape, data})
	return data
}

// vector takes a tensor of one axis.
func (b *builder) vector(torch, ours string, n int) []float32 {
	return b.keep(ours, b.take(b.pick(torch, ours), n).Data, n)
}

// matrix takes a weight [out, in]. A model file has no trailing axis of 1, so that a single output is one row there.
func (b *builder) matrix(torch, ours string, in int) (weight []float32, out int) {
	name := b.pick(torch, ours)
	if t, there := b.source[name]; there && !b.torch && len(t.Shape) == 1 {
		return b.keep(ours, b.take(name, in).Data, 1, t.Shape[0]), 1
	}
	t := b.take(name, -1, in)
	return b.keep(ours, t.Data, t.Shape...), t.Shape[0]
}

// add appends a step; the first one decides the number of inputs.
func (b *builder) add(s step) {
	if b.err != nil {
		return
	}
	in, out := s.widths()
	if b.inputs == 0 {
		b.inputs = in
	}
	b.steps, b.width = append(b.steps, s), out
}

// from is the width that the next step must take, below 0 before the first.
func (b *builder) from() int {
	if b.width == 0 {
		return -1
	}
	return b.width
}

// affine takes the weight and the bias of a linear layer, and returns it.
func (b *builder) affine(torch, ours string, in int) linear {
	weight, out := b.matrix(torch+".weight", ours+".weight", in)
	bias := b.vector(torch+".bias", ours+".bias", out)
	if b.err != nil {
		return linear{}
	}
	return linear{in: len(weight) / out, out: out, weight: weight, bias: bias}
}

func (b *builder) linear(torch, ours string) { b.add(b.affine(torch, ours, b.from())) }

// optionalLinear is a projection that a layout has only where the width of the data was not the one it wanted.
func (b *builder) optionalLinear(torch, ours string) {
	if b.has(torch+".weight", ours+".weight") {
		b.linear(torch, ours)
	}
}

func (b *builder) layerNorm(torch, ours string) {
	b.add(layerNorm{b.vector(torch+".weight", ours+".weight", b.width), b.vector(torch+".bias", ours+".bias", b.width)})
}

// batchNorm folds the running statistics into one factor and one addend per column.
func (b *builder) batchNorm(torch, ours string) {
	n := b.width
	weight, bias := b.vector(torch+".weight", ours+".weight", n), b.vector(torch+".bias", ours+".bias", n)
	mean, variance := b.vector(torch+".running_mean", ours+".mean", n), b.vector(torch+".running_var", ours+".variance", n)
	if b.torch {
		b.taken[torch+".num_batches_tracked"] = true // a counter of training
	}
	if b.err != nil {
		return
	}
	s := scale{make([]float32, n), make([]float32, n)}
	for j := range n {
		if variance[j] < 0 {
			b.fail("tensor %s has the variance %v at place %d", b.pick(torch+".running_var", ours+".variance"), variance[j], j)
			return
		}
		f := float64(weight[j]) / math.Sqrt(float64(variance[j])+epsilon)
		s.factor[j], s.addend[j] = float32(f), float32(float64(bias[j])-f*float64(mean[j]))
	}
	b.add(s)
}

// attention over a sequence of one: the value projection, then the output projection. PyTorch stacks the weights of
// queries, keys and values in this order.
func (b *builder) attention() {
	const torch = "attention.in_proj_"
	if b.torch {
		weight := b.take(torch+"weight", -1, b.from())
		e := weight.Shape[1]
		bias := b.take(torch+"bias", 3*e)
		if b.err == nil && weight.Shape[0] != 3*e {
			b.fail("tensor %sweight has the shape %v, want [%d %d]", torch, weight.Shape, 3*e, e)
		}
		if b.err != nil {
			return
		}
		b.add(linear{e, e, b.keep("attn_v.weight", weight.Data[2*e*e:], e, e), b.keep("attn_v.bias", bias.Data[2*e:], e)})
	} else {
		b.linear("", "attn_v")
	}
	b.linear("attention.out_proj", "attn_output")
}

// gru is one layer of a GRU in both directions. Its one step starts from zero, so that of the recurrent part only the
// bias takes effect; the recurrent weights are checked and left behind.
func (b *builder) gru(torch string, layer int) {
	var g gru
	for direction, suffix := range []string{"", "_reverse"} {
		name := func(part string) string { return fmt.Sprintf("%s.%s_l%d%s", torch, part, layer, suffix) }
		ours := fmt.Sprintf("gru.%d.%s", layer, []string{"forward", "backward"}[direction])
		weight, out := b.matrix(name("weight_ih"), ours+".weight", b.from())
		half := gruHalf{
			gates: linear{in: b.width, out: out, weight: weight, bias: b.vector(name("bias_ih"), ours+".bias", out)},
			state: b.vector(name("bias_hh"), ours+".state_bias", out),
		}
		if b.torch {
			b.take(name("weight_hh"), out, out/3)
		}
		if b.err == nil && out%3 != 0 {
			b.fail("tensor %s has %d rows, want three gates of one size", b.pick(name("weight_ih"), ours+".weight"), out)
		}
		g.halves[direction] = half
	}
	if b.err == nil && g.halves[0].gates.out != g.halves[1].gates.out {
		b.fail("layer %d of the GRU has %d rows forwards and %d backwards", layer, g.halves[0].gates.out, g.halves[1].gates.out)
	}
	b.add(g)
}

// finish checks that the layout used everything that the source has.
func (b *builder) finish() error {
	var rest []string
	for name := range b.source {
		if !b.taken[name] {
			rest = append(rest, name)
		}
	}
	if b.err == nil && len(rest) > 0 {
		slices.Sort(rest)
		b.fail("it has tensors that this network does not have: %s", abridge(rest))
	}
	return b.err
}
