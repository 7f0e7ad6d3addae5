package model

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// How a numeric feature becomes a token.
const (
	PiecewiseLinear = "piecewise-linear" // over quantile bins of the training rows (Gorishniy et al. 2022, section 3.2)
	Linear          = "linear"           // x*w + b
	Periodic        = "periodic"         // sines and cosines of trained frequencies (ibid., section 3.3), then a linear map
)

// Precision of the matrix products.
const (
	Float32  = "float32"
	BFloat16 = "bfloat16" // inputs of products rounded to bfloat16; everything else stays float32
)

// Config is the architecture, apart from what the data decide (number of features, categories, bins).
// The zero value of a field means its default.
type Config struct {
	Embedding  string  `json:"embedding"`      // default PiecewiseLinear
	TokenWidth int     `json:"token_width"`    // D, width of a feature token, 1..512; default 8
	Heads      int     `json:"n_heads"`        // H, must divide TokenWidth; default 4
	Blocks     int     `json:"blocks"`         // attention blocks, 1..32; default 1; -1 for none
	FFN        int     `json:"ffn"`            // width of the gated feed-forward of a block; default 2*TokenWidth
	Hidden     int     `json:"hidden_dim"`     // width of the first feature layer, 16..512; default 64
	Layers     int     `json:"feature_layers"` // feature layers, each half as wide as the one before, 1..16; default 2
	Dropout    float64 `json:"dropout_rate"`   // in feature layers, 0..1 (1 excluded); no default: 0 is none
	Members    int     `json:"members"`        // K, ensemble members that share the feature layers; default 16, 1 is off
	// MemberLayer is the feature layer, counted from 1, from which on the members differ; default 2, or 1 when there is only
	// one layer. At 1 members are most different, at K times the cost of the widest product of the network.
	MemberLayer int    `json:"member_layer"`
	Outputs     int    `json:"output_dim"` // 1: one logit (threat or not); else one per class, 2..100; default 1
	Precision   string `json:"precision"`  // default Float32
}

// WithDefaults returns the configuration with every unset field filled in.
func (c Config) WithDefaults() Config {
	set := func(field *int, value int) {
		if *field == 0 {
			*field = value
		}
	}
	if c.Embedding == "" {
		c.Embedding = PiecewiseLinear
	}
	if c.Precision == "" {
		c.Precision = Float32
	}
	set(&c.TokenWidth, 8)
	set(&c.Heads, 4)
	set(&c.Blocks, 1)
	set(&c.FFN, 2*c.TokenWidth)
	set(&c.Hidden, 64)
	set(&c.Layers, 2)
	set(&c.Members, 16)
	set(&c.MemberLayer, min(2, c.Layers))
	set(&c.Outputs, 1)
	return c
}

// Validate reports every field that is out of bounds, in one error. It looks at the values that WithDefaults gives.
func (c Config) Validate() error {
	c = c.WithDefaults()
	var problems []error
	bound := func(name string, value, low, high int) {
		if value < low || value > high {
			problems = append(problems, fmt.Errorf("%s is %d, must be %d..%d", name, value, low, high))
		}
	}
	oneOf := func(name, value string, known ...string) {
		if !slices.Contains(known, value) {
			problems = append(problems, fmt.Errorf("%s is %q, must be one of %s", name, value, strings.Join(known, ", ")))
		}
	}
	oneOf("embedding", c.Embedding, PiecewiseLinear, Linear, Periodic)
	oneOf("precision", c.Precision, Float32, BFloat16)
	bound("token_width", c.TokenWidth, 1, 512)
	bound("n_heads", c.Heads, 1, 64)
	bound("blocks", c.Blocks, -1, 32)
	bound("ffn", c.FFN, 1, 4096)
	bound("hidden_dim", c.Hidden, 16, 512)
	bound("feature_layers", c.Layers, 1, 16)
	bound("members", c.Members, 1, 256)
	bound("member_layer", c.MemberLayer, 1, max(1, c.Layers))
	bound("output_dim", c.Outputs, 1, 100)
	if math.IsNaN(c.Dropout) || c.Dropout < 0 || c.Dropout > 1 {
		problems = append(problems, fmt.Errorf("dropout_rate is %v, must be 0..1", c.Dropout))
	}
	if c.Heads > 0 && c.TokenWidth%c.Heads != 0 {
		problems = append(problems, fmt.Errorf("n_heads is %d, which does not divide token_width %d", c.Heads, c.TokenWidth))
	}
	return errors.Join(problems...)
}

// AttentionBlocks returns the number of attention blocks, 0 when they are switched off.
func (c Config) AttentionBlocks() int { return max(0, c.WithDefaults().Blocks) }

// LayerWidths returns the widths of the feature layers: Hidden, then half of the one before, never below 8.
func (c Config) LayerWidths() []int {
	c = c.WithDefaults()
	widths := make([]int, c.Layers)
	for i, w := 0, c.Hidden; i < c.Layers; i++ {
		widths[i] = w
		w = max(8, w/2)
	}
	return widths
}
