package features

// Codes of a categorical feature that stand for no particular category.
const (
	CodeUnknown int32 = 0 // a category that Fit did not keep
	CodeMissing int32 = 1
	firstCode   int32 = 2
)

// Spec is what a model has to know about its input to choose its shapes.
type Spec struct {
	Numeric     []NumericSpec
	Categorical []CategoricalSpec
}

// NumericSpec describes one numeric feature. Edges are the bin edges of the scaled values: ascending, distinct, at
// least two (around the value when the training rows have only one).
type NumericSpec struct {
	Name  string
	Edges []float32
}

// CategoricalSpec describes one categorical feature: its codes are 0..Size-1, with CodeUnknown and CodeMissing before
// the categories.
type CategoricalSpec struct {
	Name string
	Size int
}

// Matrix is a transformed table.
// Shapes: Numeric [Rows, len(Spec.Numeric)] and Categorical [Rows, len(Spec.Categorical)], both row-major.
type Matrix struct {
	Rows        int
	Numeric     []float32 // scaled values; NaN where missing under MissingLearned, finite everywhere else
	Categorical []int32   // codes

	// What was met on the way, by column; columns without any are absent. An infinite value counts as missing.
	UnknownCategories map[string]int
	MissingValues     map[string]int
}
