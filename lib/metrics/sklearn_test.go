package metrics

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
)

// Expected values come from scikit-learn, see testdata/generate.py. Sums are added up in another order there, hence a
// tolerance of a few thousand roundings.
const tolerance = 1e-12

// number reads null as NaN and "+Inf" as infinity.
type number float64

func (n *number) UnmarshalJSON(text []byte) error {
	switch s := string(text); s {
	case "null":
		*n = number(math.NaN())
	case `"+Inf"`:
		*n = number(math.Inf(1))
	case `"-Inf"`:
		*n = number(math.Inf(-1))
	default:
		return json.Unmarshal(text, (*float64)(n))
	}
	return nil
}

// fixture reads the cases of a file in testdata; they must be there.
func fixture(t *testing.T, name string, cases any) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	file := struct {
		Cases    any    `json:"cases"`
		MadeWith string `json:"made_with"`
	}{Cases: cases}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(file.MadeWith, "scikit-learn 1.7") {
		t.Fatalf("%s was made with %q", name, file.MadeWith)
	}
}

func near(t *testing.T, what string, got float64, want number) {
	t.Helper()
	w := float64(want)
	if math.IsNaN(got) && math.IsNaN(w) || got == w || math.Abs(got-w) <= tolerance*max(1, math.Abs(w)) {
		return
	}
	t.Errorf("%s = %.17g, scikit-learn has %.17g", what, got, w)
}

func allNear(t *testing.T, what string, got []float64, want []number) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s has %d values, scikit-learn has %d", what, len(got), len(want))
		return
	}
	for i := range got {
		near(t, what, got[i], want[i])
	}
}

type curveFixture struct {
	FPR       []number `json:"fpr"`
	TPR       []number `json:"tpr"`
	ROC       []number `json:"roc_threshold"`
	Precision []number `json:"precision"`
	Recall    []number `json:"recall"`
	PR        []number `json:"pr_threshold"`
}

type binaryFixture struct {
	Name        string
	Label       []int32
	Score       []float64
	Threshold   float64
	Probability bool
	Confusion   Confusion
	ROCAUC      number `json:"roc_auc"`
	PartialAUC  number `json:"partial_roc_auc"`
	PRAUC       number `json:"pr_auc"`
	Accuracy    number
	Balanced    number `json:"balanced_accuracy"`
	Precision   number
	Recall      number
	F1, F2      number
	FPR, MCC    number
	Brier, ECE  number
	LogLoss     number `json:"log_loss"`
	Reliability *struct {
		Rate, Mean []number
		Rows       []int
	}
	Curves map[string]curveFixture
}

func TestBinaryAsScikitLearn(t *testing.T) {
	var cases []binaryFixture
	fixture(t, "binary.json", &cases)
	if len(cases) < 15 {
		t.Fatalf("only %d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			r, err := Rank(c.Score, c.Label)
			if err != nil {
				t.Fatal(err)
			}
			auc, _ := r.ROCAUC()
			near(t, "roc auc", auc, c.ROCAUC)
			partial, _ := r.PartialROCAUC(0.1)
			near(t, "partial roc auc", partial, c.PartialAUC)
			ap, _ := r.AveragePrecision()
			near(t, "average precision", ap, c.PRAUC)

			confusion := r.Confusion(c.Threshold)
			direct, err := Confuse(c.Score, c.Label, c.Threshold)
			if err != nil || confusion != c.Confusion || direct != c.Confusion {
				t.Errorf("confusion %+v ranked, %+v direct (%v), want %+v", confusion, direct, err, c.Confusion)
			}
			near(t, "accuracy", confusion.Accuracy(), c.Accuracy)
			near(t, "balanced accuracy", confusion.BalancedAccuracy(), c.Balanced)
			near(t, "precision", confusion.Precision(), c.Precision)
			near(t, "recall", confusion.Recall(), c.Recall)
			near(t, "f1", confusion.F1(), c.F1)
			near(t, "f2", confusion.FBeta(2), c.F2)
			near(t, "fpr", confusion.FPR(), c.FPR)
			near(t, "mcc", confusion.MCC(), c.MCC)
			for kind, want := range c.Curves {
				roc, pr := r.ROC(kind == "dropped"), r.PR(kind == "dropped")
				allNear(t, kind+" fpr", roc.FPR, want.FPR)
				allNear(t, kind+" tpr", roc.TPR, want.TPR)
				allNear(t, kind+" roc threshold", roc.Threshold, want.ROC)
				allNear(t, kind+" precision", pr.Precision, want.Precision)
				allNear(t, kind+" recall", pr.Recall, want.Recall)
				allNear(t, kind+" pr threshold", pr.Threshold, want.PR)
			}
			if c.Probability {
				checkProbabilities(t, r, c)
			}
		})
	}
}

// checkProbabilities compares what needs scores in 0..1, both as functions of the rows and inside a report.
func checkProbabilities(t *testing.T, r *Ranking, c binaryFixture) {
	t.Helper()
	brier, err := Brier(c.Score, c.Label)
	near(t, "brier", brier, c.Brier)
	loss, err2 := LogLoss(c.Score, c.Label)
	near(t, "log loss", loss, c.LogLoss)
	ece, err3 := ECE(c.Score, c.Label)
	near(t, "ece", ece, c.ECE)
	bins, err4 := Reliability(c.Score, c.Label, ECEBins)
	for _, err := range []error{err, err2, err3, err4} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var rate, mean []float64
	var rows []int
	for _, b := range bins {
		if b.Count > 0 {
			rate, mean, rows = append(rate, b.Rate), append(mean, b.Mean), append(rows, b.Count)
		}
	}
	allNear(t, "reliability rate", rate, c.Reliability.Rate)
	allNear(t, "reliability mean", mean, c.Reliability.Mean)
	for i := range rows {
		if rows[i] != c.Reliability.Rows[i] {
			t.Errorf("bin %d has %d rows, want %d", i, rows[i], c.Reliability.Rows[i])
		}
	}

	report, err := Evaluate(Input{Score: c.Score, Label: c.Label, Threshold: c.Threshold, Bootstrap: -1})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]number{"roc_auc": c.ROCAUC, "pr_auc": c.PRAUC, "accuracy": c.Accuracy, "balanced_accuracy": c.Balanced,
		"precision": c.Precision, "recall": c.Recall, "f1": c.F1, "fpr": c.FPR, "mcc": c.MCC, "brier": c.Brier, "ece": c.ECE}
	for _, name := range Names() {
		got, err := report.Metrics.Get(name)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "report "+name, got, want[name])
	}
	if report.Confusion != c.Confusion || len(want) != len(Names()) {
		t.Errorf("report: confusion %+v, metrics %v", report.Confusion, Names())
	}
}

func TestClassesAsScikitLearn(t *testing.T) {
	type average struct{ Precision, Recall, F1 number }
	var cases []struct {
		Name       string
		Label      []int32
		Prob       []float64
		Classes    []string
		Confusion  [][]int
		Accuracy   number
		Balanced   number `json:"balanced_accuracy"`
		MCC        number
		LogLoss    number `json:"log_loss"`
		Precision  []number
		Recall, F1 []number
		ROCAUC     []number `json:"roc_auc"`
		PRAUC      []number `json:"pr_auc"`
		MacroAUC   number   `json:"macro_roc_auc"`
		Macro      average
		Weighted   average
		Micro      average
	}
	fixture(t, "classes.json", &cases)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			r, err := EvaluateClasses(ClassInput{Prob: c.Prob, Label: c.Label, Classes: c.Classes})
			if err != nil {
				t.Fatal(err)
			}
			near(t, "accuracy", r.Accuracy, c.Accuracy)
			near(t, "balanced accuracy", r.BalancedAccuracy, c.Balanced)
			near(t, "mcc", r.MCC, c.MCC)
			near(t, "log loss", r.LogLoss, c.LogLoss)
			for i, v := range r.Classes {
				near(t, v.Name+" precision", v.Precision, c.Precision[i])
				near(t, v.Name+" recall", v.Recall, c.Recall[i])
				near(t, v.Name+" f1", v.F1, c.F1[i])
				near(t, v.Name+" roc auc", v.ROCAUC, c.ROCAUC[i])
				near(t, v.Name+" pr auc", v.PRAUC, c.PRAUC[i])
				for j, n := range r.Confusion[i] {
					if n != c.Confusion[i][j] {
						t.Errorf("confusion[%d][%d] = %d, want %d", i, j, n, c.Confusion[i][j])
					}
				}
			}
			near(t, "macro roc auc", r.Macro.ROCAUC, c.MacroAUC)
			for _, a := range []struct {
				got  ClassValues
				want average
			}{{r.Macro, c.Macro}, {r.Weighted, c.Weighted}, {r.Micro, c.Micro}} {
				near(t, a.got.Name+" precision", a.got.Precision, a.want.Precision)
				near(t, a.got.Name+" recall", a.got.Recall, a.want.Recall)
				near(t, a.got.Name+" f1", a.got.F1, a.want.F1)
			}
		})
	}
}

func TestCalibrationAsScikitLearn(t *testing.T) {
	var cases []struct {
		Name        string
		Label       []int32
		Prob        []float64
		Logit       []float64
		Probe       []float64
		X, Y        []number
		Isotonic    []number
		Temperature number
	}
	fixture(t, "calibration.json", &cases)
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			iso, err := FitIsotonic(c.Prob, c.Label)
			if err != nil {
				t.Fatal(err)
			}
			allNear(t, "x", iso.X, c.X)
			allNear(t, "y", iso.Y, c.Y)
			for i, p := range c.Probe {
				near(t, "isotonic", iso.Apply(p), c.Isotonic[i])
			}
			temp, err := FitTemperature(c.Logit, c.Label)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "temperature", temp.Temperature, c.Temperature)
		})
	}
}
