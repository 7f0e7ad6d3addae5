package threat_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/testenv"
	"github.com/jamba-threat/jamba/lib/threat"
	"github.com/jamba-threat/jamba/lib/track"
)

// quick is a configuration that trains in about a second in pure Go.
func quick() threat.Config {
	c := threat.DefaultConfig()
	c.Engine = "go"
	c.Model.Members, c.Model.Hidden = 4, 16
	c.Train.Epochs, c.Train.BatchSize, c.Train.LearningRate = 3, 64, 0.005
	return c
}

func table(t *testing.T, rows int) *threat.Table {
	t.Helper()
	g := threat.DefaultGenerate()
	g.Samples, g.Difficulty, g.Missing = rows, 0, 0.02
	tab, err := threat.GenerateTable(g)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

func split(t *testing.T, rows int) threat.Split {
	t.Helper()
	s, err := table(t, rows).Split(threat.Stratified(0.7, 0.15, 42))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSaveOpenParity(t *testing.T) {
	s := split(t, 800)
	cfg := quick()
	cfg.Calibration = "isotonic"
	model, err := cfg.Fit(context.Background(), s.Train, s.Valid)
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	want, err := model.Predict(context.Background(), s.Test)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "saved")
	if err := model.Save(dir); err != nil {
		t.Fatal(err)
	}
	opened, err := threat.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	got, err := opened.Predict(context.Background(), s.Test)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Prob, want.Prob) || !slices.Equal(got.Flagged, want.Flagged) {
		t.Error("the opened detector predicts otherwise than the saved one")
	}
	if opened.Threshold() != model.Threshold() || opened.BestEpoch() != model.BestEpoch() || len(opened.History()) != 3 {
		t.Errorf("opened %v, saved %v", opened, model)
	}
	if err := model.Save(dir); !errors.Is(err, track.ErrExists) {
		t.Errorf("saving over a run: %v", err)
	}
}

// TestNothingLeaks changes validation and test rows and demands the same features, and with a fixed number of epochs
// the same weights.
func TestNothingLeaks(t *testing.T) {
	s := split(t, 800)
	cfg := quick()
	cfg.Train.Monitor = "train/loss" // the best epoch must not depend on the validation rows either
	cfg.Train.DropoutMode = "fixed"
	cfg.Calibration = "none"
	files := func(s threat.Split) [2]string {
		model, err := cfg.Fit(context.Background(), s.Train, s.Valid)
		if err != nil {
			t.Fatal(err)
		}
		defer model.Close()
		dir := filepath.Join(t.TempDir(), "run")
		if err := model.Save(dir); err != nil {
			t.Fatal(err)
		}
		features, err := os.ReadFile(filepath.Join(dir, "features.json"))
		if err != nil {
			t.Fatal(err)
		}
		logits, err := model.Predict(context.Background(), s.Train)
		if err != nil {
			t.Fatal(err)
		}
		return [2]string{string(features), fmt.Sprint(logits.Prob)}
	}
	before := files(s)
	changed := s
	rows := make([]int, s.Valid.Rows())
	for i := range rows {
		rows[i] = (i + 1) % len(rows)
	}
	valid, err := s.Valid.Select(rows)
	if err != nil {
		t.Fatal(err)
	}
	for i := range valid.Columns {
		for j := range valid.Columns[i].Num {
			valid.Columns[i].Num[j] = 1e6
		}
	}
	changed.Valid = valid
	if after := files(changed); after != before {
		t.Error("other validation rows change the fitted features or the trained weights")
	}
}

func TestRunContinuesAndRefuses(t *testing.T) {
	s := split(t, 800)
	dir := filepath.Join(t.TempDir(), "run")
	whole, err := threat.Run(context.Background(), dir, quick(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer whole.Close()
	want, err := whole.Predict(context.Background(), s.Test)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"config.json", "data.json", "features.json", "metrics.csv", "report.json", "model.json", "DONE", "checkpoints/best.safetensors"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}

	// interrupted after one epoch, then continued
	dir2 := filepath.Join(t.TempDir(), "run")
	cfg := quick()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cfg.Train.OnEpoch = func(threat.Event) error { cancel(); return nil }
	if _, err := threat.Run(ctx, dir2, cfg, s); !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted run: %v", err)
	}
	if _, err := threat.Open(dir2); err == nil || !strings.Contains(err.Error(), "not finished") {
		t.Errorf("opening an unfinished run: %v", err)
	}
	epochs := 0
	cfg.Train.OnEpoch = func(threat.Event) error { epochs++; return nil }
	rest, err := threat.Run(context.Background(), dir2, cfg, s)
	if err != nil {
		t.Fatal(err)
	}
	defer rest.Close()
	got, err := rest.Predict(context.Background(), s.Test)
	if err != nil {
		t.Fatal(err)
	}
	if epochs != 2 || !slices.Equal(got.Prob, want.Prob) {
		t.Errorf("the continued run did %d epochs; same predictions: %v", epochs, slices.Equal(got.Prob, want.Prob))
	}

	other := quick()
	other.Train.LearningRate = 0.001
	if _, err := threat.Run(context.Background(), dir, other, s); !errors.Is(err, threat.ErrOtherRun) {
		t.Errorf("another configuration in the same directory: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "checkpoints", "best.safetensors"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := threat.Open(dir); err == nil || !strings.Contains(err.Error(), "best.safetensors") {
		t.Errorf("damaged checkpoint: %v", err)
	}
}

func TestClasses(t *testing.T) {
	tab := table(t, 1500)
	path := filepath.Join(t.TempDir(), "kinds.csv")
	if err := data.Write(path, tab); err != nil {
		t.Fatal(err)
	}
	tab, err := threat.ReadCSV(path, threat.Schema{Label: "kind", Multiclass: true, Drop: []string{"is_threat", "host", "timestamp"}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := tab.Split(threat.Stratified(0.7, 0.15, 1))
	if err != nil {
		t.Fatal(err)
	}
	cfg := quick()
	cfg.Train.Epochs = 12
	model, err := cfg.Fit(context.Background(), s.Train, s.Valid)
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	report, err := model.Evaluate(s.Test)
	if err != nil {
		t.Fatal(err)
	}
	if report.Classes == nil || report.Classes.Accuracy < 0.6 || math.IsNaN(report.Metrics.ROCAUC) {
		t.Errorf("report %v", report)
	}
}

func TestPredictMatchesByName(t *testing.T) {
	s := split(t, 400)
	cfg := quick()
	cfg.Train.Epochs = 1
	model, err := cfg.Fit(context.Background(), s.Train, s.Valid)
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	want, err := model.Predict(context.Background(), s.Test)
	if err != nil {
		t.Fatal(err)
	}
	turned := *s.Test
	turned.Columns = slices.Clone(s.Test.Columns)
	slices.Reverse(turned.Columns)
	turned.Columns = append(turned.Columns, data.Column{Name: "extra", Kind: data.Numeric, Num: make([]float32, s.Test.Rows())})
	got, err := model.Predict(context.Background(), &turned)
	if err != nil || !slices.Equal(got.Prob, want.Prob) {
		t.Errorf("columns in another order, and one more: error %v, same predictions %v", err, err == nil && slices.Equal(got.Prob, want.Prob))
	}
	turned.Columns = s.Test.Columns[2:]
	_, err = model.Predict(context.Background(), &turned)
	if err == nil || !strings.Contains(err.Error(), s.Test.Columns[0].Name) || !strings.Contains(err.Error(), s.Test.Columns[1].Name) {
		t.Errorf("two columns missing: %v", err)
	}
	model.Close()
	if _, err := model.Predict(context.Background(), s.Test); err == nil {
		t.Error("a closed detector predicts")
	}
}

func TestBadExperiments(t *testing.T) {
	s := split(t, 400)
	ctx := context.Background()
	one, err := s.Train.Select(indices(s.Train, 1))
	if err != nil {
		t.Fatal(err)
	}
	change := func(f func(c *threat.Config)) threat.Config { c := quick(); f(&c); return c }
	for name, c := range map[string]struct {
		cfg   threat.Config
		train *threat.Table
		want  string
		is    error // nil: of no particular kind
	}{
		"no table":  {quick(), nil, "no training table", nil},
		"one class": {quick(), one, "class", data.ErrSchema},
		"input_dim": {change(func(c *threat.Config) { c.InputDim = 7 }), s.Train, "input_dim is 7", threat.ErrMismatch},
		"outputs":   {change(func(c *threat.Config) { c.Model.Outputs = 3 }), s.Train, "output_dim is 3", threat.ErrMismatch},
		"derived":   {change(func(c *threat.Config) { c.Features.Derived.Ratios = [][2]string{{"a", "b"}} }), s.Train, `"a"`, threat.ErrMismatch},
		"heads":     {change(func(c *threat.Config) { c.Model.Heads = 3 }), s.Train, "n_heads is 3, which does not divide token_width 8", threat.ErrConfig},
		"version":   {change(func(c *threat.Config) { c.Version = "2.0.0" }), s.Train, `version is "2.0.0"`, threat.ErrConfig},
		"engine":    {change(func(c *threat.Config) { c.Engine = "tpu" }), s.Train, `engine is "tpu"`, threat.ErrConfig},
		"threshold": {change(func(c *threat.Config) { c.Threshold.FPR = 2 }), s.Train, "threshold.fpr is 2", threat.ErrConfig},
		"two":       {change(func(c *threat.Config) { c.Features.Bins, c.Train.Augment.Mask = -1, 2 }), s.Train, "mask is 2", threat.ErrConfig},
	} {
		_, err := c.cfg.Fit(ctx, c.train, s.Valid)
		if err == nil || !strings.Contains(err.Error(), c.want) || (c.is != nil && !errors.Is(err, c.is)) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

func indices(t *threat.Table, label int32) (rows []int) {
	for i, y := range t.Label {
		if y == label {
			rows = append(rows, i)
		}
	}
	return rows
}

// TestNSLKDD trains on a few of the real training rows for two epochs and looks at the official test rows: a floor
// that any working pipeline clears and a broken one (labels swapped, columns confused) does not.
func TestNSLKDD(t *testing.T) {
	trainPath, testPath := testenv.Data(t, "nsl-kdd/KDDTrain+.txt.gz"), testenv.Data(t, "nsl-kdd/KDDTest+.txt.gz")
	schema, err := threat.NamedSchema("nsl-kdd")
	if err != nil {
		t.Fatal(err)
	}
	all, err := threat.ReadCSV(trainPath, schema)
	if err != nil {
		t.Fatal(err)
	}
	test, err := threat.ReadCSV(testPath, schema)
	if err != nil {
		t.Fatal(err)
	}
	s, err := all.Split(threat.Stratified(0.06, 0.04, 1))
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := threat.NamedConfig("nsl-kdd")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Engine, cfg.Train.Epochs, cfg.Train.BatchSize, cfg.Model.Members = "go", 2, 128, 4
	model, err := cfg.Fit(context.Background(), s.Train, s.Valid)
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	report, err := model.Evaluate(test)
	if err != nil {
		t.Fatal(err)
	}
	if report.Metrics.ROCAUC < 0.85 || report.Metrics.FPR > 0.12 || math.IsNaN(report.RecallUnseen) {
		t.Errorf("KDDTest+: AUC %.3f, FPR %.3f, recall on unseen families %.3f", report.Metrics.ROCAUC, report.Metrics.FPR, report.RecallUnseen)
	}
	unseen := 0
	for _, f := range report.Families {
		if !f.Seen {
			unseen++
		}
	}
	if unseen < 17 {
		t.Errorf("%d families of KDDTest+ count as unseen, the data set has 17 and a few more are too rare for this sample", unseen)
	}
}
