package track

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// trained writes a finished run with this configuration and validation AUC.
func trained(t *testing.T, dir, config string, auc float64) {
	t.Helper()
	r, err := Create(dir, Meta{})
	must(t, err)
	must(t, r.Log(Event{Epoch: 1, Best: true, Metrics: map[string]float64{ValidROCAUC: auc, ValidLoss: 1 - auc}}))
	must(t, r.Log(Event{Epoch: 2, Metrics: map[string]float64{ValidROCAUC: 0, ValidLoss: 9}})) // after the best
	must(t, os.WriteFile(r.Path("config.json"), []byte(config), 0o666))
	must(t, os.WriteFile(r.Path("report.json"), fmt.Appendf(nil, `{"metrics":{"f1":%g,"roc_auc":null},"recall_unseen":0.5,"recall_seen":null}`, auc/2), 0o666))
	must(t, r.Finish())
}

func TestRunsAndCompare(t *testing.T) {
	root := t.TempDir()
	for i, c := range []struct {
		name  string
		lr    string
		width int
		auc   float64
	}{
		{"a", "0.001", 64, 0.90}, {"b", "0.001", 64, 0.94}, {"sweep/c", "1e-2", 64, 0.80}, {"sweep/d", "0.01", 64, 0.70},
	} {
		config := fmt.Sprintf(`{"train":{"lr":%s,"seed":%d},"model":{"width":%d,"layers":[1,2]},"name":"x\"y"}`, c.lr, i, c.width)
		trained(t, filepath.Join(root, c.name), config, c.auc)
	}
	must(t, os.MkdirAll(filepath.Join(root, "not-a-run"), 0o777))
	must(t, os.Mkdir(filepath.Join(root, "broken"), 0o777))
	must(t, os.WriteFile(filepath.Join(root, "broken", metaFile), []byte("{"), 0o666))

	runs, err := Runs(root)
	must(t, err)
	var names []string
	for _, r := range runs {
		names = append(names, r.Name+" "+string(r.State))
	}
	if diff := cmp.Diff([]string{"a finished", "b finished", "broken broken", "sweep/c finished", "sweep/d finished"}, names); diff != "" {
		t.Fatal(diff)
	}
	if !strings.Contains(runs[2].Problem, "run.json") {
		t.Errorf("problem %q", runs[2].Problem)
	}
	wantParams := map[string]string{"train.lr": "0.001", "train.seed": "0", "model.width": "64", "model.layers": "[1,2]", "name": `x"y`}
	if diff := cmp.Diff(wantParams, runs[0].Params); diff != "" {
		t.Error(diff)
	}
	wantMetrics := map[string]float64{ValidROCAUC: 0.9, ValidLoss: 0.09999999999999998, "test/f1": 0.45, "test/recall_unseen": 0.5}
	if diff := cmp.Diff(wantMetrics, runs[0].Metrics); diff != "" {
		t.Error(diff)
	}
	if runs[0].BestEpoch != 1 || runs[0].Epochs != 2 {
		t.Errorf("best epoch %d of %d", runs[0].BestEpoch, runs[0].Epochs)
	}

	best, err := Best(runs, ValidROCAUC, 2)
	must(t, err)
	if len(best) != 2 || best[0].Name != "b" || best[1].Name != "a" {
		t.Errorf("best by AUC: %v", best)
	}
	if best, err = Best(runs, ValidLoss, 1); err != nil || best[0].Name != "b" {
		t.Errorf("best by loss: %v, %v", best, err)
	}
	if best, err = Best(runs, ValidLoss, 0); err != nil || len(best) != 4 {
		t.Errorf("all by loss: %v, %v", best, err)
	}
	if _, err := Best(runs, "valid/auroc", 1); err == nil || !strings.Contains(err.Error(), "valid/roc_auc") {
		t.Errorf("unknown metric: %v", err)
	}

	// 1e-2 and 0.01 are one setting.
	c, err := Compare(runs, ValidROCAUC, "test/f1")
	must(t, err)
	want := "" +
		"train.lr  runs  valid/roc_auc        test/f1\n" +
		"   0.001     2  0.9200 ± 0.0283 (2)  0.4600 ± 0.0141 (2)\n" +
		"    0.01     2  0.7500 ± 0.0707 (2)  0.3750 ± 0.0354 (2)\n"
	if diff := cmp.Diff(want, c.String()); diff != "" {
		t.Error(diff)
	}
	if c.Groups[0].Name() != "lr=0.001" {
		t.Errorf("group %q", c.Groups[0].Name())
	}
	if _, err := Compare(runs, "nothing"); err == nil {
		t.Error("compared by an unknown metric")
	}
	all, err := Compare(runs)
	must(t, err)
	if len(all.Metrics) != 4 {
		t.Errorf("all metrics: %v", all.Metrics)
	}

	impacts, err := ParameterImpact(runs, ValidROCAUC)
	must(t, err)
	if len(impacts) != 1 || impacts[0].Param != "train.lr" || !impacts[0].Numeric || len(impacts[0].Values) != 2 {
		t.Fatalf("impacts %+v", impacts)
	}
	// Groups {.90,.94} and {.80,.70}: SST .0347, SSW .0058, so SSB .0289, MSW .0058/2, epsilon² (.0289-.0029)/.0347.
	// The ranks 1.5 1.5 3.5 3.5 against 3 4 2 1 correlate -4/√(4·5).
	if im := impacts[0]; math.Abs(im.Explained-0.026/0.0347) > 1e-9 || math.Abs(im.Spearman+4/math.Sqrt(20)) > 1e-12 {
		t.Errorf("explained %v, spearman %v", im.Explained, im.Spearman)
	}
	if s := ImpactTable(impacts); !strings.Contains(s, "-0.89") {
		t.Errorf("table:\n%s", s)
	}
	if s := Table(runs, ValidROCAUC); !strings.Contains(s, "sweep/c  finished       2     1         0.8000") {
		t.Errorf("table:\n%s", s)
	}
}

func TestImpact(t *testing.T) {
	// strong decides the metric, noise does not, mixed is text, and each run has its own id.
	var runs []Summary
	for i := range 30 {
		strong, noise := i%3, (i*7)%5
		runs = append(runs, Summary{Name: fmt.Sprint(i), Metrics: map[string]float64{"m": float64(strong) + float64((i*11)%7)/100},
			Params: map[string]string{"strong": fmt.Sprint(strong), "noise": fmt.Sprint(noise), "id": fmt.Sprint(i), "kind": []string{"x", "y", "z"}[strong], "same": "1", "seed": fmt.Sprint(i)}})
	}
	impacts, err := ParameterImpact(runs, "m")
	must(t, err)
	got := map[string]Impact{}
	for _, im := range impacts {
		got[im.Param] = im
	}
	if len(got) != 4 {
		t.Fatalf("impacts %v", impacts)
	}
	for _, p := range []string{"strong", "kind"} {
		if got[p].Explained < 0.99 {
			t.Errorf("%s explains %v", p, got[p].Explained)
		}
	}
	if got["strong"].Spearman < 0.9 || got["kind"].Spearman != 0 || got["kind"].Numeric {
		t.Errorf("spearman %v, %v", got["strong"].Spearman, got["kind"].Spearman)
	}
	if got["noise"].Explained > 0.1 {
		t.Errorf("noise explains %v", got["noise"].Explained)
	}
	// One value per run explains everything unless values are grouped.
	if got["id"].Explained > 0.1 {
		t.Errorf("an id explains %v", got["id"].Explained)
	}
	if impacts[0].Explained < impacts[3].Explained {
		t.Error("not sorted")
	}
	if one, err := ParameterImpact(runs[:1], "m"); err != nil || len(one) != 0 {
		t.Errorf("one run: %v, %v", one, err)
	}
	if _, err := ParameterImpact(nil, "m"); err == nil {
		t.Error("no runs have a metric")
	}
}

func TestHigherIsBetter(t *testing.T) {
	for name, want := range map[string]bool{"valid/roc_auc": true, "test/f1": true, "valid/loss": false, "test/brier": false,
		"ece": false, "test/fpr": false, "train/focal_loss": false, "valid/mcc": true} {
		if HigherIsBetter(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

func TestRunsOfNothing(t *testing.T) {
	if runs, err := Runs(t.TempDir()); err != nil || len(runs) != 0 {
		t.Errorf("%v, %v", runs, err)
	}
	if _, err := Runs(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a root that is not there: %v", err)
	}
	if c, err := Compare(nil); err != nil || len(c.Groups) != 0 || c.String() == "" {
		t.Errorf("%v, %v", c, err)
	}
}

func BenchmarkCompareThousandRuns(b *testing.B) {
	root := b.TempDir()
	for i := range 1000 {
		r, err := Create(filepath.Join(root, fmt.Sprint(i)), Meta{})
		if err != nil {
			b.Fatal(err)
		}
		if err := r.WriteJSON("config.json", map[string]any{"lr": i % 7, "width": i % 5, "seed": i}); err != nil {
			b.Fatal(err)
		}
		if err := r.Log(Event{Epoch: 1, Metrics: map[string]float64{ValidROCAUC: float64(i%97) / 97}}); err != nil {
			b.Fatal(err)
		}
		if err := r.Finish(); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		runs, err := Runs(root)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Compare(runs, ValidROCAUC); err != nil {
			b.Fatal(err)
		}
		if _, err := ParameterImpact(runs, ValidROCAUC); err != nil {
			b.Fatal(err)
		}
	}
}
