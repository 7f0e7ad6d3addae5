package features_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/features/featurestest"
)

func mustFit(t testing.TB, train *data.Table, cfg features.Config) *features.Fitted {
	t.Helper()
	f, err := features.Fit(train, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func mustTransform(t testing.TB, f *features.Fitted, table *data.Table) *features.Matrix {
	t.Helper()
	m, err := f.Transform(table)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func mustJSON(t testing.TB, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// configs are all combinations of scaling and missing values, with and without derived features.
func configs() []features.Config {
	var out []features.Config
	for _, scaling := range []string{"", features.Standard, features.NoScaling} {
		for _, missing := range []string{"", features.MissingMean, features.MissingMedian, features.MissingConstant} {
			cfg := features.Config{Scaling: scaling, Missing: missing, Constant: 3.5}
			derived := cfg
			derived.Derived = features.Derived{Logs: true, Ratios: [][2]string{{"bytes", "packets"}, {"errors", "never"}}}
			out = append(out, cfg, derived)
		}
	}
	return out
}

func TestConformance(t *testing.T) {
	for _, cfg := range configs() {
		t.Run(strings.Trim(string(mustJSON(t, cfg)), "{}"), func(t *testing.T) {
			featurestest.Check(t, func(train *data.Table) (featurestest.Transformer, error) { return features.Fit(train, cfg) })
		})
	}
}

// The same demands on what comes back from JSON.
func TestConformanceOfJSON(t *testing.T) {
	for _, cfg := range configs() {
		featurestest.Check(t, func(train *data.Table) (featurestest.Transformer, error) {
			f, err := features.Fit(train, cfg)
			if err != nil {
				return nil, err
			}
			back := new(features.Fitted)
			return back, json.Unmarshal(mustJSON(t, f), back)
		})
	}
}

func TestJSONRoundTrip(t *testing.T) {
	for _, cfg := range configs() {
		f := mustFit(t, featurestest.Table(300, 1), cfg)
		text := mustJSON(t, f)
		var back features.Fitted
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(f.State(), back.State()) || !bytes.Equal(text, mustJSON(t, &back)) {
			t.Errorf("%+v: the state changes on its way through JSON", cfg)
		}
	}
}

// Rows outside the training part must have no influence: the fitted state stays the same to the last byte.
func TestNoLeak(t *testing.T) {
	all := featurestest.Table(400, 7)
	train := make([]int, 250)
	for i := range train {
		train[i] = i
	}
	fit := func() []byte {
		part, err := all.Select(train)
		if err != nil {
			t.Fatal(err)
		}
		return mustJSON(t, mustFit(t, part, features.Config{Derived: features.Derived{Logs: true}}))
	}
	before := fit()
	for i := range all.Columns {
		c := &all.Columns[i]
		if c.Kind == data.Categorical {
			c.Dict = append(slices.Clone(c.Dict), "only in test") // the dictionary is shared by all parts of a split
		}
		for row := 250; row < 400; row++ {
			if c.Kind == data.Categorical {
				c.Code[row] = int32(len(c.Dict)) - 1
			} else {
				c.Num[row] = 1e9
			}
		}
	}
	if !bytes.Equal(before, fit()) {
		t.Error("changing validation and test rows changes the fitted state")
	}
}

func TestSameForAnyGOMAXPROCS(t *testing.T) {
	train, cfg := featurestest.Table(9000, 3), features.Config{Derived: features.Derived{Logs: true, Ratios: [][2]string{{"bytes", "load"}}}}
	run := func(procs int) ([]byte, *features.Matrix) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		f := mustFit(t, train, cfg)
		return mustJSON(t, f), mustTransform(t, f, train)
	}
	oneState, one := run(1)
	manyState, many := run(7)
	bits := func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }
	if !bytes.Equal(oneState, manyState) || !slices.EqualFunc(one.Numeric, many.Numeric, bits) || !slices.Equal(one.Categorical, many.Categorical) ||
		!reflect.DeepEqual(one.MissingValues, many.MissingValues) {
		t.Error("the number of processors changes the result")
	}
	want := map[string]int{}
	for _, c := range train.Columns {
		for i := range c.Len() {
			if c.Value(i) == "" {
				want[c.Name]++
			}
		}
	}
	for name, n := range many.MissingValues {
		if train.Column(name) != nil && want[name] != n {
			t.Errorf("%s: %d missing values are counted, want %d", name, n, want[name])
		}
	}
	if len(want) == 0 || want["load"] != many.MissingValues["load"] {
		t.Errorf("missing values are counted as %v, want %v and those of derived features", many.MissingValues, want)
	}
}

// Quantiles that fall on a value must be that value, not one a last digit away from it. That shows at 0, where floats
// are dense, so every edge has its turn to be 0.
func TestEdgesOfEqualValues(t *testing.T) {
	for _, bins := range []int{24, 25} {
		for shift := range bins + 1 {
			var values []float32
			for k := range 100*bins + 1 {
				values = append(values, float32((k+99)/100-shift))
			}
			f := mustFit(t, table(numeric("x", values...)), features.Config{Scaling: features.NoScaling, Bins: bins})
			edges := f.Spec().Numeric[0].Edges
			if len(edges) != bins+1 {
				t.Fatalf("%d bins, shift %d: %d edges, want %d", bins, shift, len(edges), bins+1)
			}
			for i, e := range edges {
				if e != float32(i-shift) {
					t.Errorf("%d bins, shift %d: edge %d is %v, want %d", bins, shift, i, e, i-shift)
				}
			}
		}
	}
}

func TestTransformRowEqualsTransform(t *testing.T) {
	for _, cfg := range configs() {
		f := mustFit(t, featurestest.Table(300, 1), cfg)
		table := featurestest.Table(50, 9)
		table.Column("protocol").Dict = []string{"tcp", "quic", "icmp"}
		m := mustTransform(t, f, table)
		spec := f.Spec()
		names, categories := f.RowInputs()
		dst, codes := make([]float32, len(spec.Numeric)), make([]int32, len(spec.Categorical))
		num, cat := make([]float64, len(names)), make([]string, len(categories))
		for row := range table.Rows() {
			for j, name := range names {
				num[j] = float64(table.Column(name).Num[row])
			}
			for j, name := range categories {
				cat[j] = table.Column(name).Value(row)
			}
			if err := f.TransformRow(dst, codes, num, cat); err != nil {
				t.Fatal(err)
			}
			for j, v := range dst {
				if w := m.Numeric[row*len(dst)+j]; v != w && (v == v || w == w) {
					t.Fatalf("%+v: row %d, %s: %v alone, %v in the table", cfg, row, spec.Numeric[j].Name, v, w)
				}
			}
			if !slices.Equal(codes, m.Categorical[row*len(codes):(row+1)*len(codes)]) {
				t.Fatalf("row %d: codes %v differ from those in the table", row, codes)
			}
		}
		if n := testing.AllocsPerRun(100, func() { _ = f.TransformRow(dst, codes, num, cat) }); n != 0 {
			t.Errorf("a row allocates %v times, want 0", n)
		}
		if err := f.TransformRow(dst[1:], codes, num, cat); err == nil {
			t.Error("a row without room for its result is not refused")
		}
		if err := f.TransformRow(dst, codes, num, cat[:1]); err == nil {
			t.Error("a row with too few values is not refused")
		}
	}
}

func TestMissingPolicies(t *testing.T) {
	train := table(numeric("x", 1, 2, 3, 6, float32(math.NaN())))
	for _, c := range []struct {
		missing string
		want    float64 // in the column's own unit
	}{
		{features.MissingMean, 3}, {features.MissingMedian, 2.5}, {features.MissingConstant, -7},
	} {
		f := mustFit(t, train, features.Config{Scaling: features.NoScaling, Missing: c.missing, Constant: -7})
		m := mustTransform(t, f, train)
		if got := float64(m.Numeric[4]); got != c.want || m.MissingValues["x"] != 1 {
			t.Errorf("%s: a missing value becomes %v and is counted %d times, want %v and 1", c.missing, got, m.MissingValues["x"], c.want)
		}
		// The stand-in is scaled like any other value: the mean becomes 0.
		f = mustFit(t, train, features.Config{Scaling: features.Standard, Missing: c.missing, Constant: -7})
		want := (c.want - 3) / math.Sqrt(3.5)
		if got := float64(mustTransform(t, f, train).Numeric[4]); math.Abs(got-want) > 1e-6 {
			t.Errorf("%s, standard: a missing value becomes %v, want %v", c.missing, got, want)
		}
	}
	m := mustTransform(t, mustFit(t, train, features.Config{}), train)
	if v := m.Numeric[4]; v == v {
		t.Errorf("learned: a missing value becomes %v, want NaN", v)
	}
}

func TestCategoriesKept(t *testing.T) {
	train := table(categorical("c", "b", "a", "b", "c", "c", "b", "d", "a", ""))
	for _, c := range []struct {
		cfg  features.Config
		want []string
	}{
		{features.Config{}, []string{"a", "b", "c", "d"}},
		{features.Config{MinCount: 2}, []string{"a", "b", "c"}},
		{features.Config{MaxCategories: 2}, []string{"a", "b"}}, // b is most frequent, a wins the tie with c by name
		{features.Config{MinCount: 3, MaxCategories: 2}, []string{"b"}},
		{features.Config{MinCount: 9}, []string{}},
	} {
		f := mustFit(t, train, c.cfg)
		if got := f.State().Categorical[0].Categories; !slices.Equal(got, c.want) {
			t.Errorf("%+v keeps %q, want %q", c.cfg, got, c.want)
		}
		if size := f.Spec().Categorical[0].Size; size != len(c.want)+2 {
			t.Errorf("%+v has size %d, want %d", c.cfg, size, len(c.want)+2)
		}
	}
}

// scikit-learn flattens a column whose range is below its absolute margin of 1e-7; such columns exist (seconds).
func TestQuantileOfTinyRange(t *testing.T) {
	values := make([]float32, 101)
	for i := range values {
		values[i] = float32(i) * 1e-10
	}
	train := table(numeric("x", values...))
	m := mustTransform(t, mustFit(t, train, features.Config{}), train)
	if got := m.Numeric[50]; math.Abs(float64(got)) > 1e-6 {
		t.Errorf("the median becomes %v, want 0", got)
	}
	if m.Numeric[25] >= m.Numeric[26] {
		t.Errorf("values 25 and 26 become %v and %v, want them apart", m.Numeric[25], m.Numeric[26])
	}
}

func TestHugeValuesStayFinite(t *testing.T) {
	train := table(numeric("tiny", 0, 1e-44, 1, 0), numeric("huge", -math.MaxFloat32, math.MaxFloat32, 0, 1))
	for _, scaling := range []string{features.QuantileNormal, features.Standard, features.NoScaling} {
		f := mustFit(t, train, features.Config{Scaling: scaling, Derived: features.Derived{Logs: true, Ratios: [][2]string{{"huge", "tiny"}}}})
		m := mustTransform(t, f, table(numeric("tiny", 3e38, -3e38), numeric("huge", 3e38, -3e38)))
		for i, v := range m.Numeric {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				t.Errorf("%s: value %d is %v", scaling, i, v)
			}
		}
	}
}

func TestColumnErrorsNameEverything(t *testing.T) {
	f := mustFit(t, featurestest.Table(20, 1), features.Config{})
	bad := table(numeric("protocol", 1), numeric("packets", 1), numeric("ttl", 1), categorical("bytes", "x"), categorical("service", "http"))
	_, err := f.Transform(bad)
	if !errors.Is(err, features.ErrColumns) {
		t.Fatalf("error is %v, want one that wraps ErrColumns", err)
	}
	for _, want := range []string{"3 missing: errors, load, never", "2 of another kind: bytes is categorical", "protocol is numeric"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not mention %q", err, want)
		}
	}
}

func TestMalformedTables(t *testing.T) {
	good := numeric("x", 1, 2)
	for name, bad := range map[string]*data.Table{
		"nil":            nil,
		"no columns":     table(),
		"ragged":         table(good, numeric("y", 1)),
		"duplicate":      table(good, good),
		"no name":        table(numeric("", 1)),
		"no kind":        table(data.Column{Name: "x", Num: []float32{1}}),
		"code too large": table(data.Column{Name: "x", Kind: data.Categorical, Code: []int32{1}, Dict: []string{"a"}}),
		"code too small": table(data.Column{Name: "x", Kind: data.Categorical, Code: []int32{-2}, Dict: []string{"a"}}),
		"short times":    {Columns: []data.Column{good}, Time: []int64{1}},
	} {
		if _, err := features.Fit(bad, features.Config{}); err == nil {
			t.Errorf("%s: Fit does not refuse it", name)
		}
		if _, err := mustFit(t, table(good), features.Config{}).Transform(bad); err == nil {
			t.Errorf("%s: Transform does not refuse it", name)
		}
	}
	var zero features.Fitted
	if _, err := zero.Transform(table(good)); err == nil {
		t.Error("a zero Fitted transforms")
	}
	if _, err := json.Marshal(&zero); err == nil {
		t.Error("a zero Fitted has JSON")
	}
}

func TestConfigValidate(t *testing.T) {
	for field, bad := range map[string]features.Config{
		"scaling":        {Scaling: "minmax"},
		"missing":        {Missing: "drop"},
		"bins":           {Bins: -1},
		"1025":           {Bins: 1025},
		"constant":       {Constant: math.NaN()},
		"min_count":      {MinCount: -1},
		"max_categories": {MaxCategories: -2},
		"ratios[1]":      {Derived: features.Derived{Ratios: [][2]string{{"a", "b"}, {"a", ""}}}},
		"rolling[0]":     {Derived: features.Derived{Rolling: []features.Rolling{{Column: "a"}}}},
		"exactly one":    {Derived: features.Derived{Rolling: []features.Rolling{{Column: "a", Rows: 1, Seconds: 1}}}},
		"seconds is NaN": {Derived: features.Derived{Rolling: []features.Rolling{{Column: "a", Seconds: math.NaN()}}}},
	} {
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%+v: error %v does not mention %q", bad, err, field)
		}
	}
	if err := (features.Config{}).Validate(); err != nil {
		t.Errorf("the zero configuration is refused: %v", err)
	}
}

func TestAugmentValidate(t *testing.T) {
	for _, bad := range []features.Augment{{Noise: -1}, {Noise: math.Inf(1)}, {Mask: 1}, {Mask: math.NaN()}, {Unknown: -0.1}, {Unknown: 1}} {
		if bad.Validate() == nil {
			t.Errorf("%+v is not refused", bad)
		}
	}
	if err := features.DefaultAugment().Validate(); err != nil {
		t.Error(err)
	}
}
