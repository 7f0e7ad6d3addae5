package model

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/jamba-threat/jamba/lib/features"
)

// Param is one named tensor inside a flat vector.
type Param struct {
	Name   string `json:"name"`
	Shape  []int  `json:"shape"`  // row-major; linear maps are [out, in]
	Offset int    `json:"offset"` // index of the first element in the vector
	Size   int    `json:"size"`
	Decay  bool   `json:"decay"` // takes part in weight decay: matrices do, biases, norms and embeddings do not

	init initializer
}

// initializer fills a new parameter.
type initializer struct {
	kind  initKind
	scale float64
}

type initKind uint8

const (
	constant initKind = iota // scale
	uniform                  // -scale..scale
	normal                   // standard deviation scale
	signs                    // -1 or +1
)

// Layout is the inventory of a model: what the flat vectors hold, and how the input columns are laid out.
type Layout struct {
	Config   Config        `json:"config"` // with defaults filled in
	Spec     features.Spec `json:"spec"`
	Weights  []Param       `json:"weights"` // trained by gradient
	Stats    []Param       `json:"stats"`   // running means and variances of batch norm
	NWeights int           `json:"n_weights"`
	NStats   int           `json:"n_stats"`

	index map[string]int
}

// NewLayout derives the inventory from the architecture and from what the features say about the data.
// A configuration out of bounds, or data without a feature, is an error.
func NewLayout(cfg Config, spec features.Spec) (*Layout, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("model: config: %w", err)
	}
	if len(spec.Numeric)+len(spec.Categorical) == 0 {
		return nil, fmt.Errorf("model: the data have no feature column")
	}
	l := &Layout{Config: cfg.WithDefaults(), Spec: spec, index: map[string]int{}}
	l.tokenizer()
	for i := range l.Config.AttentionBlocks() {
		l.block(fmt.Sprintf("blk.%d.", i))
	}
	l.tower()
	return l, nil
}

// Features returns F, the number of tokens of a row.
func (l *Layout) Features() int { return len(l.Spec.Numeric) + len(l.Spec.Categorical) }

// Bins returns the largest number of piecewise-linear bins of a feature; others are padded to it.
func (l *Layout) Bins() int {
	bins := 1
	for _, f := range l.Spec.Numeric {
		bins = max(bins, len(f.Edges)-1)
	}
	return bins
}

// Weight returns the parameter of that name.
func (l *Layout) Weight(name string) (Param, bool) {
	i, ok := l.index[name]
	if !ok {
		return Param{}, false
	}
	return l.Weights[i], true
}

func (l *Layout) add(name string, init initializer, decay bool, shape ...int) {
	p := Param{Name: name, Shape: shape, Offset: l.NWeights, Size: size(shape), Decay: decay, init: init}
	l.index[name] = len(l.Weights)
	l.Weights = append(l.Weights, p)
	l.NWeights += p.Size
}

func (l *Layout) addStat(name string, value float64, shape ...int) {
	p := Param{Name: name, Shape: shape, Offset: l.NStats, Size: size(shape), init: initializer{constant, value}}
	l.Stats = append(l.Stats, p)
	l.NStats += p.Size
}

// linear adds a map with bias, started as PyTorch starts it: uniform in ±1/sqrt(in).
func (l *Layout) linear(name string, out, in int) {
	bound := initializer{uniform, 1 / math.Sqrt(float64(in))}
	l.add(name+".weight", bound, true, out, in)
	l.add(name+".bias", bound, false, out)
}

func (l *Layout) norm(name string, width int) {
	l.add(name+".weight", initializer{constant, 1}, false, width)
	l.add(name+".bias", initializer{constant, 0}, false, width)
}

// periodicFrequencies is the number of trained frequencies of a numeric feature under Periodic.
const periodicFrequencies = 16

func (l *Layout) tokenizer() {
	d, nNum := l.Config.TokenWidth, len(l.Spec.Numeric)
	small := initializer{normal, 0.1}
	if nNum > 0 {
		switch l.Config.Embedding {
		case PiecewiseLinear:
			bins := l.Bins()
			l.add("token.numeric.weight", initializer{uniform, 1 / math.Sqrt(float64(bins))}, true, nNum, bins, d)
		case Linear:
			l.add("token.numeric.weight", initializer{uniform, 1}, true, nNum, d)
		case Periodic:
			l.add("token.numeric.frequency", initializer{normal, 0.1}, false, nNum, periodicFrequencies)
			bound := initializer{uniform, 1 / math.Sqrt(2*periodicFrequencies)}
			l.add("token.numeric.weight", bound, true, nNum, 2*periodicFrequencies, d)
		}
		l.add("token.numeric.bias", small, false, nNum, d)
		l.add("token.numeric.missing", small, false, nNum, d)
	}
	if rows := l.categories(); rows > 0 {
		l.add("token.category.weight", small, false, rows, d)
	}
}

// categories returns the rows of the one embedding table that all categorical features share.
func (l *Layout) categories() (rows int) {
	for _, f := range l.Spec.Categorical {
		rows += f.Size
	}
	return rows
}

func (l *Layout) block(at string) {
	d, ff := l.Config.TokenWidth, l.Config.FFN
	l.norm(at+"attn_norm", d)
	bound := initializer{uniform, 1 / math.Sqrt(float64(d))}
	// Query, key and value stand side by side, so that the graph takes all three in one product.
	for _, name := range []string{"attn_q", "attn_k", "attn_v"} {
		l.add(at+name+".weight", bound, true, d, d)
	}
	for _, name := range []string{"attn_q", "attn_k", "attn_v"} {
		l.add(at+name+".bias", initializer{constant, 0}, false, d)
	}
	l.linear(at+"attn_output", d, d)
	l.norm(at+"ffn_norm", d)
	for _, name := range []string{"ffn_gate", "ffn_up"} {
		l.add(at+name+".weight", bound, true, ff, d)
	}
	for _, name := range []string{"ffn_gate", "ffn_up"} {
		l.add(at+name+".bias", initializer{constant, 0}, false, ff)
	}
	l.linear(at+"ffn_down", d, ff)
}

func (l *Layout) tower() {
	c := l.Config
	in := l.Features() * c.TokenWidth
	if c.AttentionBlocks() > 0 {
		in += c.TokenWidth
	}
	first := c.MemberLayer - 1
	for i, out := range c.LayerWidths() {
		at := fmt.Sprintf("layer.%d.", i)
		l.linear(at+"linear", out, in)
		if c.Members > 1 && i >= first {
			start := initializer{constant, 1}
			if i == first {
				start = initializer{signs, 1} // members must differ from the first step on
			}
			l.add(at+"member_in.weight", start, false, c.Members, in)
			l.add(at+"member_out.weight", initializer{constant, 1}, false, c.Members, out)
			l.add(at+"member_out.bias", initializer{uniform, 1 / math.Sqrt(float64(in))}, false, c.Members, out)
		}
		l.norm(at+"norm", out)
		l.addStat(at+"norm.mean", 0, out)
		l.addStat(at+"norm.variance", 1, out)
		in = out
	}
	bound := initializer{uniform, 1 / math.Sqrt(float64(in))}
	l.add("head.weight", bound, true, c.Members, c.Outputs, in)
	l.add("head.bias", bound, false, c.Members, c.Outputs)
}

// Init returns a new vector of weights and one of statistics. The same seed gives the same numbers on every machine.
func (l *Layout) Init(seed int64) (weights, stats []float32) {
	rng := rand.New(rand.NewPCG(uint64(seed), 0x6a616d6261)) // a stream of its own, apart from shuffling
	weights, stats = make([]float32, l.NWeights), make([]float32, l.NStats)
	for _, p := range l.Weights {
		p.init.fill(weights[p.Offset:p.Offset+p.Size], rng)
	}
	for _, p := range l.Stats {
		p.init.fill(stats[p.Offset:p.Offset+p.Size], rng)
	}
	return weights, stats
}

func (in initializer) fill(dst []float32, rng *rand.Rand) {
	for i := range dst {
		switch in.kind {
		case constant:
			dst[i] = float32(in.scale)
		case uniform:
			dst[i] = float32(in.scale * (2*rng.Float64() - 1))
		case normal:
			dst[i] = float32(in.scale * rng.NormFloat64())
		case signs:
			dst[i] = float32(in.scale * float64(1-2*rng.IntN(2)))
		}
	}
}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
