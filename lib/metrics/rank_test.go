package metrics

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// scored draws labelled scores with many ties.
func scored(t *rapid.T) (score []float64, label []int32) {
	values := rapid.SliceOfNDistinct(rapid.Float64Range(-1e6, 1e6), 1, 12, rapid.ID[float64]).Draw(t, "values")
	n := rapid.IntRange(1, 60).Draw(t, "n")
	for range n {
		score = append(score, rapid.SampledFrom(values).Draw(t, "score"))
		label = append(label, rapid.Int32Range(0, 1).Draw(t, "label"))
	}
	return score, label
}

// TestROCAUCIsPairwise checks the definition: the share of pairs in which the positive scores higher, ties half.
func TestROCAUCIsPairwise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		score, label := scored(t)
		var wins, pairs float64
		for i := range score {
			for j := range score {
				if label[i] == 1 && label[j] == 0 {
					pairs++
					switch {
					case score[i] > score[j]:
						wins++
					case score[i] == score[j]:
						wins += 0.5
					}
				}
			}
		}
		got, err := ROCAUC(score, label)
		if pairs == 0 {
			if !math.IsNaN(got) || !errors.Is(err, ErrOneClass) {
				t.Fatalf("one class: %v, %v", got, err)
			}
			return
		}
		if err != nil || got != wins/pairs {
			t.Fatalf("got %v (%v), want %v/%v", got, err, wins, pairs)
		}
	})
}

// TestOrderOfRowsDoesNotMatter: every metric, bit for bit.
func TestOrderOfRowsDoesNotMatter(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	score, label := sample(rng, 5000)
	first, err := Evaluate(Input{Score: score, Label: label, Bootstrap: 20})
	if err != nil {
		t.Fatal(err)
	}
	rng.Shuffle(len(score), func(i, j int) {
		score[i], score[j] = score[j], score[i]
		label[i], label[j] = label[j], label[i]
	})
	second, err := Evaluate(Input{Score: score, Label: label, Bootstrap: 20})
	if err != nil {
		t.Fatal(err)
	}
	if first.Metrics != second.Metrics {
		t.Errorf("metrics changed with the order of rows:\n%v\n%v", first.Metrics, second.Metrics)
	}
	if first.Intervals["roc_auc"] != second.Intervals["roc_auc"] {
		t.Error("intervals changed with the order of rows")
	}
}

// sample draws rows of an imperfect detector: probabilities rounded to three digits, so that ties occur.
func sample(rng *rand.Rand, n int) (score []float64, label []int32) {
	for range n {
		y := int32(0)
		if rng.Float64() < 0.4 {
			y = 1
		}
		p := Sigmoid(rng.NormFloat64()*1.2 + 2*float64(y) - 1)
		score = append(score, math.Round(p*1000)/1000)
		label = append(label, y)
	}
	return score, label
}

func TestSortKeysOnEveryKindOfScore(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	draw := map[string]func() float64{
		"probabilities": rng.Float64,
		"float32":       func() float64 { return float64(float32(rng.Float64())) },
		"logits":        func() float64 { return rng.NormFloat64() * 10 },
		"ties":          func() float64 { return float64(rng.IntN(5)) - 2 },
		"constant":      func() float64 { return 0.25 },
		"zeros":         func() float64 { return math.Copysign(0, rng.Float64()-0.5) },
		"any bits": func() float64 {
			for {
				if f := math.Float64frombits(rng.Uint64()); f-f == 0 {
					return f
				}
			}
		},
	}
	for name, next := range draw {
		for _, n := range []int{1, 2, smallEnough - 1, smallEnough, 3 * smallEnough} {
			scores := make([]float64, n)
			keys := make([]uint64, n)
			for i := range scores {
				scores[i] = next()
				keys[i] = descending(scores[i])
			}
			sortKeys(keys)
			slices.Sort(scores)
			slices.Reverse(scores)
			for i, k := range keys {
				if got := scoreOf(k); got != scores[i] {
					t.Fatalf("%s, %d rows: place %d has %v, want %v", name, n, i, got, scores[i])
				}
			}
		}
	}
}

func TestBadInputIsRefused(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		name  string
		score []float64
		label []int32
	}{
		{"empty", nil, nil},
		{"lengths", []float64{1, 2}, []int32{1}},
		{"NaN", []float64{0.1, nan}, []int32{0, 1}},
		{"infinite", []float64{inf, 0.5}, []int32{0, 1}},
		{"label 2", []float64{0.1, 0.5}, []int32{0, 2}},
		{"label -1", []float64{0.1, 0.5}, []int32{-1, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Rank(c.score, c.label)
			calls := map[string]error{"Rank": err}
			_, calls["Confuse"] = Confuse(c.score, c.label, 0.5)
			_, calls["ROCAUC"] = ROCAUC(c.score, c.label)
			_, calls["AveragePrecision"] = AveragePrecision(c.score, c.label)
			_, calls["BestF1"] = BestF1(c.score, c.label)
			_, calls["AtFPR"] = AtFPR(c.score, c.label, 0.1)
			_, calls["MinCost"] = MinCost(c.score, c.label, 1, 1)
			_, calls["Brier"] = Brier(c.score, c.label)
			_, calls["LogLoss"] = LogLoss(c.score, c.label)
			_, calls["ECE"] = ECE(c.score, c.label)
			_, calls["FitTemperature"] = FitTemperature(c.score, c.label)
			_, calls["FitIsotonic"] = FitIsotonic(c.score, c.label)
			_, calls["Evaluate"] = Evaluate(Input{Score: c.score, Label: c.label})
			for call, err := range calls {
				if !errors.Is(err, ErrInput) {
					t.Errorf("%s: %v, want ErrInput", call, err)
				}
			}
		})
	}
}

func TestProbabilitiesAreChecked(t *testing.T) {
	score, label := []float64{0.1, 1.7, -3}, []int32{0, 1, 0}
	_, brier := Brier(score, label)
	_, evaluate := Evaluate(Input{Score: score, Label: label})
	r, err := Rank(score, label)
	if err != nil {
		t.Fatal(err)
	}
	_, boot := r.Bootstrap(0.5, Bootstrap{})
	for _, err := range []error{brier, evaluate, boot} {
		if !errors.Is(err, ErrInput) {
			t.Errorf("%v, want ErrInput", err)
		}
	}
	if auc, err := r.ROCAUC(); err != nil || auc != 1 {
		t.Errorf("ranking metrics take any score: %v, %v", auc, err)
	}
}

func TestOneClass(t *testing.T) {
	r, err := Rank([]float64{0.2, 0.8}, []int32{0, 0})
	if err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func() (float64, error){
		"roc auc": r.ROCAUC, "ap": r.AveragePrecision, "ks": r.KS, "best f1": r.BestF1,
		"partial": func() (float64, error) { return r.PartialROCAUC(0.1) },
	} {
		if _, err := f(); !errors.Is(err, ErrOneClass) {
			t.Errorf("%s: %v, want ErrOneClass", name, err)
		}
	}
}

func TestKS(t *testing.T) {
	r, err := Rank([]float64{0.9, 0.8, 0.7, 0.3, 0.2, 0.1}, []int32{1, 1, 0, 1, 0, 0})
	if err != nil {
		t.Fatal(err)
	}
	if ks, err := r.KS(); err != nil || math.Abs(ks-2.0/3) > 1e-15 {
		t.Errorf("ks %v, %v, want 2/3", ks, err)
	}
}

func TestPartialROCAUCRefusesARateOutside(t *testing.T) {
	r, err := Rank([]float64{0.9, 0.1}, []int32{1, 0})
	if err != nil {
		t.Fatal(err)
	}
	for _, rate := range []float64{0, -1, 1.1, math.NaN()} {
		if _, err := r.PartialROCAUC(rate); !errors.Is(err, ErrInput) {
			t.Errorf("rate %v: %v", rate, err)
		}
	}
	if v, err := r.PartialROCAUC(1); err != nil || v != 1 {
		t.Errorf("rate 1: %v, %v", v, err)
	}
}

func BenchmarkROCAUCMillion(b *testing.B) {
	rng := rand.New(rand.NewPCG(5, 6))
	const n = 1_000_000
	float64s, float32s, label := make([]float64, n), make([]float64, n), make([]int32, n)
	for i := range n {
		label[i] = int32(rng.IntN(2))
		float64s[i] = Sigmoid(rng.NormFloat64() + float64(label[i]))
		float32s[i] = float64(float32(float64s[i]))
	}
	for name, score := range map[string][]float64{"float64": float64s, "float32": float32s} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := ROCAUC(score, label); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBootstrap(b *testing.B) {
	score, label := sample(rand.New(rand.NewPCG(7, 8)), 22_544)
	for i := range score { // no ties: the most work
		score[i] = (score[i] + float64(i)*1e-9) / 1.001
	}
	r, err := Rank(score, label)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := r.Bootstrap(0.5, Bootstrap{}); err != nil {
			b.Fatal(err)
		}
	}
}
