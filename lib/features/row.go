package features

import "fmt"

// RowInputs returns the names of the values that TransformRow expects, in order: numeric has the numeric columns and
// then the rolling means (a single row has no past, so its caller keeps them, or passes NaN), categorical the
// categorical columns.
func (f *Fitted) RowInputs() (numeric, categorical []string) {
	numeric = append(numeric, f.sources...)
	for _, n := range f.rolling {
		numeric = append(numeric, n.Name)
	}
	for i := range f.state.Categorical {
		categorical = append(categorical, f.state.Categorical[i].Name)
	}
	return numeric, categorical
}

// TransformRow transforms one row into dst and codes, exactly as Transform does, without allocating memory. num and cat
// hold the row's values in the order of RowInputs; NaN and "" are missing. num is rounded to float32 first, as in a
// table.
// Shapes: dst [len(Spec.Numeric)], codes [len(Spec.Categorical)].
// Errors: a slice of another length. It may be called by many goroutines.
func (f *Fitted) TransformRow(dst []float32, codes []int32, num []float64, cat []string) error {
	if f == nil || f.plans == nil && f.codes == nil {
		return fmt.Errorf("features: transform row: %w", errUnfitted)
	}
	if len(dst) != len(f.plans) || len(codes) != len(f.codes) {
		return fmt.Errorf("features: transform row: room for %d numeric and %d categorical features, want %d and %d", len(dst), len(codes), len(f.plans), len(f.codes))
	}
	if want := len(f.sources) + len(f.rolling); len(num) != want || len(cat) != len(f.codes) {
		return fmt.Errorf("features: transform row: %d numeric and %d categorical values, want %d and %d: see RowInputs", len(num), len(cat), want, len(f.codes))
	}
	for j, p := range f.plans {
		dst[j], _ = f.scalers[j].value(p.value(float32(num[p.a]), float32(num[p.b])))
	}
	for j, v := range cat {
		codes[j] = f.codes[j][v]
	}
	return nil
}
