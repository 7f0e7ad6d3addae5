package features

import (
	"fmt"
	"math"
	"slices"
)

// StateVersion is the version of the layout of State.
const StateVersion = 1

// State is everything that Fit learned, as plain values: what the JSON of a Fitted holds and what an exporter writes
// into a model file. Open turns it back into a Fitted.
type State struct {
	Version     int                `json:"version"`
	Config      Config             `json:"config"`
	Numeric     []NumericState     `json:"numeric"`
	Categorical []CategoricalState `json:"categorical"`
}

// NumericState is one numeric feature.
type NumericState struct {
	Name string `json:"name"`
	// Derive is nil for a column of the table.
	Derive *Derivation `json:"derive,omitempty"`
	// Count is the number of training rows with a value. With 0 nothing was learned, so that every value counts as
	// missing.
	Count int `json:"count"`
	// Mean and Std (population: divided by n) of the training values; Std is 1 for a constant column.
	Mean float64 `json:"mean"`
	Std  float64 `json:"std"`
	// Quantiles of the training values at equal steps of probability from 0 to 1, with QuantileNormal only.
	Quantiles []float64 `json:"quantiles,omitempty"`
	// Edges as in NumericSpec.
	Edges []float32 `json:"edges"`
	// Fill replaces a missing value, in the column's own unit; 0 and without use under MissingLearned.
	Fill float64 `json:"fill"`
}

// CategoricalState is one categorical feature. Category i has the code 2+i.
type CategoricalState struct {
	Name       string   `json:"name"`
	Categories []string `json:"categories"` // ascending by bytes, distinct, not empty
}

// validate reports the first thing that no Fit would produce, so that the code behind Open can trust the state.
func (s *State) validate() error {
	if s.Version != StateVersion {
		hint := "it is damaged"
		if s.Version > StateVersion {
			hint = "it was written by a newer version of this library"
		}
		return fmt.Errorf("features: open: state has version %d, want %d: %s", s.Version, StateVersion, hint)
	}
	if err := s.Config.Validate(); err != nil {
		return fmt.Errorf("features: open: config: %w", err)
	}
	if s.Config.Resolve().Bins != s.Config.Bins || s.Config.Scaling == "" || s.Config.Missing == "" || s.Config.MinCount == 0 {
		return fmt.Errorf("features: open: config is not resolved: scaling, bins, missing and min_count must be set")
	}
	if len(s.Numeric)+len(s.Categorical) == 0 {
		return fmt.Errorf("features: open: state has no features")
	}
	seen := map[string]bool{}
	for i := range s.Numeric {
		n := &s.Numeric[i]
		if err := uniqueName(seen, n.Name); err != nil {
			return err
		}
		if err := n.validate(s.Config.Scaling); err != nil {
			return fmt.Errorf("features: open: numeric feature %q: %w", n.Name, err)
		}
	}
	for i := range s.Categorical {
		c := &s.Categorical[i]
		if err := uniqueName(seen, c.Name); err != nil {
			return err
		}
		if err := c.validate(); err != nil {
			return fmt.Errorf("features: open: categorical feature %q: %w", c.Name, err)
		}
	}
	return nil
}

func uniqueName(seen map[string]bool, name string) error {
	if name == "" || seen[name] {
		return fmt.Errorf("features: open: feature name %q is empty or used twice", name)
	}
	seen[name] = true
	return nil
}

func (n *NumericState) validate(scaling string) error {
	if n.Count < 0 {
		return fmt.Errorf("count is %d, want 0 or more", n.Count)
	}
	if !float32Range(n.Mean) || !float32Range(n.Fill) {
		return fmt.Errorf("mean is %v and fill is %v, want finite numbers within the range of float32", n.Mean, n.Fill)
	}
	if !(n.Std > 0 && float32Range(n.Std)) {
		return fmt.Errorf("std is %v, want a positive finite number", n.Std)
	}
	if len(n.Edges) < 2 || len(n.Edges) > maxBins+1 {
		return fmt.Errorf("%d edges, want 2..%d", len(n.Edges), maxBins+1)
	}
	for i, e := range n.Edges {
		if !float32Range(float64(e)) || i > 0 && e <= n.Edges[i-1] {
			return fmt.Errorf("edges[%d] is %v, want finite ascending numbers", i, e)
		}
	}
	if want := scaling == QuantileNormal && n.Count > 0; want != (len(n.Quantiles) > 0) {
		return fmt.Errorf("%d quantiles with scaling %q and %d training values", len(n.Quantiles), scaling, n.Count)
	}
	if len(n.Quantiles) > maxQuantiles {
		return fmt.Errorf("%d quantiles, want at most %d", len(n.Quantiles), maxQuantiles)
	}
	for i, q := range n.Quantiles {
		if !float32Range(q) || i > 0 && q < n.Quantiles[i-1] {
			return fmt.Errorf("quantiles[%d] is %v, want finite numbers that do not descend", i, q)
		}
	}
	return nil
}

func (c *CategoricalState) validate() error {
	if len(c.Categories) > math.MaxInt32-int(firstCode) {
		return fmt.Errorf("%d categories are too many", len(c.Categories))
	}
	for i, v := range c.Categories {
		if v == "" || i > 0 && v <= c.Categories[i-1] {
			return fmt.Errorf("categories[%d] is %q, want distinct ascending texts that are not empty", i, v)
		}
	}
	return nil
}

// clone copies everything that s points to.
func (s State) clone() State {
	s.Config = s.Config.clone()
	s.Numeric = slices.Clone(s.Numeric)
	for i := range s.Numeric {
		n := &s.Numeric[i]
		n.Quantiles, n.Edges = slices.Clone(n.Quantiles), slices.Clone(n.Edges)
		if n.Derive != nil {
			d := *n.Derive
			d.Columns = slices.Clone(d.Columns)
			n.Derive = &d
		}
	}
	s.Categorical = slices.Clone(s.Categorical)
	for i := range s.Categorical {
		c := &s.Categorical[i]
		c.Categories = slices.Clone(c.Categories)
	}
	return s
}

func (c Config) clone() Config {
	c.Derived.Ratios = slices.Clone(c.Derived.Ratios)
	c.Derived.Rolling = slices.Clone(c.Derived.Rolling)
	return c
}
