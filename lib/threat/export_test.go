package threat_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/jamba-threat/jamba/lib/metrics"
	"github.com/jamba-threat/jamba/lib/score"
	"github.com/jamba-threat/jamba/lib/testenv"
	"github.com/jamba-threat/jamba/lib/threat"
)

// sameProbabilities compares a detector with its model file. 1e-5 is the promise for f32.
func sameProbabilities(t *testing.T, f *threat.Fitted, m *score.Model, rows *threat.Table, tolerance float64) {
	t.Helper()
	want, err := f.Predict(context.Background(), rows)
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.PredictTable(context.Background(), rows)
	if err != nil {
		t.Fatal(err)
	}
	flips := 0
	for i := range want.Prob {
		if d := math.Abs(got.Prob[i] - want.Prob[i]); !(d <= tolerance) {
			t.Fatalf("row %d: the model file gives %.7f, the detector %.7f", i, got.Prob[i], want.Prob[i])
		}
		if got.Flagged[i] != want.Flagged[i] || got.Class[i] != want.Class[i] {
			flips++
		}
	}
	for i := range want.Classes {
		if d := math.Abs(got.Classes[i] - want.Classes[i]); !(d <= tolerance) {
			t.Fatalf("class probability %d: the model file gives %.7f, the detector %.7f", i, got.Classes[i], want.Classes[i])
		}
	}
	if flips > len(want.Prob)/1000 { // a row may lie on the threshold itself
		t.Errorf("%d of %d decisions differ", flips, len(want.Prob))
	}
	for name, n := range want.MissingValues {
		if got.MissingValues[name] != n {
			t.Errorf("%d missing values of %s, the detector has %d", got.MissingValues[name], name, n)
		}
	}
	for name, n := range want.UnknownCategories {
		if got.UnknownCategories[name] != n {
			t.Errorf("%d unknown categories of %s, the detector has %d", got.UnknownCategories[name], name, n)
		}
	}
}

// TestExport trains with each kind of calibration and compares the detector with its model file.
func TestExport(t *testing.T) {
	s := split(t, 600)
	for _, calibration := range []string{"temperature", "isotonic", "none"} {
		cfg := quick()
		cfg.Calibration = calibration
		model, err := cfg.Fit(context.Background(), s.Train, s.Valid)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "new", "flows.gguf")
		if err := model.Export(path, threat.F32); err != nil {
			t.Fatal(err)
		}
		opened, err := score.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if opened.Threshold() != model.Threshold() {
			t.Errorf("threshold %v became %v", model.Threshold(), opened.Threshold())
		}
		tolerance := 1e-5
		if calibration == "isotonic" { // steps fitted to 90 rows are steep: they stretch rounding like anything else
			tolerance = 1e-4
		}
		sameProbabilities(t, model, opened, s.Test, tolerance)

		again := filepath.Join(t.TempDir(), "elsewhere.gguf")
		if err := model.Export(again, threat.F32); err != nil {
			t.Fatal(err)
		}
		a, b := read(t, path), read(t, again)
		if !bytes.Equal(a, b) {
			t.Error("two exports of one detector differ")
		}
		model.Close()
	}
}

func TestExportClasses(t *testing.T) {
	g := threat.DefaultGenerate()
	g.Samples = 500
	table, err := threat.GenerateTable(g)
	if err != nil {
		t.Fatal(err)
	}
	// The attack families become the classes.
	table.Label, table.Classes, table.Schema.Multiclass, table.Schema.Label = table.Family, table.Families, true, table.Schema.Family
	table.Schema.Family, table.Family, table.Families = "", nil, nil
	cfg := quick()
	cfg.Train.Epochs = 1
	model, err := cfg.Fit(context.Background(), table, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	var b bytes.Buffer
	if _, err := model.WriteGGUF(&b, threat.F32, threat.ExportInfo{}); err != nil {
		t.Fatal(err)
	}
	opened, err := score.OpenReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if n := opened.Outputs(); n != len(table.Classes) || n < 3 {
		t.Fatalf("%d outputs for the classes %v", n, table.Classes)
	}
	sameProbabilities(t, model, opened, table, 1e-5)
}

// TestExportKeepsTheReport: the model file of a run names its report.
func TestExportKeepsTheReport(t *testing.T) {
	cfg := quick()
	cfg.Train.Epochs = 1
	dir := filepath.Join(t.TempDir(), "run")
	trained, err := threat.Run(context.Background(), dir, cfg, split(t, 400))
	if err != nil {
		t.Fatal(err)
	}
	defer trained.Close()
	opened, err := threat.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	var files [2]bytes.Buffer
	for i, model := range []*threat.Fitted{trained, opened} {
		if _, err := model.WriteGGUF(&files[i], threat.Q8_0, threat.ExportInfo{Name: "flows"}); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(files[0].Bytes(), files[1].Bytes()) {
		t.Error("the trained detector and the opened one write different files")
	}
	m, err := score.OpenReader(bytes.NewReader(files[0].Bytes()), int64(files[0].Len()))
	if err != nil {
		t.Fatal(err)
	}
	if info := m.Info(); len(info.ReportSHA256) != 64 || info.Metrics["roc_auc"] == 0 || info.Name != "flows" {
		t.Errorf("the file says %+v", info)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestExportNSLKDD trains for a short time on real rows and measures on the official test rows what the types cost.
func TestExportNSLKDD(t *testing.T) {
	trainPath, testPath := testenv.Data(t, "nsl-kdd/KDDTrain+.txt.gz"), testenv.Data(t, "nsl-kdd/KDDTest+.txt.gz")
	schema, err := threat.NamedSchema("nsl-kdd")
	if err != nil {
		t.Fatal(err)
	}
	train, err := threat.ReadCSV(trainPath, schema)
	if err != nil {
		t.Fatal(err)
	}
	test, err := threat.ReadCSV(testPath, schema)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := train.Split(threat.Stratified(0.05, 0.01, 1))
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := threat.NamedConfig("nsl-kdd")
	if err != nil {
		t.Fatal(err)
	}
	cfg.Engine, cfg.Model.Members, cfg.Train.Epochs, cfg.Train.BatchSize = "go", 4, 2, 128
	model, err := cfg.Fit(context.Background(), parts.Train, parts.Valid)
	if err != nil {
		t.Fatal(err)
	}
	defer model.Close()
	auc := map[threat.Mix]float64{}
	for _, mix := range []threat.Mix{threat.F32, threat.Q8_0, threat.Q4_K_M} {
		path := filepath.Join(t.TempDir(), fmt.Sprintf("%v.gguf", mix))
		if err := model.Export(path, mix); err != nil {
			t.Fatal(err)
		}
		m, err := score.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if mix == threat.F32 {
			sameProbabilities(t, model, m, parts.Valid, 1e-5)
		}
		p, err := m.PredictTable(context.Background(), test)
		if err != nil {
			t.Fatal(err)
		}
		ranking, err := metrics.Rank(p.Prob, test.Label)
		if err != nil {
			t.Fatal(err)
		}
		if auc[mix], err = ranking.ROCAUC(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("ROC AUC on KDDTest+: f32 %.5f, q8_0 %+.5f, q4_k_m %+.5f", auc[threat.F32], auc[threat.Q8_0]-auc[threat.F32], auc[threat.Q4_K_M]-auc[threat.F32])
	if auc[threat.F32] < 0.9 {
		t.Errorf("ROC AUC is %v: the detector has learned too little to compare", auc[threat.F32])
	}
	if lost := auc[threat.F32] - auc[threat.Q8_0]; lost >= 0.0005 {
		t.Errorf("q8_0 loses %v", lost)
	}
	if lost := auc[threat.F32] - auc[threat.Q4_K_M]; lost >= 0.003 {
		t.Errorf("q4_k_m loses %v", lost)
	}
}

// A model file is written with one call, and is all that a service needs: see package score.
func ExampleFitted_Export() {
	path, remove := flows()
	defer remove()
	table, err := threat.ReadCSV(path, threat.Schema{Label: "is_threat", Drop: []string{"host", "kind", "timestamp"}})
	check(err)
	cfg := threat.DefaultConfig()
	cfg.Engine, cfg.Train.Epochs = "go", 1
	model, err := cfg.Fit(context.Background(), table, nil)
	check(err)
	defer model.Close()

	file := filepath.Join(filepath.Dir(path), "models", "gguf", "q8_0", "flows.gguf")
	check(model.Export(file, threat.Q8_0))
	opened, err := score.Open(file)
	check(err)
	fmt.Println(opened.Classes(), opened.Info().Encoding, opened.Info().Parameters, "weights")
	// Output:
	// [benign threat] q8_0 20760 weights
}
