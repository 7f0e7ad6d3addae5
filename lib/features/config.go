package features

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Values of Config.Scaling.
const (
	QuantileNormal = "quantile-normal" // through the empirical distribution to a standard normal one (default)
	Standard       = "standard"        // minus the mean, divided by the standard deviation
	NoScaling      = "none"            // the column's own unit
)

// Values of Config.Missing.
const (
	MissingLearned  = "learned"  // stays NaN; the model has a learned vector for it (default)
	MissingMean     = "mean"     // the mean of the training values
	MissingMedian   = "median"   // the median of the training values
	MissingConstant = "constant" // Config.Constant
)

const (
	defaultBins = 24
	maxBins     = 1024
)

// Config says how columns become numbers. The zero value is the documented default.
type Config struct {
	// Scaling of numeric columns: QuantileNormal (""), Standard or NoScaling.
	Scaling string `json:"scaling"`
	// Bins is the number of quantile bins per numeric feature for piecewise-linear embeddings, 1..1024; 0 means 24.
	// Columns with many equal values get fewer.
	Bins int `json:"bins"`
	// Missing says what stands in for a missing numeric value: MissingLearned (""), MissingMean, MissingMedian or
	// MissingConstant.
	Missing string `json:"missing"`
	// Constant is the value used by MissingConstant, in the column's own unit (it is scaled like any other value).
	Constant float64 `json:"constant"`
	// MinCount is the number of training rows below which a category counts as unknown; 0 means 1: keep all.
	MinCount int `json:"min_count"`
	// MaxCategories keeps only the most frequent categories of a column (ties: the first by name); 0 means no limit.
	MaxCategories int `json:"max_categories"`
	// Derived adds features computed from other columns; none by default.
	Derived Derived `json:"derived"`
}

// Derived lists features to compute from the numeric columns. They are added after the columns of the table.
type Derived struct {
	// Logs adds "log(c)" = sign(c)*log(1+|c|) for every heavy-tailed column c: one whose 99th percentile of |c| is at
	// least ten times the median of its non-zero |c| in the training rows. It matters with Standard and NoScaling;
	// quantile-normal scaling removes the difference.
	Logs bool `json:"logs"`
	// Ratios adds "a/b" for every pair; missing where b is zero or either is missing.
	Ratios [][2]string `json:"ratios,omitempty"`
	// Rolling adds means over the past; they need Table.Time, and stay within a group when the table has groups.
	Rolling []Rolling `json:"rolling,omitempty"`
}

// Rolling is the mean of a column over earlier rows of the same group: the last Rows ones, or those of the last Seconds.
// Only rows with a strictly earlier time count, so nothing of the present or future enters; without any the mean is
// missing. Exactly one of Rows and Seconds is positive.
type Rolling struct {
	Column  string  `json:"column"`
	Rows    int     `json:"rows,omitempty"`
	Seconds float64 `json:"seconds,omitempty"`
}

// maxSeconds keeps a window within the range of Unix nanoseconds (about 146 years).
const maxSeconds = float64(math.MaxInt64/2) / 1e9

// Resolve returns c with every zero field replaced by its default.
func (c Config) Resolve() Config {
	if c.Scaling == "" {
		c.Scaling = QuantileNormal
	}
	if c.Missing == "" {
		c.Missing = MissingLearned
	}
	if c.Bins == 0 {
		c.Bins = defaultBins
	}
	if c.MinCount == 0 {
		c.MinCount = 1
	}
	return c
}

// Validate reports every field that has no meaning, with its value and bounds, in one error.
func (c Config) Validate() error {
	c = c.Resolve()
	var problems []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf("features: "+format, args...))
		}
	}
	problems = append(problems,
		oneOf("scaling", c.Scaling, QuantileNormal, Standard, NoScaling),
		oneOf("missing", c.Missing, MissingLearned, MissingMean, MissingMedian, MissingConstant))
	check(c.Bins >= 1 && c.Bins <= maxBins, "bins is %d, want 1..%d, or 0 for the default %d", c.Bins, maxBins, defaultBins)
	check(float32Range(c.Constant), "constant is %v, want a finite number within the range of float32", c.Constant)
	check(c.MinCount >= 0, "min_count is %d, want 0 or more", c.MinCount)
	check(c.MaxCategories >= 0, "max_categories is %d, want 0 (no limit) or more", c.MaxCategories)
	return errors.Join(append(problems, c.Derived.validate())...)
}

func (d Derived) validate() error {
	var problems []error
	for i, r := range d.Ratios {
		if r[0] == "" || r[1] == "" {
			problems = append(problems, fmt.Errorf("features: derived.ratios[%d] is %q, want the names of two columns", i, r))
		}
	}
	for i, r := range d.Rolling {
		if err := r.validate(); err != nil {
			problems = append(problems, fmt.Errorf("features: derived.rolling[%d]: %w", i, err))
		}
	}
	return errors.Join(problems...)
}

func (r Rolling) validate() error {
	if r.Column == "" {
		return fmt.Errorf("column is empty, want the name of a numeric column")
	}
	if r.Rows < 0 || !(r.Seconds >= 0 && r.Seconds <= maxSeconds) {
		return fmt.Errorf("rows is %d and seconds is %v, want one of them positive (seconds up to %.0f)", r.Rows, r.Seconds, maxSeconds)
	}
	if (r.Rows > 0) == (r.Seconds > 0) {
		return fmt.Errorf("rows is %d and seconds is %v, want exactly one of them positive", r.Rows, r.Seconds)
	}
	return nil
}

func oneOf(field, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("features: %s is %q, want one of %s", field, value, strings.Join(allowed, ", "))
}

// float32Range reports whether v is finite and stays so as a float32.
func float32Range(v float64) bool { return math.Abs(v) <= math.MaxFloat32 }
