package score

import (
	"context"
	"fmt"
	"runtime"
	"sync"

	"github.com/jamba-threat/jamba/lib/data"
)

// Prediction is the result for several rows, one entry per row in their order.
type Prediction struct {
	// Prob is the calibrated probability of a threat, 0..1. For several classes it is one minus the probability of the
	// benign class, or that of the largest class when none is known to be benign.
	Prob []float64
	// Flagged rows have Prob at or above the threshold (several classes: another class than the benign one is largest).
	Flagged []bool
	// Class is the index into Model.Classes of the predicted class.
	Class []int32
	// Classes holds the class probabilities [rows, classes], row-major; nil for a binary model.
	Classes []float64

	UnknownCategories map[string]int // categories that training never saw, by column
	MissingValues     map[string]int // missing values, by column
}

// parallelRows is the number of rows from which a table is divided among goroutines.
const parallelRows = 1024

// PredictTable predicts every row of a table. Columns are matched by name; a missing one is an error that lists all
// missing ones, and further columns are ignored. Large tables are divided among GOMAXPROCS goroutines. The context is
// looked at every thousand rows.
func (m *Model) PredictTable(ctx context.Context, t *data.Table) (*Prediction, error) {
	x, err := m.features.Transform(t)
	if err != nil {
		return nil, fmt.Errorf("score: predict: %w: %w", ErrInput, err)
	}
	width, nn, nc := m.Outputs(), len(m.spec.Numeric), len(m.spec.Categorical)
	out := make([]float64, x.Rows*width)
	errs := make(chan error, (x.Rows+parallelRows-1)/parallelRows)
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for first := 0; first < x.Rows; first += parallelRows {
		if err := ctx.Err(); err != nil {
			errs <- err
			break
		}
		last := min(first+parallelRows, x.Rows)
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := m.rows(out[first*width:last*width], last-first, nil, x.Numeric[first*nn:last*nn], x.Categorical[first*nc:last*nc]); err != nil {
				errs <- err
			}
		})
	}
	wg.Wait()
	close(errs)
	if err := <-errs; err != nil {
		return nil, err
	}
	p := m.decide(out, x.Rows)
	p.UnknownCategories, p.MissingValues = x.UnknownCategories, x.MissingValues
	return p, nil
}

// Predict predicts rows given by name: numbers (any Go number, bool, json.Number) for numeric columns, texts for
// categorical ones, nil for a missing value. A number in a categorical column counts as its decimal text. A row that lacks a
// column, or has a value of another kind, is an error that names the row and all such columns; further columns are
// ignored. Rolling means are columns of their own here, see Inputs: rows given by name have no past.
func (m *Model) Predict(rows []map[string]any) (*Prediction, error) {
	nn, nc := len(m.inputs.Numeric), len(m.inputs.Categorical)
	x := Batch{Rows: len(rows), Numeric: make([]float64, len(rows)*nn), Categorical: make([]int32, len(rows)*nc)}
	unknown, missing := map[string]int{}, map[string]int{}
	for r, row := range rows {
		num, codes := x.Numeric[r*nn:(r+1)*nn], x.Categorical[r*nc:(r+1)*nc]
		if err := m.fill(num, codes, row); err != nil {
			return nil, fmt.Errorf("score: predict: row %d: %w", r, err)
		}
		m.note(num, codes, func(column string, seen bool) {
			if seen {
				missing[column]++
			} else {
				unknown[column]++
			}
		})
	}
	out := make([]float64, len(rows)*m.Outputs())
	if err := m.PredictBatch(out, x); err != nil {
		return nil, err
	}
	p := m.decide(out, len(rows))
	p.UnknownCategories, p.MissingValues = unknown, missing
	return p, nil
}

// Row is the result for one row. The fields are those of Prediction.
type Row struct {
	Prob    float64
	Flagged bool
	Class   string
	Classes []float64 // by index into Model.Classes; nil for a binary model

	Unknown []string // columns with a category that training never saw
	Missing []string // columns without a value
}

// PredictRow predicts one row given by name, see Predict. It allocates nothing when the model is binary, no value is missing
// and no category unknown.
func (m *Model) PredictRow(row map[string]any) (Row, error) {
	s := m.pool.Get().(*scratch)
	defer m.pool.Put(s)
	if err := m.fill(s.raw1, s.codes1, row); err != nil {
		return Row{}, fmt.Errorf("score: predict: %w", err)
	}
	if err := m.scale(s.numeric, s, s.raw1, 1); err != nil {
		return Row{}, err
	}
	if err := m.checkComplete(s.numeric[:len(m.spec.Numeric)], 0); err != nil {
		return Row{}, err
	}
	if err := m.predict(s, s.out1, s.numeric, s.codes1, 1); err != nil {
		return Row{}, err
	}
	var out Row
	if m.Outputs() == 1 {
		out.Prob = s.out1[0]
		out.Flagged = out.Prob >= m.threshold
		out.Class = m.classes[0]
		if out.Flagged {
			out.Class = m.classes[1]
		}
	} else {
		p := m.decide(s.out1, 1)
		out = Row{Prob: p.Prob[0], Flagged: p.Flagged[0], Class: m.classes[p.Class[0]], Classes: append([]float64(nil), s.out1...)}
	}
	m.note(s.raw1, s.codes1, func(column string, seen bool) {
		if seen {
			out.Missing = append(out.Missing, column)
		} else {
			out.Unknown = append(out.Unknown, column)
		}
	})
	return out, nil
}

// decide turns the network's probabilities into answers.
func (m *Model) decide(out []float64, rows int) *Prediction {
	p := &Prediction{Prob: make([]float64, rows), Flagged: make([]bool, rows), Class: make([]int32, rows)}
	n := m.Outputs()
	if n == 1 {
		copy(p.Prob, out)
		for i, prob := range out {
			if prob >= m.threshold {
				p.Flagged[i], p.Class[i] = true, 1
			}
		}
		return p
	}
	p.Classes = out
	for i := range p.Prob {
		row := out[i*n : (i+1)*n]
		best := 0
		for k, v := range row {
			if v > row[best] {
				best = k
			}
		}
		p.Class[i] = int32(best)
		switch {
		case m.independent:
			p.Prob[i], p.Flagged[i] = row[best], row[best] >= m.threshold
		case m.benign < 0:
			p.Prob[i] = row[best]
		default:
			p.Prob[i], p.Flagged[i] = 1-row[m.benign], best != m.benign
		}
	}
	return p
}
