package features_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/features"
)

// oracle is testdata/sklearn.json, written by testdata/generate.py; null stands for NaN.
type oracle struct {
	Bins       int      `json:"bins"`
	Words      []string `json:"words"`
	Categories []string `json:"categories"`
	Codes      []int32  `json:"codes"`
	Cases      []struct {
		Rows    int            `json:"rows"`
		Columns []oracleColumn `json:"columns"`
	} `json:"cases"`
}

type oracleColumn struct {
	Name           string     `json:"name"`
	Train          []*float64 `json:"train"`
	New            []*float64 `json:"new"`
	Mean           float64    `json:"mean"`
	Scale          float64    `json:"scale"`
	FillMean       float64    `json:"fill_mean"`
	FillMedian     float64    `json:"fill_median"`
	Standard       []*float64 `json:"standard"`
	QuantileNormal []*float64 `json:"quantile_normal"`
	Edges          []*float64 `json:"edges"`
}

func readOracle(t *testing.T) *oracle {
	t.Helper()
	text, err := os.ReadFile("testdata/sklearn.json")
	if err != nil {
		t.Fatal(err)
	}
	var o oracle
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatal(err)
	}
	// The second case trains on a prefix of the first one's rows.
	for i := range o.Cases[1].Columns {
		o.Cases[1].Columns[i].Train = o.Cases[0].Columns[i].Train[:o.Cases[1].Rows]
	}
	return &o
}

func floats(values []*float64) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = float32(math.NaN())
		if v != nil {
			out[i] = float32(*v)
		}
	}
	return out
}

func table(columns ...data.Column) *data.Table {
	return &data.Table{Name: "test", Columns: columns}
}

func numeric(name string, values ...float32) data.Column {
	return data.Column{Name: name, Kind: data.Numeric, Num: values}
}

// categorical makes a column of texts; "" is missing.
func categorical(name string, values ...string) data.Column {
	c := data.Column{Name: name, Kind: data.Categorical, Code: make([]int32, len(values))}
	codes := map[string]int32{"": data.Missing}
	for i, v := range values {
		if _, ok := codes[v]; !ok {
			codes[v] = int32(len(c.Dict))
			c.Dict = append(c.Dict, v)
		}
		c.Code[i] = codes[v]
	}
	return c
}

// near allows 1e-6 of the larger of 1 and the value: float32 results have no more.
func near(got, want float64) bool {
	if math.IsNaN(want) {
		return math.IsNaN(got)
	}
	return math.Abs(got-want) <= 1e-6*max(1, math.Abs(want))
}

func TestScikitLearnScaling(t *testing.T) {
	o := readOracle(t)
	for _, c := range o.Cases {
		for _, column := range c.Columns {
			train, fresh := table(numeric(column.Name, floats(column.Train)...)), table(numeric(column.Name, floats(column.New)...))
			for scaling, want := range map[string][]*float64{features.Standard: column.Standard, features.QuantileNormal: column.QuantileNormal} {
				f, err := features.Fit(train, features.Config{Scaling: scaling, Bins: o.Bins})
				if err != nil {
					t.Fatal(err)
				}
				m, err := f.Transform(fresh)
				if err != nil {
					t.Fatal(err)
				}
				for i, w := range floats64(want) {
					if got := float64(m.Numeric[i]); !near(got, w) {
						t.Errorf("%d rows, %s of %s: %v becomes %v, scikit-learn has %v", c.Rows, scaling, column.Name, fresh.Columns[0].Num[i], got, w)
					}
				}
				if scaling == features.QuantileNormal {
					checkEdges(t, column, f.Spec().Numeric[0].Edges)
				}
			}
		}
	}
}

func floats64(values []*float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = math.NaN()
		if v != nil {
			out[i] = *v
		}
	}
	return out
}

func checkEdges(t *testing.T, column oracleColumn, got []float32) {
	t.Helper()
	want := floats64(column.Edges)
	if len(want) == 1 { // a constant column: one quantile, but two edges around it
		if len(got) != 2 || !(float64(got[0]) < want[0] && want[0] < float64(got[1])) {
			t.Errorf("%s: edges %v do not enclose %v", column.Name, got, want[0])
		}
		return
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d edges, NumPy has %d: %v and %v", column.Name, len(got), len(want), got, want)
		return
	}
	for i := range want {
		if !near(float64(got[i]), want[i]) {
			t.Errorf("%s: edge %d is %v, NumPy has %v", column.Name, i, got[i], want[i])
		}
	}
}

func TestScikitLearnStatistics(t *testing.T) {
	o := readOracle(t)
	for _, c := range o.Cases {
		for _, column := range c.Columns {
			train := table(numeric(column.Name, floats(column.Train)...))
			for missing, fill := range map[string]float64{features.MissingMean: column.FillMean, features.MissingMedian: column.FillMedian} {
				f, err := features.Fit(train, features.Config{Scaling: features.Standard, Missing: missing})
				if err != nil {
					t.Fatal(err)
				}
				n := f.State().Numeric[0]
				if !near(n.Mean, column.Mean) || !near(n.Std, column.Scale) || !near(n.Fill, fill) {
					t.Errorf("%d rows, %s, %s: mean %v, std %v, fill %v; scikit-learn has %v, %v, %v",
						c.Rows, column.Name, missing, n.Mean, n.Std, n.Fill, column.Mean, column.Scale, fill)
				}
			}
		}
	}
}

func TestScikitLearnOrdinalEncoder(t *testing.T) {
	o := readOracle(t)
	words := table(categorical("word", o.Words...))
	f, err := features.Fit(words, features.Config{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := f.Transform(words)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range o.Codes {
		if got := m.Categorical[i] - 2; got != want {
			t.Fatalf("%q has code %d after unknown and missing, scikit-learn has %d (categories %q and %q)",
				o.Words[i], got, want, f.State().Categorical[0].Categories, o.Categories)
		}
	}
}
