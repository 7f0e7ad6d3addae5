package data

import (
	"fmt"
	"math"
	"slices"
)

// Kind says how a feature column is stored and used.
type Kind uint8

const (
	// Auto lets the reader decide from the first rows: a column whose cells all parse as numbers (or are missing)
	// is Numeric, any other is Categorical.
	Auto Kind = iota
	// Numeric columns hold float32 values; NaN is a missing value.
	Numeric
	// Categorical columns hold dictionary codes; Missing is a missing value.
	Categorical
)

// Missing is the code of a missing value in a categorical column, and of an absent label, family or group.
const Missing int32 = -1

// NoTime is the Time value of a row without a usable timestamp.
const NoTime int64 = math.MinInt64

// Column is one feature. Exactly one of Num and Code is non-nil, by Kind, with one entry per row.
type Column struct {
	Name string
	Kind Kind      // Numeric or Categorical, never Auto
	Num  []float32 // Numeric: the values, NaN where missing (±Inf is read as missing)
	Code []int32   // Categorical: index into Dict, or Missing
	Dict []string  // Categorical: the distinct values of this table, in order of first appearance
}

// Len returns the number of rows.
func (c *Column) Len() int {
	if c.Kind == Categorical {
		return len(c.Code)
	}
	return len(c.Num)
}

// Value returns row i as text: the category, or the number; "" when missing.
func (c *Column) Value(i int) string {
	if c.Kind == Categorical {
		if c.Code[i] == Missing {
			return ""
		}
		return c.Dict[c.Code[i]]
	}
	if v := c.Num[i]; v == v {
		return fmt.Sprint(v)
	}
	return ""
}

// Table is labelled (or unlabelled) telemetry in columns. The fields are for reading: change a copy, since tables
// made by Select share dictionaries with their parent.
type Table struct {
	Name    string   // where the rows came from, for messages: a path or "generated"
	Schema  Schema   // the schema that was used, with Columns filled in
	Columns []Column // the features, in file order

	Label   []int32  // class index per row, nil when the table is unlabelled
	Classes []string // class names by index; binary tables have {"benign", "threat"}

	Family   []int32  // attack family per row (index into Families, or Missing), nil when the schema names none
	Families []string // e.g. "normal", "neptune"; never a feature

	Group  []int32 // group per row (host, session), nil when the schema names none; never a feature
	Groups []string

	Time []int64 // Unix time in nanoseconds per row, or NoTime; nil when the schema names no time column

	BadCells map[string]int // cells that did not parse and became missing, by column (only with Schema.BadCell "missing")
}

// Rows returns the number of rows.
func (t *Table) Rows() int {
	if len(t.Columns) > 0 {
		return t.Columns[0].Len()
	}
	return len(t.Label)
}

// Column returns the feature column of that name, or nil.
func (t *Table) Column(name string) *Column {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}

// FeatureNames returns the names of the feature columns in order.
func (t *Table) FeatureNames() []string {
	names := make([]string, len(t.Columns))
	for i := range t.Columns {
		names[i] = t.Columns[i].Name
	}
	return names
}

// ClassCounts returns the number of rows of each class, by class index; nil when the table is unlabelled.
func (t *Table) ClassCounts() []int {
	if t.Label == nil {
		return nil
	}
	n := make([]int, len(t.Classes))
	for _, y := range t.Label {
		if y >= 0 {
			n[y]++
		}
	}
	return n
}

// Select returns a new table with the given rows, in the given order. Values are copied, dictionaries and class names
// are shared. An index outside the table is an error.
func (t *Table) Select(rows []int) (*Table, error) {
	n := t.Rows()
	for _, r := range rows {
		if r < 0 || r >= n {
			return nil, fmt.Errorf("data: select: row %d is outside %s, which has %d rows", r, t.Name, n)
		}
	}
	out := *t
	out.Columns = slices.Clone(t.Columns)
	for i := range out.Columns {
		c := &out.Columns[i]
		c.Num, c.Code = pick(c.Num, rows), pick(c.Code, rows)
	}
	out.Label, out.Family, out.Group, out.Time = pick(t.Label, rows), pick(t.Family, rows), pick(t.Group, rows), pick(t.Time, rows)
	return &out, nil
}

// pick copies the chosen elements; nil stays nil.
func pick[T any](v []T, rows []int) []T {
	if v == nil {
		return nil
	}
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = v[r]
	}
	return out
}
