package cli

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/testenv"
)

// The first rows of the real files, which have no header line: train, evaluate the official test rows, and score a file
// that lacks label and difficulty.
func TestNSLKDD(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	head(t, testenv.Data(t, "nsl-kdd/KDDTrain+.txt.gz"), at("train.txt"), 2000, 43)
	head(t, testenv.Data(t, "nsl-kdd/KDDTest+.txt.gz"), at("test.txt"), 1000, 43)
	head(t, testenv.Data(t, "nsl-kdd/KDDTest+.txt.gz"), at("new.csv"), 1000, 41)
	env := []string{"JAMBA_ENGINE=go"}
	must := func(args ...string) (stdout, stderr string) {
		t.Helper()
		code, stdout, stderr := run(t, env, args...)
		if code != OK {
			t.Fatalf("%v: exit code %d\n%s", args, code, stderr)
		}
		return stdout, stderr
	}
	must("train", "--data", at("train.txt"), "--schema", "nsl-kdd", "--out", at("run"), "--epochs", "2", "--batch-size", "64", "--set", "model.members=2", "--set", "model.blocks=-1")
	text, _ := must("evaluate", "--run", at("run"), "--data", at("test.txt"), "--json")
	var report struct {
		Rows     int                `json:"rows"`
		Metrics  map[string]float64 `json:"metrics"`
		Families []struct{ Seen bool }
	}
	if err := json.Unmarshal([]byte(text), &report); err != nil {
		t.Fatal(err)
	}
	unseen := 0
	for _, f := range report.Families {
		if !f.Seen {
			unseen++
		}
	}
	if report.Rows != 1000 || report.Metrics["roc_auc"] < 0.85 || unseen == 0 {
		t.Errorf("report has %d rows, ROC AUC %v, %d unseen families; want 1000, at least 0.85, some", report.Rows, report.Metrics["roc_auc"], unseen)
	}
	labelled, _ := must("predict", "--run", at("run"), "--data", at("test.txt"))
	unlabelled, _ := must("predict", "--run", at("run"), "--data", at("new.csv"))
	if labelled != unlabelled || strings.Count(labelled, "\n") != 1001 {
		t.Error("scores of the same rows with and without labels differ")
	}
}

// head copies the first fields of the first lines of a compressed file.
func head(t *testing.T, from, to string, lines, fields int) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	z, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for scan := bufio.NewScanner(z); lines > 0 && scan.Scan(); lines-- {
		out.WriteString(strings.Join(strings.Split(scan.Text(), ",")[:fields], ",") + "\n")
	}
	if err := os.WriteFile(to, out.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}
