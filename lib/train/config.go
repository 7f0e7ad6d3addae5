package train

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/track"
)

// Learning-rate schedules.
const (
	Constant = "constant"  // LearningRate throughout, after the warm-up
	Plateau  = "plateau"   // halved when the monitored metric has not improved for half the patience
	Cosine   = "cosine"    // falls to zero along half a cosine over all epochs (Loshchilov & Hutter 2017)
	OneCycle = "one-cycle" // rises from a 25th for 30 % of the steps, then falls to a 10,000th (Smith & Topin 2018)
)

// Ways to average weights over training.
const (
	NoAverage  = "none"
	EMA        = "ema"  // exponential moving average over steps, with AverageDecay
	LastEpochs = "last" // plain mean of the weights after each epoch from AverageFrom on
)

// Kinds of dropout.
const (
	AdaptiveDropout = "adaptive" // the rate follows the gap between training and validation loss
	FixedDropout    = "fixed"
)

// Config is how to train. The zero value of a field means its default, except where noted.
type Config struct {
	Epochs       int     `json:"epochs"`        // at most this many, 1..100,000; default 30
	BatchSize    int     `json:"batch_size"`    // rows per step, 1..65,536; default 32
	LearningRate float64 `json:"learning_rate"` // default 0.001
	WeightDecay  float64 `json:"weight_decay"`  // of matrices only (AdamW, Loshchilov & Hutter 2019); 0 is none
	ClipNorm     float64 `json:"clip_norm"`     // largest norm of the whole gradient; 0 is the default 1, -1 is no clipping
	Schedule     string  `json:"schedule"`      // default Constant
	WarmUp       float64 `json:"warm_up"`       // share of all steps during which the rate rises from 0; 0 is none

	Monitor  string  `json:"monitor"`   // metric that decides which epoch is best; default "valid/loss"
	Patience int     `json:"patience"`  // epochs without improvement before stopping; default 5, -1 never stops
	MinDelta float64 `json:"min_delta"` // smallest change that counts as improvement

	DropoutMode string  `json:"dropout_mode"` // default AdaptiveDropout
	DropoutMin  float64 `json:"dropout_min"`  // lower bound of the adaptive rate; default half of dropout_rate
	DropoutMax  float64 `json:"dropout_max"`  // upper bound; default 1.5 x dropout_rate, at most 0.6

	ClassWeights string  `json:"class_weights"`   // "" or "none": all rows equal; "balanced": each class the same total
	Focal        float64 `json:"focal"`           // exponent of focal loss; 0 is off
	Smoothing    float64 `json:"label_smoothing"` // 0 is off

	Average      string  `json:"average"`       // default NoAverage
	AverageDecay float64 `json:"average_decay"` // of EMA, per step; default 0.999
	AverageFrom  int     `json:"average_from"`  // first epoch of LastEpochs; default after half of the epochs

	Augment features.Augment `json:"augment"`
	Seed    int64            `json:"seed"` // initial weights, order of rows, dropout and augmentation

	// OnEpoch is called after every epoch, with the checkpoint already saved. An error stops training and is returned.
	OnEpoch func(track.Event) error `json:"-"`
	// OnStep is called a few times a second with the state of the epoch in progress.
	OnStep func(StepEvent) `json:"-"`
}

// WithDefaults fills in every unset field. dropout is the rate of the model's configuration.
func (c Config) WithDefaults(dropout float64) Config {
	setInt := func(f *int, v int) {
		if *f == 0 {
			*f = v
		}
	}
	setFloat := func(f *float64, v float64) {
		if *f == 0 {
			*f = v
		}
	}
	setText := func(f *string, v string) {
		if *f == "" {
			*f = v
		}
	}
	setInt(&c.Epochs, 30)
	setInt(&c.BatchSize, 32)
	setFloat(&c.LearningRate, 0.001)
	setFloat(&c.ClipNorm, 1)
	setText(&c.Schedule, Constant)
	setText(&c.Monitor, "valid/loss")
	setInt(&c.Patience, 5)
	setText(&c.DropoutMode, AdaptiveDropout)
	const places = 1e6 // so that 0.3 gives 0.45, not 0.44999999999999996
	setFloat(&c.DropoutMin, math.Round(dropout/2*places)/places)
	setFloat(&c.DropoutMax, math.Round(min(0.6, 1.5*dropout)*places)/places)
	c.DropoutMax = max(c.DropoutMax, dropout)
	setText(&c.ClassWeights, "none")
	setText(&c.Average, NoAverage)
	setFloat(&c.AverageDecay, 0.999)
	setInt(&c.AverageFrom, c.Epochs/2+1)
	return c
}

// Validate reports every field that is out of bounds, in one error.
func (c Config) Validate() error {
	c = c.WithDefaults(0)
	var problems []error
	number := func(name string, v, low, high float64) {
		if math.IsNaN(v) || v < low || v > high {
			problems = append(problems, fmt.Errorf("%s is %v, must be %v..%v", name, v, low, high))
		}
	}
	oneOf := func(name, v string, known ...string) {
		if !slices.Contains(known, v) {
			problems = append(problems, fmt.Errorf("%s is %q, must be one of %s", name, v, strings.Join(known, ", ")))
		}
	}
	number("epochs", float64(c.Epochs), 1, 100_000)
	number("batch_size", float64(c.BatchSize), 1, 65_536)
	number("learning_rate", c.LearningRate, 1e-9, 10)
	number("weight_decay", c.WeightDecay, 0, 10)
	if c.ClipNorm != -1 {
		number("clip_norm", c.ClipNorm, 1e-9, 1e9)
	}
	oneOf("schedule", c.Schedule, Constant, Plateau, Cosine, OneCycle)
	number("warm_up", c.WarmUp, 0, 1)
	number("patience", float64(c.Patience), -1, 100_000)
	number("min_delta", c.MinDelta, 0, 1e9)
	oneOf("dropout_mode", c.DropoutMode, AdaptiveDropout, FixedDropout)
	number("dropout_min", c.DropoutMin, 0, 1)
	number("dropout_max", c.DropoutMax, 0, 1)
	if c.DropoutMin > c.DropoutMax {
		problems = append(problems, fmt.Errorf("dropout_min is %v, above dropout_max %v", c.DropoutMin, c.DropoutMax))
	}
	oneOf("monitor", c.Monitor, slices.Compact(slices.Sorted(slices.Values(slices.Concat(MetricNames(1), MetricNames(2)))))...)
	oneOf("class_weights", c.ClassWeights, "none", "balanced")
	number("focal", c.Focal, 0, 10)
	number("label_smoothing", c.Smoothing, 0, 0.999)
	oneOf("average", c.Average, NoAverage, EMA, LastEpochs)
	number("average_decay", c.AverageDecay, 0, 0.9999999)
	number("average_from", float64(c.AverageFrom), 1, 100_001)
	if err := c.Augment.Validate(); err != nil {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}
