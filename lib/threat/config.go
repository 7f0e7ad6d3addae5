package threat

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/internal/gx"
	"github.com/jamba-threat/jamba/lib/model"
	"github.com/jamba-threat/jamba/lib/train"
)

// Version is the version of configurations that this library writes. It reads every 1.x.y.
const Version = "1.0.0"

// Parts of a Config.
type (
	Features  = features.Config
	Model     = model.Config
	Train     = train.Config
	StepEvent = train.StepEvent
)

// Config is an experiment: everything but the data. The zero value of a field means its default, see DefaultConfig for
// the values. Copy it to vary it.
type Config struct {
	Version string `json:"version"`
	// Seed decides initial weights, order of rows, dropout and the bootstrap. Set it, not Train.Seed.
	Seed int64 `json:"seed"`
	// InputDim is the number of feature columns, 1..1024. 0 takes it from the data; any other number must match them.
	InputDim int `json:"input_dim"`
	// Engine is "auto" (the default), "xla:cuda", "xla:cpu" or "go". Runs on different engines agree to rounding only.
	Engine string `json:"engine"`

	Features Features `json:"features"`
	Model    Model    `json:"model"`
	Train    Train    `json:"train"`

	// Calibration is "temperature" (the default), "isotonic" or "none". It is fitted on the validation rows.
	Calibration string    `json:"calibration"`
	Threshold   Threshold `json:"threshold"`
}

// Threshold says how the probability from which a row is flagged is chosen, on the validation rows.
type Threshold struct {
	// Method is "fpr" (the default): the lowest threshold whose false-positive rate is at most FPR; "f1": the best F1;
	// "cost": the smallest total of CostFP per false alarm and CostFN per miss; or "fixed": Value.
	Method string  `json:"method"`
	FPR    float64 `json:"fpr"`     // default 0.01
	CostFP float64 `json:"cost_fp"` // default 1
	CostFN float64 `json:"cost_fn"` // default 10
	Value  float64 `json:"value"`   // default 0.5
}

// DefaultConfig returns the default configuration with every default spelled out: the network of the seed document
// (hidden_dim 64, n_heads 4, feature_layers 2, dropout 0.3, batch 32, learning rate 0.001, 30 epochs), seed 42.
func DefaultConfig() Config {
	c := Config{Seed: 42, Model: Model{Dropout: 0.3}}
	c.Train.Augment = features.DefaultAugment()
	return c.WithDefaults()
}

// ConfigNames lists the configurations that NamedConfig knows.
func ConfigNames() []string { return []string{"default", "nsl-kdd", "unsw-nb15"} }

// NamedConfig returns a configuration by name: "default", or one tuned for a public data set. None of them was chosen
// by the labels of a test set; README says how.
func NamedConfig(name string) (Config, error) {
	c := DefaultConfig()
	switch name {
	case "default", "":
	case "nsl-kdd", "unsw-nb15":
		// Members that differ from the first layer on, a cycle of the learning rate instead of early stopping, and no
		// more regularisation than the members give.
		c.Model.Hidden, c.Model.Dropout, c.Model.MemberLayer = 128, 0.1, 1
		c.Model.Heads, c.Model.FFN = 2, 16
		c.Train.BatchSize, c.Train.LearningRate, c.Train.WeightDecay = 512, 3e-3, 3e-4
		c.Train.Epochs, c.Train.Patience, c.Train.Schedule = 8, -1, train.OneCycle
		c.Train.DropoutMode, c.Train.DropoutMin, c.Train.DropoutMax = train.FixedDropout, 0, 0
		if name == "unsw-nb15" { // for a tenth of the rows
			c.Train.BatchSize, c.Train.Epochs = 128, 20
		}
	default:
		return Config{}, fmt.Errorf("threat: unknown configuration %q; known are %s", name, strings.Join(ConfigNames(), ", "))
	}
	return c.WithDefaults(), nil
}

// WithDefaults returns the configuration with every unset field filled in.
func (c Config) WithDefaults() Config {
	text := func(f *string, v string) {
		if *f == "" {
			*f = v
		}
	}
	number := func(f *float64, v float64) {
		if *f == 0 {
			*f = v
		}
	}
	text(&c.Version, Version)
	text(&c.Engine, gx.Auto)
	text(&c.Calibration, "temperature")
	text(&c.Threshold.Method, "fpr")
	number(&c.Threshold.FPR, 0.01)
	number(&c.Threshold.CostFP, 1)
	number(&c.Threshold.CostFN, 10)
	number(&c.Threshold.Value, 0.5)
	c.Features = c.Features.Resolve()
	c.Model = c.Model.WithDefaults()
	c.Train = c.Train.WithDefaults(c.Model.Dropout)
	c.Train.Seed = c.Seed
	return c
}

// Validate reports everything that is wrong with the configuration, in one error with one line for each finding.
func (c Config) Validate() error {
	c = c.WithDefaults()
	var problems []error
	add := func(err error) {
		if err != nil {
			problems = append(problems, err)
		}
	}
	if !strings.HasPrefix(c.Version, "1.") {
		add(fmt.Errorf("version is %q, this library reads 1.x.y", c.Version))
	}
	if c.InputDim < 0 || c.InputDim > 1024 {
		add(fmt.Errorf("input_dim is %d, must be 1..1024, or 0 to take it from the data", c.InputDim))
	}
	if !slices.Contains(gx.Names(), c.Engine) {
		add(fmt.Errorf("engine is %q, must be one of %s", c.Engine, strings.Join(gx.Names(), ", ")))
	}
	if kinds := []string{"temperature", "isotonic", "none"}; !slices.Contains(kinds, c.Calibration) {
		add(fmt.Errorf("calibration is %q, must be one of %s", c.Calibration, strings.Join(kinds, ", ")))
	}
	add(c.Threshold.validate())
	add(c.Features.Validate())
	add(c.Model.Validate())
	add(c.Train.Validate())
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return nil
}

func (t Threshold) validate() error {
	var problems []error
	if kinds := []string{"fpr", "f1", "cost", "fixed"}; !slices.Contains(kinds, t.Method) {
		problems = append(problems, fmt.Errorf("threshold.method is %q, must be one of %s", t.Method, strings.Join(kinds, ", ")))
	}
	bound := func(name string, v, low, high float64) {
		if math.IsNaN(v) || v < low || v > high {
			problems = append(problems, fmt.Errorf("threshold.%s is %v, must be %v..%v", name, v, low, high))
		}
	}
	bound("fpr", t.FPR, 0, 1)
	bound("cost_fp", t.CostFP, 0, 1e12)
	bound("cost_fn", t.CostFN, 0, 1e12)
	bound("value", t.Value, 0, 1)
	return errors.Join(problems...)
}
