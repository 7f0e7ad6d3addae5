package metrics

import (
	"errors"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// candidates are all decisions that a threshold can make: at each score, and above all of them.
func candidates(score []float64) []float64 { return append([]float64{math.Inf(1)}, score...) }

func confuse(t *rapid.T, score []float64, label []int32, threshold float64) Confusion {
	c, err := Confuse(score, label, threshold)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestThresholdsAreOptimal compares every rule with trying all thresholds.
func TestThresholdsAreOptimal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		score, label := scored(t)
		r, err := Rank(score, label)
		if err != nil {
			t.Fatal(err)
		}
		if r.Positives() > 0 {
			threshold, err := r.BestF1()
			if err != nil {
				t.Fatal(err)
			}
			got := confuse(t, score, label, threshold).F1()
			for _, other := range candidates(score) {
				c := confuse(t, score, label, other)
				if c.F1() > got {
					t.Fatalf("f1 %v at %v, but %v at %v", got, threshold, c.F1(), other)
				}
				if c.F1() == got && other > threshold && confuse(t, score, label, threshold) != c {
					t.Fatalf("%v is as good as %v and higher", other, threshold)
				}
			}
		}

		fp, fn := rapid.Float64Range(0.01, 10).Draw(t, "costFP"), rapid.Float64Range(0, 10).Draw(t, "costFN")
		cost := func(threshold float64) float64 {
			c := confuse(t, score, label, threshold)
			return fp*float64(c.FP) + fn*float64(c.FN)
		}
		threshold, err := r.MinCost(fp, fn)
		if err != nil {
			t.Fatal(err)
		}
		for _, other := range candidates(score) {
			if cost(other) < cost(threshold) {
				t.Fatalf("cost %v at %v, but %v at %v", cost(threshold), threshold, cost(other), other)
			}
		}

		if r.Negatives() > 0 {
			target := rapid.Float64Range(0, 1).Draw(t, "target")
			threshold, err := r.AtFPR(target)
			if err != nil {
				t.Fatal(err)
			}
			got := confuse(t, score, label, threshold)
			if got.FPR() > target {
				t.Fatalf("fpr %v above %v", got.FPR(), target)
			}
			for _, other := range candidates(score) {
				if c := confuse(t, score, label, other); c.FPR() <= target && c.Recall() > got.Recall() {
					t.Fatalf("recall %v, but %v at %v with fpr %v", got.Recall(), c.Recall(), other, c.FPR())
				}
			}
		}
	})
}

func TestThresholdExamples(t *testing.T) {
	score := []float64{0.9, 0.8, 0.8, 0.4, 0.4, 0.1}
	label := []int32{1, 1, 0, 1, 0, 0}
	for _, c := range []struct {
		name   string
		choose func() (float64, error)
		want   float64
	}{
		{"best f1 flags the ties too", func() (float64, error) { return BestF1(score, label) }, 0.25},
		{"no false alarms", func() (float64, error) { return AtFPR(score, label, 0) }, (0.9 + 0.8) / 2},
		{"a third of the negatives", func() (float64, error) { return AtFPR(score, label, 1.0/3) }, (0.8 + 0.4) / 2},
		{"a tie over the budget stays unflagged", func() (float64, error) { return AtFPR(score, label, 0.32) }, (0.9 + 0.8) / 2},
		{"every negative may be flagged", func() (float64, error) { return AtFPR(score, label, 1) }, 0.1},
		{"misses cost nothing", func() (float64, error) { return MinCost(score, label, 1, 0) }, math.Nextafter(0.9, 1)},
		{"false alarms cost nothing", func() (float64, error) { return MinCost(score, label, 0, 1) }, 0.25},
		{"benign rows alone", func() (float64, error) { return AtFPR([]float64{1, 2, 3, 4}, make([]int32, 4), 0.25) }, 3.5},
		{"the highest score is benign", func() (float64, error) { return AtFPR([]float64{1, 2}, []int32{1, 0}, 0) }, math.Nextafter(2, 3)},
		{"neighbouring floats", func() (float64, error) {
			return BestF1([]float64{1, math.Nextafter(1, 2)}, []int32{0, 1})
		}, math.Nextafter(1, 2)},
		{"far apart", func() (float64, error) { return BestF1([]float64{-1.7e308, 1.7e308}, []int32{0, 1}) }, 0},
	} {
		got, err := c.choose()
		if err != nil || math.Abs(got-c.want) > 1e-15*math.Abs(c.want) {
			t.Errorf("%s: %v (%v), want %v", c.name, got, err, c.want)
		}
	}
}

// The budget of false alarms is spent even where the validation positives do not need it.
func TestAtFPRSpendsTheBudget(t *testing.T) {
	var score []float64
	var label []int32
	for i := range 1000 {
		score, label = append(score, float64(i)/2000), append(label, 0)
	}
	score, label = append(score, 0.99), append(label, 1)
	threshold, err := AtFPR(score, label, 0.01)
	if err != nil {
		t.Fatal(err)
	}
	if c, _ := Confuse(score, label, threshold); c.FP != 10 || c.TP != 1 {
		t.Errorf("threshold %v gives %+v, want 10 of 1000 false alarms", threshold, c)
	}
}

func TestThresholdArguments(t *testing.T) {
	r, err := Rank([]float64{0.9, 0.1}, []int32{1, 0})
	if err != nil {
		t.Fatal(err)
	}
	nan, inf := math.NaN(), math.Inf(1)
	for name, call := range map[string]func() (float64, error){
		"fpr -1":      func() (float64, error) { return r.AtFPR(-1) },
		"fpr NaN":     func() (float64, error) { return r.AtFPR(nan) },
		"beta 0":      func() (float64, error) { return r.BestFBeta(0) },
		"beta inf":    func() (float64, error) { return r.BestFBeta(inf) },
		"both free":   func() (float64, error) { return r.MinCost(0, 0) },
		"negative":    func() (float64, error) { return r.MinCost(-1, 2) },
		"cost NaN":    func() (float64, error) { return r.MinCost(nan, 2) },
		"cost inf":    func() (float64, error) { return r.MinCost(1, inf) },
		"fpr above 1": func() (float64, error) { return r.AtFPR(1.5) },
	} {
		if _, err := call(); !errors.Is(err, ErrInput) {
			t.Errorf("%s: %v, want ErrInput", name, err)
		}
	}
	positives, err := Rank([]float64{0.9, 0.1}, []int32{1, 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := positives.AtFPR(0.1); !errors.Is(err, ErrOneClass) {
		t.Errorf("a rate without negatives: %v, want ErrOneClass", err)
	}
}
