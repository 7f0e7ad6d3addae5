package metrics

import (
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// TestResampleEqualsSortingAnew draws the same rows, writes them out one by one, and evaluates them from scratch.
func TestResampleEqualsSortingAnew(t *testing.T) {
	score, label := sample(rand.New(rand.NewPCG(9, 1)), 400)
	r, err := Rank(score, label)
	if err != nil {
		t.Fatal(err)
	}
	const threshold, seed = 0.45, 11
	for _, stratified := range []bool{false, true} {
		opt := Bootstrap{Replicates: 5, Seed: seed, Stratified: stratified}
		for i, got := range r.resample(r.flagged(threshold), opt) {
			var s []float64
			var y []int32
			cell := r.cells()
			rng := rand.New(rand.NewPCG(seed, uint64(i)))
			pick := func(from []uint32) {
				for range from {
					c := from[rng.Uint32N(uint32(len(from)))]
					s = append(s, r.groups[c/2].score)
					y = append(y, int32(1-c%2))
				}
			}
			if stratified {
				pick(cell[:r.pos])
				pick(cell[r.pos:])
			} else {
				pick(cell)
			}
			want, err := Evaluate(Input{Score: s, Label: y, Threshold: threshold, Bootstrap: -1})
			if err != nil {
				t.Fatal(err)
			}
			if stratified && want.Positives != r.pos {
				t.Errorf("a stratified resample has %d positives, want %d", want.Positives, r.pos)
			}
			for k, f := range got.fields() {
				if w := *want.Metrics.fields()[k].value; math.Abs(*f.value-w) > 1e-12 {
					t.Errorf("stratified %v, resample %d: %s %v, want %v", stratified, i, f.name, *f.value, w)
				}
			}
		}
	}
}

func TestBootstrapIsReproducible(t *testing.T) {
	score, label := sample(rand.New(rand.NewPCG(2, 2)), 300)
	r, err := Rank(score, label)
	if err != nil {
		t.Fatal(err)
	}
	intervals := func(procs int, seed int64) map[string]Interval {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		out, err := r.Bootstrap(0.5, Bootstrap{Replicates: 200, Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	one, many, other := intervals(1, 4), intervals(7, 4), intervals(7, 5)
	if len(one) != len(Names()) {
		t.Errorf("%d intervals, want %d", len(one), len(Names()))
	}
	same := 0
	for name, iv := range one {
		if many[name] != iv {
			t.Errorf("%s: %v with 1 CPU, %v with 7", name, iv, many[name])
		}
		if other[name] == iv {
			same++
		}
		point, err := r.measure(nil, r.flagged(0.5)).Get(name)
		if err != nil || !(iv[0] < iv[1]) {
			t.Errorf("%s: empty interval %v (%v)", name, iv, err)
		}
		// ECE is biased upwards in resamples; its interval need not hold the point.
		if name != "ece" && (point < iv[0] || point > iv[1]) {
			t.Errorf("%s: %v is outside %v", name, point, iv)
		}
	}
	if same > len(one)/2 {
		t.Errorf("another seed gives the same intervals")
	}
}

// TestIntervalWidth compares with theory: accuracy is a share of n independent rows, so its 95 % interval is 2·1.96·√(a(1-a)/n) wide.
func TestIntervalWidth(t *testing.T) {
	score, label := sample(rand.New(rand.NewPCG(5, 5)), 2000)
	r, err := Rank(score, label)
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.Bootstrap(0.5, Bootstrap{Replicates: 2000, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	a := r.Confusion(0.5).Accuracy()
	want := 2 * 1.96 * math.Sqrt(a*(1-a)/2000)
	if got := out["accuracy"][1] - out["accuracy"][0]; math.Abs(got/want-1) > 0.08 {
		t.Errorf("width %v, theory %v", got, want)
	}
	narrow, err := r.Bootstrap(0.5, Bootstrap{Replicates: 2000, Seed: 1, Level: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	if got := (narrow["accuracy"][1] - narrow["accuracy"][0]) / want; math.Abs(got-0.6745/1.96) > 0.06 {
		t.Errorf("the 50 %% interval is %v of the 95 %% one, theory 0.344", got)
	}
}

func TestBootstrapOfUndefinedMetrics(t *testing.T) {
	r, err := Rank([]float64{0.2, 0.6, 0.7}, []int32{0, 0, 0})
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.Bootstrap(0.5, Bootstrap{Replicates: 50})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := out["roc_auc"]; ok {
		t.Error("an interval for the AUC of one class")
	}
	if _, ok := out["fpr"]; !ok {
		t.Error("no interval for the false-positive rate, which is defined")
	}
	for _, opt := range []Bootstrap{{Replicates: 1}, {Replicates: -3}, {Level: 1}, {Level: math.NaN()}} {
		if _, err := r.Bootstrap(0.5, opt); !errors.Is(err, ErrInput) {
			t.Errorf("%+v: %v, want ErrInput", opt, err)
		}
	}
}

func TestQuantile(t *testing.T) {
	v := []float64{1, 2, 4, 8}
	for q, want := range map[float64]float64{0: 1, 0.5: 3, 1: 8, 1.0 / 3: 2, 0.9: 6.8} {
		if got := quantile(v, q); math.Abs(got-want) > 1e-14 {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if !slices.IsSorted(v) {
		t.Error("quantile changed its input")
	}
}
