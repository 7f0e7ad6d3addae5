package metrics

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// Kinds of Calibrator.
const (
	Identity    = ""
	Temperature = "temperature"
	Isotonic    = "isotonic"
)

// Calibrator maps a model's probability to a better one. It never changes which of two rows scores higher, though the
// isotonic kind can make them equal. The zero value changes nothing. As JSON it is {"kind", "temperature", "x", "y"} and is
// checked when read.
type Calibrator struct {
	Kind        string    `json:"kind"`
	Temperature float64   `json:"temperature,omitempty"` // Temperature: divides the logit; above 1 makes less certain
	X           []float64 `json:"x,omitempty"`           // Isotonic: increasing probabilities of the model
	Y           []float64 `json:"y,omitempty"`           // Isotonic: the calibrated probabilities, never falling
}

// Apply calibrates a probability of the positive class. NaN stays NaN, and values outside 0..1 count as 0 or 1. A nil
// Calibrator, and one whose fields do not make sense (see Validate), change nothing.
func (c *Calibrator) Apply(prob float64) float64 {
	if c == nil || prob != prob {
		return prob
	}
	switch {
	case c.Kind == Temperature && c.Temperature > 0:
		return Sigmoid(Logit(prob) / c.Temperature)
	case c.Kind == Isotonic && len(c.X) > 0 && len(c.X) == len(c.Y):
		return interpolate(c.X, c.Y, prob)
	}
	return prob
}

// Validate reports what is wrong with a Calibrator that did not come from a Fit function.
func (c *Calibrator) Validate() error {
	switch c.Kind {
	case Identity:
		return nil
	case Temperature:
		if !(c.Temperature > 0) || math.IsInf(c.Temperature, 1) {
			return fmt.Errorf("metrics: calibrator: %w: temperature %v, want a finite number above 0", ErrInput, c.Temperature)
		}
		return nil
	case Isotonic:
		return c.validatePoints()
	}
	return fmt.Errorf("metrics: calibrator: %w: kind %q, want %q, %q or none", ErrInput, c.Kind, Temperature, Isotonic)
}

func (c *Calibrator) validatePoints() error {
	if len(c.X) == 0 || len(c.X) != len(c.Y) {
		return fmt.Errorf("metrics: calibrator: %w: %d x for %d y, want as many and at least one", ErrInput, len(c.X), len(c.Y))
	}
	for i := range c.X {
		x, y := c.X[i], c.Y[i]
		if !(x >= 0 && x <= 1 && y >= 0 && y <= 1) || i > 0 && !(x > c.X[i-1] && y >= c.Y[i-1]) {
			return fmt.Errorf("metrics: calibrator: %w: point %d (%v, %v) is outside 0..1 or out of order", ErrInput, i, x, y)
		}
	}
	return nil
}

// UnmarshalJSON reads and validates.
func (c *Calibrator) UnmarshalJSON(text []byte) error {
	type plain Calibrator
	var p plain
	if err := json.Unmarshal(text, &p); err != nil {
		return err
	}
	read := Calibrator(p)
	if err := read.Validate(); err != nil {
		return err
	}
	*c = read
	return nil
}

// interpolate is the broken line through the points, constant beyond its ends.
func interpolate(x, y []float64, v float64) float64 {
	i, found := slices.BinarySearch(x, v)
	switch {
	case found:
		return y[i]
	case i == 0:
		return y[0]
	case i == len(x):
		return y[i-1]
	}
	t := (v - x[i-1]) / (x[i] - x[i-1])
	return y[i-1] + t*(y[i]-y[i-1])
}

// Logit is ln(p/(1-p)): -Inf at 0 and below, +Inf at 1 and above.
func Logit(prob float64) float64 {
	prob = min(max(prob, 0), 1)
	return math.Log(prob) - math.Log1p(-prob)
}

// Sigmoid is 1/(1+e^-x), exact to the last digits for any x.
func Sigmoid(logit float64) float64 {
	if logit >= 0 {
		return 1 / (1 + math.Exp(-logit))
	}
	e := math.Exp(logit)
	return e / (1 + e)
}

// The temperature is searched within these bounds; rows that a cut at 0 separates perfectly would drive it to 0.
const (
	minTemperature = 0.05
	maxTemperature = 100
)

// FitTemperature finds the one number that, dividing the logits, makes the labels most likely; it lies in 0.05..100. Use
// validation rows. Logits must be finite. One class would drive it to a bound and say nothing: ErrOneClass. Deterministic.
// Source: C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, section 4.2.
func FitTemperature(logit []float64, label []int32) (*Calibrator, error) {
	if err := check(logit, label); err != nil {
		return nil, err
	}
	if err := bothClasses("fit temperature", label); err != nil {
		return nil, err
	}
	// In b = 1/T the loss is convex, so its slope has one root: Newton's step where it stays inside the bracket, else halving.
	low, high := 1.0/maxTemperature, 1/minTemperature
	b := 1.0
	for range 200 {
		slope, curvature := slopes(logit, label, b)
		if slope > 0 {
			high = b
		} else {
			low = b
		}
		next := b - slope/curvature
		if !(next > low && next < high) {
			next = low + (high-low)/2
		}
		if math.Abs(next-b) <= 1e-14*b {
			break
		}
		b = next
	}
	return &Calibrator{Kind: Temperature, Temperature: 1 / b}, nil
}

// slopes returns the first and second derivative of the log loss of sigmoid(b*logit) by b.
func slopes(logit []float64, label []int32, b float64) (first, second float64) {
	for i, z := range logit {
		p := Sigmoid(b * z)
		first += z * (p - float64(label[i]))
		second += z * z * p * (1 - p)
	}
	return first, second
}

// FitIsotonic finds the never-falling step function of the probability that is closest to the labels in squared error, and
// joins the steps by lines. Use validation rows, some thousands of them: it has as many parameters as it needs. Errors as
// Brier, and ErrOneClass.
// Source: pool adjacent violators; M. Ayer et al., Ann. Math. Stat. 26 (1955). Points as scikit-learn's IsotonicRegression.
func FitIsotonic(prob []float64, label []int32) (*Calibrator, error) {
	if err := checkBoth(prob, label); err != nil {
		return nil, err
	}
	if err := bothClasses("fit isotonic", label); err != nil {
		return nil, err
	}
	c := &Calibrator{Kind: Isotonic}
	blocks := poolAdjacent(rank(prob, label).groups)
	for _, b := range blocks {
		y := b.positives / b.rows
		c.X, c.Y = append(c.X, b.low), append(c.Y, y)
		if b.high > b.low {
			c.X, c.Y = append(c.X, b.high), append(c.Y, y)
		}
	}
	return c, nil
}

// block is a range of scores with one calibrated value.
type block struct{ low, high, positives, rows float64 }

// poolAdjacent merges neighbouring groups (given descending, returned ascending) until their rates rise.
func poolAdjacent(groups []group) []block {
	var blocks []block
	for _, g := range slices.Backward(groups) {
		b := block{low: g.score, high: g.score, positives: float64(g.pos), rows: float64(g.pos) + float64(g.neg)}
		// Compared as products of whole numbers: no rounding decides whether two rates are equal.
		for n := len(blocks); n > 0 && blocks[n-1].positives*b.rows >= b.positives*blocks[n-1].rows; n = len(blocks) {
			last := blocks[n-1]
			b = block{low: last.low, high: b.high, positives: last.positives + b.positives, rows: last.rows + b.rows}
			blocks = blocks[:n-1]
		}
		blocks = append(blocks, b)
	}
	return blocks
}

func bothClasses(what string, label []int32) error {
	pos := 0
	for _, y := range label {
		pos += int(y)
	}
	return (&Ranking{pos: pos, neg: len(label) - pos}).oneClass(what)
}
