package features

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/jamba-threat/jamba/lib/data"
)

// Fit learns scalers, bins, categories and stand-ins for missing values from the training rows, and from nothing else:
// pass the training part of a split. Labels, families and groups are never looked at (groups only delimit rolling means).
//
// Features keep the order of the table's columns, derived ones after them. A column whose training values are all equal
// or all missing is valid.
// Errors: an invalid configuration, a table without rows or columns, a derived feature that names an absent or
// categorical column, or whose name is taken.
// Determinism: the same rows give the same state to the last bit, whatever GOMAXPROCS is and in whatever order the
// dictionaries list their categories.
func Fit(train *data.Table, cfg Config) (*Fitted, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if err := checkTable(train); err != nil {
		return nil, fmt.Errorf("features: fit: %w", err)
	}
	if len(train.Columns) == 0 || train.Rows() == 0 {
		return nil, fmt.Errorf("features: fit: %s has %d rows and %d feature columns, want at least one of each", train.Name, train.Rows(), len(train.Columns))
	}
	cfg = cfg.Resolve().clone()
	s := State{Version: StateVersion, Config: cfg}
	var values [][]float32 // per numeric feature
	for i := range train.Columns {
		if c := &train.Columns[i]; c.Kind == data.Numeric {
			s.Numeric = append(s.Numeric, NumericState{Name: c.Name})
			values = append(values, c.Num)
		} else {
			s.Categorical = append(s.Categorical, CategoricalState{Name: c.Name})
		}
	}
	if err := addDerived(&s, &values, train); err != nil {
		return nil, fmt.Errorf("features: fit: %w", err)
	}
	parallel(len(s.Numeric), func(i int) {
		fitNumeric(&s.Numeric[i], values[i], cfg)
	})
	parallel(len(s.Categorical), func(i int) {
		c := &s.Categorical[i]
		c.Categories = fitCategories(train.Column(c.Name), cfg)
	})
	return Open(s)
}

// addDerived appends the derived features and their values over the training rows.
func addDerived(s *State, values *[][]float32, train *data.Table) error {
	definitions := derivations(train, s.Config.Derived)
	if len(definitions) == 0 {
		return nil
	}
	index := map[string]int{}
	for i := range s.Numeric {
		index[s.Numeric[i].Name] = i
	}
	for i := range definitions {
		d := &definitions[i]
		name := d.name()
		for _, c := range d.Columns {
			if _, ok := index[c]; !ok {
				return fmt.Errorf("%w: %s: derived feature %q needs %q, which is not a numeric column of the table", ErrColumns, train.Name, name, c)
			}
		}
		taken := slices.ContainsFunc(s.Numeric, func(n NumericState) bool { return n.Name == name })
		if taken || train.Column(name) != nil {
			return fmt.Errorf("%w: %s: there is already a feature named %q", ErrColumns, train.Name, name)
		}
		s.Numeric = append(s.Numeric, NumericState{Name: name, Derive: d})
		a, b := index[d.Columns[0]], index[d.Columns[len(d.Columns)-1]]
		if d.Op == OpRollingMean {
			order, err := timeOrder(train, d.Grouped)
			if err != nil {
				return err
			}
			*values = append(*values, rollingMean(train, (*values)[a], d.rolling(), d.Grouped, order))
			continue
		}
		p := plan{op: d.Op, a: a, b: b}
		*values = append(*values, p.column(*values, 0, train.Rows(), make([]float32, train.Rows())))
	}
	return nil
}

// fitNumeric fills everything but the name and the derivation.
func fitNumeric(n *NumericState, values []float32, cfg Config) {
	present := make([]float32, 0, len(values))
	for _, v := range values {
		if !isMissing(v) {
			present = append(present, v)
		}
	}
	n.Count = len(present)
	n.Mean, n.Std = moments(present)
	slices.Sort(present)
	if cfg.Scaling == QuantileNormal && n.Count > 0 {
		n.Quantiles = quantilesOf(present, len(values))
	}
	switch {
	case cfg.Missing == MissingConstant:
		n.Fill = cfg.Constant
	case cfg.Missing == MissingMean:
		n.Fill = n.Mean
	case cfg.Missing == MissingMedian && n.Count > 0:
		n.Fill = quantileAt(present, 0.5*float64(n.Count-1))
	}
	n.Edges = binEdges(newScaler(n, cfg), present, cfg.Bins)
}

// fitCategories returns the categories to keep, in ascending order.
func fitCategories(c *data.Column, cfg Config) []string {
	byCode := make([]int, len(c.Dict))
	for _, code := range c.Code {
		if code != data.Missing {
			byCode[code]++
		}
	}
	count := map[string]int{} // a dictionary may list a value twice, or list values that no row has
	for code, n := range byCode {
		count[c.Dict[code]] += n
	}
	kept := []string{}
	for v, n := range count {
		if v != "" && n >= cfg.MinCount {
			kept = append(kept, v)
		}
	}
	if cfg.MaxCategories > 0 && len(kept) > cfg.MaxCategories {
		slices.SortFunc(kept, func(a, b string) int {
			return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b))
		})
		kept = kept[:cfg.MaxCategories]
	}
	slices.Sort(kept)
	return kept
}
