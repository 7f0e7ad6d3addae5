package plot

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/jamba-threat/jamba/lib/metrics"
	"github.com/jamba-threat/jamba/lib/track"
)

// rows draws labelled probabilities of an imperfect detector.
func rows(n int, skill float64) Predicted {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	d := Predicted{Name: fmt.Sprintf("skill %g", skill)}
	for range n {
		y := int32(rng.IntN(2))
		d.Label = append(d.Label, y)
		d.Prob = append(d.Prob, metrics.Sigmoid(rng.NormFloat64()*2+skill*(2*float64(y)-1)))
	}
	return d
}

func ranked(t testing.TB, d Predicted, threshold float64) Ranked {
	t.Helper()
	r, err := metrics.Rank(d.Prob, d.Label)
	if err != nil {
		t.Fatal(err)
	}
	return Ranked{Name: d.Name, Ranking: r, Threshold: threshold}
}

func history(epochs int) track.History {
	var h track.History
	for i := range epochs {
		x := float64(i + 1)
		h = append(h, track.Event{Epoch: i + 1, Epochs: epochs, Best: i == epochs*2/3, Metrics: map[string]float64{
			track.TrainLoss: 0.6/x + 0.05, track.ValidLoss: 0.7/x + 0.08 + 0.002*x, track.ValidROCAUC: 0.99 - 0.3/x,
			track.ValidPRAUC: 0.98 - 0.35/x, track.ValidF1: 0.95 - 0.4/x,
			track.LearningRate: 0.001 * (1 + math.Cos(math.Pi*x/float64(epochs))), track.Dropout: 0.3 + 0.1*math.Sin(x/3),
		}})
	}
	return h
}

func comparison(groups int) *track.Comparison {
	c := &track.Comparison{Metrics: []string{"test/roc_auc"}}
	for i := range groups {
		mean := 0.968 - 0.002*float64(i)
		c.Groups = append(c.Groups, track.Group{
			Params:  map[string]string{"train.lr": fmt.Sprint(0.001 * float64(i+1)), "model.hidden_dim": fmt.Sprint(64 << (i % 3))},
			Metrics: map[string]track.Stat{"test/roc_auc": {N: 5, Mean: mean, Std: 0.001 * float64(1+i%4)}},
		})
	}
	return c
}

// figures is one figure of every kind, and the kinds that tend to go wrong.
func figures(t testing.TB) map[string]*Figure {
	t.Helper()
	good, poor := rows(3000, 3), rows(2000, 1)
	overconfident := Predicted{Name: "before"}
	for _, p := range poor.Prob {
		overconfident.Prob = append(overconfident.Prob, metrics.Sigmoid(3*metrics.Logit(p)))
	}
	overconfident.Label = poor.Label
	poor.Name = "after"
	var classes []string
	many := make([][]int, 24)
	for i := range many {
		classes = append(classes, fmt.Sprintf("attack family %d", i))
		many[i] = make([]int, len(many))
		for j := range many {
			many[i][j] = 1000 / (1 + (i-j)*(i-j))
		}
	}
	impacts := []track.Impact{{Param: "train.learning_rate", Numeric: true, Explained: 0.62, Spearman: -0.81},
		{Param: "model.token_dim", Numeric: true, Explained: 0.21, Spearman: 0.4}, {Param: "train.schedule", Explained: 0.05}}
	bare := history(1)
	bare[0].Metrics = map[string]float64{track.TrainLoss: 0.5}

	out := map[string]*Figure{}
	add := func(name string) func(*Figure, error) {
		return func(f *Figure, err error) {
			t.Helper()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			out[name] = f
		}
	}
	add("learning")(LearningCurves(history(30)))
	add("learning-one-epoch")(LearningCurves(bare))
	add("roc")(ROC(ranked(t, good, 0.5)))
	add("roc-two")(ROC(ranked(t, good, 0.5), ranked(t, poor, 0.7)))
	add("precision-recall")(PrecisionRecall(ranked(t, good, 0.5), ranked(t, poor, 0)))
	add("confusion")(Confusion(metrics.Confusion{TN: 9343, FP: 368, FN: 2211, TP: 10622}))
	add("confusion-families")(ConfusionMatrix([][]int{{950, 20, 5, 0}, {30, 700, 12, 1}, {3, 4, 210, 9}, {0, 0, 0, 0}}, []string{"benign", "denial of service", "probe", "u2r"}))
	add("confusion-many")(ConfusionMatrix(many, classes))
	add("reliability")(Reliability(overconfident, poor))
	add("scores")(ScoreDistribution(good, 0.5))
	add("runs")(RunComparison(comparison(6), "test/roc_auc"))
	add("runs-many")(RunComparison(comparison(40), "test/roc_auc"))
	add("impact")(ParameterImpact(impacts, "valid/roc_auc"))
	add("importance")(Importance([]string{"src_bytes", "service", "dst_host_srv_count", "a name that is far too long to be shown beside a bar in full", "flag"},
		[]float64{0.21, 0.12, 0.06, 0.02, -0.01}, []float64{0.02, 0.01, 0.01, 0.005, 0.004}, "loss of ROC AUC when shuffled"))
	return out
}
