package threat

import (
	"context"
	"fmt"
	"math"

	"github.com/jamba-threat/jamba/lib/metrics"
)

// Evaluate measures the detector on labelled rows that it has not seen: EvaluateContext without a context.
func (f *Fitted) Evaluate(t *Table) (*Report, error) {
	return f.EvaluateContext(context.Background(), t)
}

// EvaluateContext measures the detector on labelled rows, at the threshold that was chosen on the validation rows:
// metrics with 95 % bootstrap intervals, confusion matrix, and recall per attack family, with those families marked
// that the training rows had. A table without labels, or with classes the detector does not know, is an error.
func (f *Fitted) EvaluateContext(ctx context.Context, t *Table) (*Report, error) {
	if t.Label == nil {
		return nil, fmt.Errorf("threat: evaluate: %s has no labels; name the label column in the schema", t.Name)
	}
	if t.Rows() == 0 {
		return nil, fmt.Errorf("threat: evaluate: %s has no rows", t.Name)
	}
	p, err := f.Predict(ctx, t)
	if err != nil {
		return nil, err
	}
	if f.cfg.Model.Outputs == 1 {
		return f.report(p, t, t.Label, f.state.Threshold)
	}
	return f.classReport(p, t)
}

func (f *Fitted) report(p *Prediction, t *Table, label []int32, threshold float64) (*Report, error) {
	r, err := metrics.Evaluate(metrics.Input{Score: p.Prob, Label: label, Threshold: threshold,
		Family: t.Family, Families: t.Families, SeenFamilies: f.state.SeenFamilies, Seed: f.cfg.Seed})
	if err != nil {
		return nil, fmt.Errorf("threat: evaluate: %w", err)
	}
	return r, nil
}

// classReport evaluates several classes. Where one of them is benign, the binary part of the report asks whether a row
// is any threat, flagged at a probability of one half; where none is, that part has no values.
func (f *Fitted) classReport(p *Prediction, t *Table) (*Report, error) {
	label, err := f.classIndices(t)
	if err != nil {
		return nil, err
	}
	classes, err := metrics.EvaluateClasses(metrics.ClassInput{Prob: p.Classes, Label: label, Classes: f.state.Classes})
	if err != nil {
		return nil, fmt.Errorf("threat: evaluate: %w", err)
	}
	benign := f.state.Schema.Benign(f.state.Classes)
	if benign < 0 {
		nan := math.NaN()
		return &Report{Rows: t.Rows(), Metrics: metrics.Undefined(), RecallSeen: nan, RecallUnseen: nan, Classes: classes}, nil
	}
	threat := make([]int32, len(label))
	for i, y := range label {
		if int(y) != benign {
			threat[i] = 1
		}
	}
	r, err := f.report(p, t, threat, 0.5)
	if err != nil {
		return nil, err
	}
	r.Classes = classes
	return r, nil
}

// classIndices translates the labels of a table, whose own list of classes may be shorter, to the detector's.
func (f *Fitted) classIndices(t *Table) ([]int32, error) {
	index := map[string]int32{}
	for i, name := range f.state.Classes {
		index[name] = int32(i)
	}
	label := make([]int32, len(t.Label))
	for i, y := range t.Label {
		k, ok := index[t.Classes[y]]
		if !ok {
			return nil, fmt.Errorf("threat: evaluate: %s has class %q, which the detector was not trained on (%v)", t.Name, t.Classes[y], f.state.Classes)
		}
		label[i] = k
	}
	return label, nil
}
