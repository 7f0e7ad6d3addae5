package features_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/features/featurestest"
)

func fittedState(t testing.TB) features.State {
	cfg := features.Config{Bins: 3, Derived: features.Derived{Ratios: [][2]string{{"bytes", "packets"}}}}
	return mustFit(t, featurestest.Table(20, 1), cfg).State()
}

// Every rule of a state, broken one at a time.
func TestOpenRefusesDamagedStates(t *testing.T) {
	for want, damage := range map[string]func(s *features.State){
		"newer version":       func(s *features.State) { s.Version = 2 },
		"damaged":             func(s *features.State) { s.Version = 0 },
		"scaling":             func(s *features.State) { s.Config.Scaling = "log" },
		"not resolved":        func(s *features.State) { s.Config.Scaling = "" },
		"no features":         func(s *features.State) { s.Numeric, s.Categorical = nil, nil },
		"used twice":          func(s *features.State) { s.Numeric[1].Name = s.Numeric[0].Name },
		"is empty":            func(s *features.State) { s.Categorical[0].Name = "" },
		"count is -1":         func(s *features.State) { s.Numeric[0].Count = -1 },
		"mean is NaN":         func(s *features.State) { s.Numeric[0].Mean = math.NaN() },
		"std is 0":            func(s *features.State) { s.Numeric[0].Std = 0 },
		"1 edges":             func(s *features.State) { s.Numeric[0].Edges = []float32{1} },
		"edges[1]":            func(s *features.State) { s.Numeric[0].Edges = []float32{1, 1} },
		"0 quantiles":         func(s *features.State) { s.Numeric[0].Quantiles = nil },
		"1001 quantiles":      func(s *features.State) { s.Numeric[0].Quantiles = make([]float64, 1001) },
		"quantiles[1]":        func(s *features.State) { s.Numeric[0].Quantiles = []float64{2, 1} },
		"quantiles[0] is 1e+": func(s *features.State) { s.Numeric[0].Quantiles = []float64{1e300} },
		"categories[1]":       func(s *features.State) { s.Categorical[0].Categories = []string{"b", "a"} },
		"categories[0]":       func(s *features.State) { s.Categorical[0].Categories = []string{""} },
		`op is "sum"`:         func(s *features.State) { s.Numeric[6].Derive.Op = "sum" },
		"has 1 columns":       func(s *features.State) { s.Numeric[6].Derive.Columns = []string{"bytes"} },
		`needs "protocol"`:    func(s *features.State) { s.Numeric[6].Derive.Columns[1] = "protocol" },
		"rows is 0": func(s *features.State) {
			s.Numeric[6].Derive.Op = features.OpRollingMean
			s.Numeric[6].Derive.Columns = []string{"bytes"}
		},
	} {
		s := fittedState(t)
		damage(&s)
		if _, err := features.Open(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not mention %q", err, want)
		}
	}
	if _, err := features.Open(fittedState(t)); err != nil {
		t.Errorf("an undamaged state is refused: %v", err)
	}
}

func TestStateIsACopy(t *testing.T) {
	f := mustFit(t, featurestest.Table(20, 1), features.Config{})
	before := string(mustJSON(t, f))
	s := f.State()
	s.Numeric[0].Quantiles[0], s.Numeric[0].Edges[0], s.Categorical[0].Categories[0] = -99, -99, "changed"
	f.Spec().Numeric[0].Edges[0] = -99
	if string(mustJSON(t, f)) != before {
		t.Error("changing the result of State or Spec changes the Fitted")
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	good := string(mustJSON(t, mustFit(t, featurestest.Table(20, 1), features.Config{})))
	for name, text := range map[string]string{
		"null":          "null",
		"empty object":  "{}",
		"another type":  "[1]",
		"newer version": `{"version":2,"anything":true}`,
		"unknown field": strings.Replace(good, `"mean"`, `"average"`, 1),
		"wrong type":    strings.Replace(good, `"count":20`, `"count":"20"`, 1),
		"too large":     strings.Replace(good, `"fill":0`, `"fill":1e400`, 1),
	} {
		if text == good {
			t.Fatalf("%s: the text was not changed", name)
		}
		f := mustFit(t, table(numeric("x", 1, 2)), features.Config{})
		before := string(mustJSON(t, f))
		if err := f.UnmarshalJSON([]byte(text)); err == nil {
			t.Errorf("%s is not refused", name)
		}
		if string(mustJSON(t, f)) != before {
			t.Errorf("%s changes the Fitted although it is refused", name)
		}
	}
}

// Any JSON is either refused or gives a Fitted that transforms without a panic, and has JSON that is read back.
func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte("{}"))
	f.Add(mustJSON(f, fittedState(f)))
	for _, cfg := range configs() {
		f.Add(mustJSON(f, mustFit(f, featurestest.Table(5, 1), cfg)))
	}
	in := featurestest.Table(4, 2)
	in.Time = []int64{1, 2, 3, math.MinInt64}
	f.Fuzz(func(t *testing.T, text []byte) {
		var fitted features.Fitted
		if json.Unmarshal(text, &fitted) != nil {
			return
		}
		again := new(features.Fitted)
		if err := json.Unmarshal(mustJSON(t, &fitted), again); err != nil {
			t.Fatalf("its own JSON is refused: %v", err)
		}
		num, cat := fitted.RowInputs()
		spec := fitted.Spec()
		dst := make([]float32, len(spec.Numeric))
		if err := fitted.TransformRow(dst, make([]int32, len(cat)), make([]float64, len(num)), make([]string, len(cat))); err != nil {
			t.Fatal(err)
		}
		for i, v := range dst {
			if math.IsInf(float64(v), 0) {
				t.Fatalf("%s becomes %v", spec.Numeric[i].Name, v)
			}
		}
		if m, err := fitted.Transform(in); err == nil && m.Rows != 4 {
			t.Fatalf("4 rows become %d", m.Rows)
		}
	})
}
