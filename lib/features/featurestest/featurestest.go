// Package featurestest checks that something which turns tables into matrices keeps the promises of lib/features: in
// any configuration, and after any round trip through a file. lib/features runs it on itself; a package that stores a
// fitted state in a format of its own runs it on what it reads back.
package featurestest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/features"
)

// Transformer is what a fit returns; *features.Fitted is one.
type Transformer interface {
	Spec() features.Spec
	Transform(t *data.Table) (*features.Matrix, error)
}

// Check runs the conformance tests. fit learns from the given training rows: features.Fit with a configuration, and
// whatever round trip is under test. The configuration must have no rolling means, with which rows depend on others,
// and no MinCount or MaxCategories. Derived features may use the columns of Table.
func Check(t *testing.T, fit func(train *data.Table) (Transformer, error)) {
	train := Table(300, 1)
	f, err := fit(train)
	if err != nil {
		t.Fatalf("fit: %v", err)
	}
	c := &checker{fit: fit, f: f, table: Table(70, 2)}
	c.all, err = f.Transform(c.table)
	if err != nil {
		t.Fatalf("transform: %v", err)
	}
	t.Run("shapes", c.shapes)
	t.Run("finite or missing", c.finite)
	t.Run("refit equals fit", c.refit)
	t.Run("subset", c.subset)
	t.Run("column order", c.columnOrder)
	t.Run("input untouched", c.untouched)
	t.Run("unseen category", c.unseen)
	t.Run("missing values", c.missing)
	t.Run("empty table", c.empty)
	t.Run("one training row", c.oneRow)
	t.Run("missing column", c.missingColumn)
}

// Table returns rows of telemetry with every awkward column: mostly zeros, a constant, missing values, nothing but
// missing values, and two categorical columns. The same seed gives the same rows.
func Table(rows int, seed uint64) *data.Table {
	rng := rand.New(rand.NewPCG(seed, 0))
	num := map[string][]float32{}
	names := []string{"bytes", "packets", "errors", "ttl", "load", "never"}
	protocols := []string{"tcp", "udp", "icmp"}
	protocol, service := make([]int32, rows), make([]int32, rows)
	for i := range rows {
		load := float32(rng.Float64())
		if rng.IntN(5) == 0 {
			load = float32(math.NaN())
		}
		failures := float32(0)
		if rng.IntN(10) == 0 {
			failures = float32(rng.IntN(5))
		}
		row := []float32{float32(math.Exp(3 * rng.NormFloat64())), float32(rng.IntN(9)), failures, 64, load, float32(math.NaN())}
		for k, name := range names {
			num[name] = append(num[name], row[k])
		}
		protocol[i], service[i] = int32(rng.IntN(len(protocols))), int32(rng.IntN(3))-1
	}
	t := &data.Table{Name: fmt.Sprintf("%d rows", rows)}
	for _, name := range names {
		t.Columns = append(t.Columns, data.Column{Name: name, Kind: data.Numeric, Num: num[name]})
	}
	t.Columns = append(t.Columns,
		data.Column{Name: "protocol", Kind: data.Categorical, Code: protocol, Dict: protocols},
		data.Column{Name: "service", Kind: data.Categorical, Code: service, Dict: []string{"http", "dns"}})
	return t
}

// checker holds a fit and what it made of table.
type checker struct {
	fit   func(*data.Table) (Transformer, error)
	f     Transformer
	table *data.Table
	all   *features.Matrix
}

func (c *checker) transform(t *testing.T, f Transformer, table *data.Table) *features.Matrix {
	t.Helper()
	m, err := f.Transform(table)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (c *checker) shapes(t *testing.T) {
	spec := c.f.Spec()
	if c.all.Rows != c.table.Rows() || len(c.all.Numeric) != c.all.Rows*len(spec.Numeric) || len(c.all.Categorical) != c.all.Rows*len(spec.Categorical) {
		t.Errorf("matrix of %d rows, %d numeric and %d categorical values for %d rows of %d and %d features",
			c.all.Rows, len(c.all.Numeric), len(c.all.Categorical), c.table.Rows(), len(spec.Numeric), len(spec.Categorical))
	}
	for _, n := range spec.Numeric {
		if len(n.Edges) < 2 {
			t.Errorf("%s has %d bin edges, want at least 2", n.Name, len(n.Edges))
		}
		for i := 1; i < len(n.Edges); i++ {
			if !(n.Edges[i-1] < n.Edges[i]) {
				t.Errorf("%s: bin edges %v do not ascend", n.Name, n.Edges)
			}
		}
	}
}

func (c *checker) finite(t *testing.T) {
	spec := c.f.Spec()
	for i, v := range c.all.Numeric {
		name := spec.Numeric[i%len(spec.Numeric)].Name
		if math.IsInf(float64(v), 0) || v != v && c.all.MissingValues[name] == 0 {
			t.Fatalf("%s is %v in row %d", name, v, i/len(spec.Numeric))
		}
	}
	for i, v := range c.all.Categorical {
		if s := spec.Categorical[i%len(spec.Categorical)]; v < 0 || int(v) >= s.Size {
			t.Fatalf("%s has code %d, outside its size %d", s.Name, v, s.Size)
		}
	}
}

func (c *checker) refit(t *testing.T) {
	train := Table(300, 1)
	for i := range train.Columns { // the order of a dictionary has no meaning
		if k := &train.Columns[i]; k.Kind == data.Categorical {
			k.Dict = slices.Clone(k.Dict)
			slices.Reverse(k.Dict)
			for row, code := range k.Code {
				if code != data.Missing {
					k.Code[row] = int32(len(k.Dict)) - 1 - code
				}
			}
		}
	}
	f, err := c.fit(train)
	if err != nil {
		t.Fatal(err)
	}
	if diff := differ(c.all, c.transform(t, f, c.table)); diff != "" {
		t.Error("fitting the same rows again, with dictionaries in another order, changes the result: ", diff)
	}
}

func (c *checker) subset(t *testing.T) {
	rows := []int{69, 3, 3, 0, 41}
	part, err := c.table.Select(rows)
	if err != nil {
		t.Fatal(err)
	}
	if diff := differ(pick(c.all, rows, c.f.Spec()), c.transform(t, c.f, part)); diff != "" {
		t.Error("transform of a subset is not the subset of the transform: ", diff)
	}
}

func (c *checker) columnOrder(t *testing.T) {
	other := *c.table
	other.Columns = append([]data.Column{{Name: "extra", Kind: data.Numeric, Num: make([]float32, other.Rows())}}, c.table.Columns...)
	slices.Reverse(other.Columns)
	if diff := differ(c.all, c.transform(t, c.f, &other)); diff != "" {
		t.Error("another order of columns, and one more, changes the result: ", diff)
	}
}

func (c *checker) untouched(t *testing.T) {
	before := Table(70, 2)
	for i, k := range c.table.Columns {
		same := slices.EqualFunc(k.Num, before.Columns[i].Num, sameBits) && slices.Equal(k.Code, before.Columns[i].Code) && slices.Equal(k.Dict, before.Columns[i].Dict)
		if !same {
			t.Errorf("column %s of the input was changed", k.Name)
		}
	}
}

func (c *checker) unseen(t *testing.T) {
	one := single(c.table)
	column := one.Column("protocol")
	column.Dict, column.Code = []string{"quic"}, []int32{0}
	m, spec := c.transform(t, c.f, one), c.f.Spec()
	j := slices.IndexFunc(spec.Categorical, func(s features.CategoricalSpec) bool { return s.Name == "protocol" })
	if m.Categorical[j] != features.CodeUnknown || m.UnknownCategories["protocol"] != 1 {
		t.Errorf("an unseen category has code %d and is counted %d times, want %d and 1", m.Categorical[j], m.UnknownCategories["protocol"], features.CodeUnknown)
	}
}

func (c *checker) missing(t *testing.T) {
	one := single(c.table)
	one.Column("service").Code[0] = data.Missing
	spec := c.f.Spec()
	var results []float32
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		one.Column("bytes").Num[0] = float32(v)
		m := c.transform(t, c.f, one)
		j := slices.IndexFunc(spec.Numeric, func(s features.NumericSpec) bool { return s.Name == "bytes" })
		results = append(results, m.Numeric[j])
		if m.MissingValues["bytes"] != 1 || m.MissingValues["service"] != 1 {
			t.Errorf("with bytes %v and no service, missing values are counted as %v", v, m.MissingValues)
		}
		k := slices.IndexFunc(spec.Categorical, func(s features.CategoricalSpec) bool { return s.Name == "service" })
		if m.Categorical[k] != features.CodeMissing {
			t.Errorf("a missing category has code %d, want %d", m.Categorical[k], features.CodeMissing)
		}
	}
	if !sameBits(results[0], results[1]) || !sameBits(results[0], results[2]) {
		t.Errorf("NaN, +Inf and -Inf become %v, want one value for all", results)
	}
}

func (c *checker) empty(t *testing.T) {
	none, err := c.table.Select(nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range none.Columns {
		if none.Columns[i].Len() != 0 {
			t.Fatalf("column %s still has rows", none.Columns[i].Name)
		}
	}
	if m := c.transform(t, c.f, none); m.Rows != 0 || len(m.Numeric)+len(m.Categorical) != 0 {
		t.Errorf("a table without rows becomes %d rows", m.Rows)
	}
	if _, err := c.fit(none); err == nil {
		t.Error("fitting a table without rows is not refused")
	}
}

func (c *checker) oneRow(t *testing.T) {
	f, err := c.fit(single(c.table))
	if err != nil {
		t.Fatal(err)
	}
	(&checker{fit: c.fit, f: f, table: c.table, all: c.transform(t, f, c.table)}).finite(t)
}

func (c *checker) missingColumn(t *testing.T) {
	less := *c.table
	less.Columns = less.Columns[1:]
	if _, err := c.f.Transform(&less); err == nil {
		t.Error("a table without its first column is not refused")
	}
}

// single returns a copy of the first row.
func single(t *data.Table) *data.Table {
	one, err := t.Select([]int{0})
	if err != nil {
		panic(err) // row 0 exists: Table made it
	}
	return one
}

func pick(m *features.Matrix, rows []int, spec features.Spec) *features.Matrix {
	out := &features.Matrix{Rows: len(rows)}
	n, k := len(spec.Numeric), len(spec.Categorical)
	for _, r := range rows {
		out.Numeric = append(out.Numeric, m.Numeric[r*n:(r+1)*n]...)
		out.Categorical = append(out.Categorical, m.Categorical[r*k:(r+1)*k]...)
	}
	return out
}

// differ names the first difference, in bits.
func differ(want, got *features.Matrix) string {
	if want.Rows != got.Rows || len(want.Numeric) != len(got.Numeric) || len(want.Categorical) != len(got.Categorical) {
		return fmt.Sprintf("%d rows instead of %d", got.Rows, want.Rows)
	}
	for i, v := range want.Numeric {
		if !sameBits(v, got.Numeric[i]) {
			return fmt.Sprintf("numeric value %d is %v instead of %v", i, got.Numeric[i], v)
		}
	}
	for i, v := range want.Categorical {
		if v != got.Categorical[i] {
			return fmt.Sprintf("categorical value %d is %d instead of %d", i, got.Categorical[i], v)
		}
	}
	return ""
}

// sameBits is equality under which NaN equals NaN.
func sameBits(a, b float32) bool { return a == b || a != a && b != b }
