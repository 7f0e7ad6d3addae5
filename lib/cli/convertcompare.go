package cli

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/jamba-threat/jamba/lib/metrics"
	"github.com/jamba-threat/jamba/lib/score"
)

// lossMeasure is what storing the weights in another type changes.
type lossMeasure struct {
	Rows      int     `json:"rows"`
	Data      string  `json:"data"` // the file, "" for drawn rows
	Worst     float64 `json:"largest_change_of_probability"`
	Mean      float64 `json:"mean_change_of_probability"`
	Decisions int     `json:"changed_decisions"`

	// On labelled rows, before and after. Nil without labels, and for classes of which none is benign.
	AUC *[2]float64 `json:"roc_auc,omitempty"`
	F1  *[2]float64 `json:"f1,omitempty"`
}

// drawnRows is the number of rows that are drawn where there are no real ones.
const drawnRows = 4096

// compare predicts the same rows with both files.
func (c *conversion) compare(ctx context.Context, exact, small []byte) (*lossMeasure, error) {
	before, err := openModel(exact)
	if err != nil {
		return nil, fmt.Errorf("convert: compare: %w", err)
	}
	after, err := openModel(small)
	if err != nil {
		return nil, fmt.Errorf("convert: compare: %w", err)
	}
	if c.data == "" {
		return compareDrawn(before, after)
	}
	schema := before.Schema()
	if c.target != "" {
		schema.Label = c.target
	}
	table, err := readTable(ctx, c.data, schema)
	if err != nil {
		return nil, err
	}
	a, err := before.PredictTable(ctx, table)
	if err != nil {
		return nil, inputError(fmt.Errorf("convert: compare: %w", err))
	}
	b, err := after.PredictTable(ctx, table)
	if err != nil {
		return nil, fmt.Errorf("convert: compare: %w", err)
	}
	m := &lossMeasure{Data: c.data}
	m.differences(a.Prob, b.Prob, func(i int) bool { return a.Class[i] != b.Class[i] })
	if table.Label == nil {
		c.app.note("%s has no label column %q, so AUC and F1 are not measured (--target names the column)", c.data, schema.Label)
		return m, nil
	}
	if before.Outputs() > 1 {
		return m, nil // ranked by class, not by one threshold
	}
	return m, m.accuracy(a.Prob, b.Prob, table.Label, before.Threshold())
}

func compareDrawn(before, after *score.Model) (*lossMeasure, error) {
	rows := before.Sample(drawnRows, 1)
	n := before.Outputs()
	a, b := make([]float64, drawnRows*n), make([]float64, drawnRows*n)
	if err := before.PredictBatch(a, rows); err != nil {
		return nil, fmt.Errorf("convert: compare: %w", err)
	}
	if err := after.PredictBatch(b, rows); err != nil {
		return nil, fmt.Errorf("convert: compare: %w", err)
	}
	m := &lossMeasure{}
	threshold := before.Threshold()
	m.differences(a, b, func(i int) bool { return n == 1 && (a[i] >= threshold) != (b[i] >= threshold) })
	m.Rows = drawnRows
	return m, nil
}

func (m *lossMeasure) differences(a, b []float64, changed func(int) bool) {
	m.Rows = len(a)
	for i := range a {
		d := math.Abs(a[i] - b[i])
		m.Worst = max(m.Worst, d)
		m.Mean += d / float64(len(a))
		if changed(i) {
			m.Decisions++
		}
	}
}

func (m *lossMeasure) accuracy(a, b []float64, label []int32, threshold float64) error {
	var auc, f1 [2]float64
	for i, prob := range [][]float64{a, b} {
		report, err := metrics.Evaluate(metrics.Input{Score: prob, Label: label, Threshold: threshold, Bootstrap: -1})
		if err != nil {
			return inputError(fmt.Errorf("convert: compare: %w", err))
		}
		auc[i], f1[i] = report.Metrics.ROCAUC, report.Metrics.F1
	}
	if auc[0] == auc[0] { // undefined with one class alone
		m.AUC = &auc
	}
	m.F1 = &f1
	return nil
}

// String is the comparison as text.
func (m *lossMeasure) String() string {
	var b strings.Builder
	on := "rows of " + m.Data
	if m.Data == "" {
		on = "rows drawn column by column from the training distributions (nothing is said about accuracy: --data FILE measures it)"
	}
	fmt.Fprintf(&b, "against f32, on %d %s\n", m.Rows, on)
	for _, x := range []struct {
		name string
		v    *[2]float64
	}{{"roc_auc", m.AUC}, {"f1", m.F1}} {
		if x.v != nil {
			fmt.Fprintf(&b, "%-8s %.5f -> %.5f (%+.5f)\n", x.name, x.v[0], x.v[1], x.v[1]-x.v[0])
		}
	}
	fmt.Fprintf(&b, "largest change of a probability %.5f, mean %.6f; %d decisions changed\n", m.Worst, m.Mean, m.Decisions)
	return b.String()
}
