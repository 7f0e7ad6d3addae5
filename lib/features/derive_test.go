package features_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/features"
)

const second = int64(1e9)

func plain(d features.Derived) features.Config {
	return features.Config{Scaling: features.NoScaling, Derived: d}
}

// feature returns one column of a matrix.
func feature(t *testing.T, f *features.Fitted, m *features.Matrix, name string) []float32 {
	t.Helper()
	spec := f.Spec()
	j := slices.IndexFunc(spec.Numeric, func(s features.NumericSpec) bool { return s.Name == name })
	if j < 0 {
		t.Fatalf("there is no feature %q among %v", name, spec.Numeric)
	}
	out := make([]float32, m.Rows)
	for i := range out {
		out[i] = m.Numeric[i*len(spec.Numeric)+j]
	}
	return out
}

func wantFeature(t *testing.T, got []float32, want ...float64) {
	t.Helper()
	for i, w := range want {
		if !near(float64(got[i]), w) {
			t.Errorf("row %d is %v, want %v (all: %v)", i, got[i], w, got)
		}
	}
}

func TestRatios(t *testing.T) {
	nan := math.NaN()
	in := table(numeric("a", 6, -1, 0, 5, float32(nan), 3), numeric("b", 2, 4, 0, 0, 1, float32(nan)))
	f := mustFit(t, in, plain(features.Derived{Ratios: [][2]string{{"a", "b"}}}))
	wantFeature(t, feature(t, f, mustTransform(t, f, in), "a/b"), 3, -0.25, nan, nan, nan, nan)
}

func TestLogsOfHeavyTailsOnly(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	in := table(numeric("even"), numeric("heavy"), numeric("zero"))
	for range 1000 {
		for i, v := range []float64{rng.NormFloat64(), math.Exp(3*rng.NormFloat64()) * float64(rng.IntN(2)*2-1), 0} {
			in.Columns[i].Num = append(in.Columns[i].Num, float32(v))
		}
	}
	f := mustFit(t, in, plain(features.Derived{Logs: true}))
	if n := len(f.Spec().Numeric); n != 4 {
		t.Fatalf("%d features, want 3 and one logarithm", n)
	}
	got := feature(t, f, mustTransform(t, f, in), "log(heavy)")
	for i, v := range in.Columns[1].Num {
		want := math.Copysign(math.Log1p(math.Abs(float64(v))), float64(v))
		if !near(float64(got[i]), want) {
			t.Fatalf("log of %v is %v, want %v", v, got[i], want)
		}
	}
}

// history is a table of two interleaved hosts, not in order of time.
func history() *data.Table {
	t := table(numeric("x", 10, 1, 20, 2, 3, 30))
	t.Time = []int64{2 * second, 1 * second, 1 * second, 2 * second, 5 * second, 3 * second}
	t.Group = []int32{0, 1, 0, 1, 1, 0}
	return t
}

func TestRollingRows(t *testing.T) {
	in := history()
	f := mustFit(t, in, plain(features.Derived{Rolling: []features.Rolling{{Column: "x", Rows: 2}, {Column: "x", Rows: 1}}}))
	m := mustTransform(t, f, in)
	nan := math.NaN()
	// Host 0 by time: 20, 10, 30; host 1: 1, 2, 3.
	wantFeature(t, feature(t, f, m, "mean(x, last 2 rows)"), 20, nan, nan, 1, 1.5, 15)
	wantFeature(t, feature(t, f, m, "mean(x, last 1 rows)"), 20, nan, nan, 1, 2, 10)
}

func TestRollingSeconds(t *testing.T) {
	in := history()
	f := mustFit(t, in, plain(features.Derived{Rolling: []features.Rolling{{Column: "x", Seconds: 3}}}))
	nan := math.NaN()
	wantFeature(t, feature(t, f, mustTransform(t, f, in), "mean(x, last 3 s)"), 20, nan, nan, 1, 2, 15)
}

func TestRollingWithoutTimeOrGroup(t *testing.T) {
	cfg := plain(features.Derived{Rolling: []features.Rolling{{Column: "x", Rows: 2}}})
	noTime := history()
	noTime.Time = nil
	if _, err := features.Fit(noTime, cfg); err == nil || !strings.Contains(err.Error(), "time column") {
		t.Errorf("error %v, want one about the time column", err)
	}
	f := mustFit(t, history(), cfg)
	noGroup := history()
	noGroup.Group = nil
	if _, err := f.Transform(noGroup); err == nil || !strings.Contains(err.Error(), "group column") {
		t.Errorf("error %v, want one about the group column", err)
	}
	// Rows without a time or a group have no past and are no one's past.
	in := history()
	in.Time[0], in.Group[1] = data.NoTime, data.Missing
	nan := math.NaN()
	wantFeature(t, feature(t, f, mustTransform(t, f, in), "mean(x, last 2 rows)"), nan, nan, nan, nan, 2, 20)
}

// Whatever happens later must not change what was said earlier.
func TestRollingDoesNotLookAhead(t *testing.T) {
	in := longHistory()
	f := mustFit(t, in, plain(features.Derived{Rolling: []features.Rolling{{Column: "x", Rows: 7}, {Column: "x", Seconds: 9}}}))
	before := mustTransform(t, f, in)
	const cut = 50 * second
	for i, at := range in.Time {
		if at >= cut {
			in.Columns[0].Num[i] = 1e30
		}
	}
	after := mustTransform(t, f, in)
	for i, at := range in.Time {
		for j := 1; j < 3; j++ { // column 0 is x itself
			a, b := before.Numeric[i*3+j], after.Numeric[i*3+j]
			if at <= cut && a != b && (a == a || b == b) {
				t.Fatalf("row %d, feature %d changes from %v to %v with the future", i, j, a, b)
			}
		}
	}
}

func longHistory() *data.Table {
	rng := rand.New(rand.NewPCG(2, 2))
	in := table(numeric("x"))
	for range 500 {
		v := float32(rng.NormFloat64())
		if rng.IntN(6) == 0 {
			v = float32(math.NaN())
		}
		in.Columns[0].Num = append(in.Columns[0].Num, v)
		in.Time = append(in.Time, int64(rng.IntN(100))*second)
		in.Group = append(in.Group, int32(rng.IntN(3)))
	}
	return in
}

// The queue against the definition, row by row.
func TestRollingEqualsDefinition(t *testing.T) {
	in := longHistory()
	f := mustFit(t, in, plain(features.Derived{Rolling: []features.Rolling{{Column: "x", Rows: 7}, {Column: "x", Seconds: 9}}}))
	m := mustTransform(t, f, in)
	rows, seconds := feature(t, f, m, "mean(x, last 7 rows)"), feature(t, f, m, "mean(x, last 9 s)")
	for i, now := range in.Time {
		var past []int
		for k, at := range in.Time {
			if at < now && in.Group[k] == in.Group[i] {
				past = append(past, k)
			}
		}
		slices.SortStableFunc(past, func(a, b int) int { return int(in.Time[a]/second - in.Time[b]/second) })
		var recent []int
		for _, k := range past {
			if now-in.Time[k] <= 9*second {
				recent = append(recent, k)
			}
		}
		if got, want := float64(rows[i]), meanOf(in, past[max(0, len(past)-7):]); !near(got, want) {
			t.Fatalf("row %d: mean of the last 7 rows is %v, want %v", i, got, want)
		}
		if got, want := float64(seconds[i]), meanOf(in, recent); !near(got, want) {
			t.Fatalf("row %d: mean of the last 9 s is %v, want %v", i, got, want)
		}
	}
}

func meanOf(in *data.Table, rows []int) float64 {
	var sum, n float64
	for _, k := range rows {
		if v := float64(in.Columns[0].Num[k]); !math.IsNaN(v) {
			sum, n = sum+v, n+1
		}
	}
	return sum / n // NaN without rows
}

func TestDerivedErrors(t *testing.T) {
	in := table(numeric("a", 1), numeric("a/b", 1), numeric("b", 2), categorical("c", "x"))
	for want, d := range map[string]features.Derived{
		`needs "c"`:       {Ratios: [][2]string{{"a", "c"}}},
		`needs "nowhere"`: {Rolling: []features.Rolling{{Column: "nowhere", Rows: 1}}},
		`named "a/b"`:     {Ratios: [][2]string{{"a", "b"}}},
		`named "b/a"`:     {Ratios: [][2]string{{"b", "a"}, {"b", "a"}}},
	} {
		if _, err := features.Fit(in, plain(d)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v does not mention %s", d, err, want)
		}
	}
}
