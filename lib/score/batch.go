package score

import (
	"errors"
	"fmt"

	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/metrics"
)

// ErrInput is wrapped by the errors about rows that do not fit the model.
var ErrInput = errors.New("rows do not fit the model")

// Batch is a number of rows as plain numbers.
type Batch struct {
	Rows int
	// Numeric holds the raw values of the numeric inputs, [Rows, len(Inputs().Numeric)] row-major. NaN and infinities are
	// missing values. Values are rounded to float32 first, as in a table.
	Numeric []float64
	// Categorical holds the codes of the categorical inputs, [Rows, len(Inputs().Categorical)]: see Model.Code.
	Categorical []int32
}

// PredictBatch writes Outputs() numbers for each row to dst: the calibrated probability of a threat, or for several classes
// the probability of each, [Rows, Outputs()] row-major. A binary row is to be flagged when its number is at or above
// Threshold().
//
// It allocates nothing, uses the calling goroutine alone, and may be called by many at once. Errors wrap ErrInput: slices
// of another length, a code that the column does not have; dst is then not specified.
func (m *Model) PredictBatch(dst []float64, x Batch) error {
	nn := len(m.inputs.Numeric)
	if x.Rows < 0 || len(x.Numeric) != x.Rows*nn {
		return fmt.Errorf("score: predict: %w: %d rows with %d numeric values, want %d in each row", ErrInput, x.Rows, len(x.Numeric), nn)
	}
	return m.rows(dst, x.Rows, x.Numeric, nil, x.Categorical)
}

// PredictMatrix is PredictBatch for rows that the fitted features have already transformed.
func (m *Model) PredictMatrix(dst []float64, x *features.Matrix) error {
	width := len(m.spec.Numeric)
	if x.Rows < 0 || len(x.Numeric) != x.Rows*width {
		return fmt.Errorf("score: predict: %w: a matrix of %d rows with %d numeric values, want %d in each row", ErrInput, x.Rows, len(x.Numeric), width)
	}
	return m.rows(dst, x.Rows, nil, x.Numeric, x.Categorical)
}

// rows predicts rows given by raw numbers, or by scaled ones where raw is nil.
func (m *Model) rows(dst []float64, rows int, raw []float64, scaled []float32, codes []int32) error {
	if err := m.checkCodes(codes, rows); err != nil {
		return err
	}
	width := m.Outputs()
	if len(dst) != rows*width {
		return fmt.Errorf("score: predict: %w: room for %d results of %d rows, want %d for each row", ErrInput, len(dst), rows, width)
	}
	s := m.pool.Get().(*scratch)
	defer m.pool.Put(s)
	nn, fn, nc := len(m.inputs.Numeric), len(m.spec.Numeric), len(m.spec.Categorical)
	for first := 0; first < rows; first += m.net.batch() {
		n := min(m.net.batch(), rows-first)
		numeric := s.numeric
		if raw == nil {
			numeric = scaled[first*fn : (first+n)*fn]
		} else if err := m.scale(numeric, s, raw[first*nn:(first+n)*nn], n); err != nil {
			return err
		}
		if err := m.checkComplete(numeric[:n*fn], first); err != nil {
			return err
		}
		if err := m.predict(s, dst[first*width:(first+n)*width], numeric, codes[first*nc:(first+n)*nc], n); err != nil {
			return err
		}
	}
	return nil
}

// checkCodes refuses codes that would read outside the tables.
func (m *Model) checkCodes(codes []int32, rows int) error {
	nc := len(m.spec.Categorical)
	if len(codes) != rows*nc {
		return fmt.Errorf("score: predict: %w: %d codes for %d rows, want %d in each row", ErrInput, len(codes), rows, nc)
	}
	for c := range nc {
		size := m.spec.Categorical[c].Size
		for at := c; at < len(codes); at += nc {
			if code := codes[at]; uint32(code) >= uint32(size) {
				return fmt.Errorf("score: predict: %w: row %d has code %d for %q, want 0..%d: see Model.Code",
					ErrInput, at/nc, code, m.inputs.Categorical[c], size-1)
			}
		}
	}
	return nil
}

// checkComplete refuses a missing value where the network has nothing that stands in for one. first is the number of the
// first row.
func (m *Model) checkComplete(numeric []float32, first int) error {
	if !m.complete {
		return nil
	}
	for i, v := range numeric {
		if v != v {
			width := len(m.spec.Numeric)
			return fmt.Errorf("score: predict: %w: row %d has no value for %q, and this network has nothing that stands in for one",
				ErrInput, first+i/width, m.spec.Numeric[i%width].Name)
		}
	}
	return nil
}

// scale turns raw numbers of at most m.net.batch() rows into what the network reads.
func (m *Model) scale(dst []float32, s *scratch, raw []float64, n int) error {
	nn, width := len(m.inputs.Numeric), len(m.spec.Numeric)
	for r := range n {
		// The codes are given, so what TransformRow makes of no text is ignored.
		if err := m.features.TransformRow(dst[r*width:(r+1)*width], s.ignored, raw[r*nn:(r+1)*nn], s.noTexts); err != nil {
			return fmt.Errorf("score: predict: %w", err)
		}
	}
	return nil
}

// predict runs the network and calibrates, for at most m.net.batch() rows.
func (m *Model) predict(s *scratch, dst []float64, numeric []float32, codes []int32, n int) error {
	if err := m.net.run(s, dst, numeric, codes, n); err != nil {
		return fmt.Errorf("score: predict: %w", err)
	}
	if m.Outputs() > 1 {
		return nil
	}
	for i, z := range dst {
		// Rounded to float32 as the training engine gives it, so that no threshold falls between the two.
		dst[i] = m.calibrator.Apply(metrics.Sigmoid(float64(float32(z))))
	}
	return nil
}
