package threat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/internal/gx"
	"github.com/jamba-threat/jamba/lib/metrics"
	"github.com/jamba-threat/jamba/lib/model"
	"github.com/jamba-threat/jamba/lib/train"
)

// Fitted is a trained detector with everything that a prediction needs: features, weights, calibration, threshold.
// Its methods are safe for concurrent use; predictions take turns. Close it to give back the engine's memory.
type Fitted struct {
	cfg        Config
	features   *features.Fitted
	layout     *model.Layout
	checkpoint *train.Checkpoint
	state      state
	history    History

	runReport    *Report // nil when there is none; see readReport
	reportDigest string

	mu        sync.Mutex
	engine    *gx.Engine // opened at the first prediction
	predictor *train.Predictor
	closed    bool
}

// stateFormat is the version of the file model.json.
const stateFormat = 1

// state is what a detector knows beside features and weights: the content of model.json.
type state struct {
	Format       int                 `json:"format_version"`
	Schema       Schema              `json:"schema"` // for rows to predict on
	Classes      []string            `json:"classes"`
	Threshold    float64             `json:"threshold"`            // on the calibrated probability
	Calibrator   *metrics.Calibrator `json:"calibrator,omitempty"` // nil: none
	SeenFamilies []string            `json:"seen_families"`        // attack families of the training rows; null: not known
	BestEpoch    int                 `json:"best_epoch"`
	Stopped      string              `json:"stopped"` // why training ended
	Engine       string              `json:"engine"`  // that trained
	TrainRows    int                 `json:"train_rows"`
	ValidRows    int                 `json:"valid_rows"`
}

func (s *state) calibrate(prob float64) float64 {
	if s.Calibrator == nil {
		return prob
	}
	return s.Calibrator.Apply(prob)
}

// Config returns the configuration with all defaults filled in.
func (f *Fitted) Config() Config { return f.cfg }

// Schema returns the schema for rows to predict on: it lists the features, which are matched by name.
func (f *Fitted) Schema() Schema { return f.state.Schema }

// Threshold returns the probability from which a row is flagged.
func (f *Fitted) Threshold() float64 { return f.state.Threshold }

// Classes returns the class names; binary detectors have benign and threat.
func (f *Fitted) Classes() []string { return slices.Clone(f.state.Classes) }

// History returns one event per epoch.
func (f *Fitted) History() History { return slices.Clone(f.history) }

// BestEpoch returns the epoch whose weights are in use, from 1.
func (f *Fitted) BestEpoch() int { return f.state.BestEpoch }

// Parameters returns the number of trained weights.
func (f *Fitted) Parameters() int { return f.layout.NWeights }

// String describes the detector in one line.
func (f *Fitted) String() string {
	return fmt.Sprintf("detector of %s over %d features, %d weights, epoch %d, threshold %.4g",
		strings.Join(f.state.Classes, "/"), f.layout.Features(), f.layout.NWeights, f.state.BestEpoch, f.state.Threshold)
}

// raw returns the network's output: one log-odds per row, or Outputs probabilities per row.
func (f *Fitted) raw(ctx context.Context, m *features.Matrix) ([]float32, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, errors.New("threat: predict: the detector is closed")
	}
	if f.engine == nil {
		engine, err := gx.Open(f.cfg.Engine)
		if err != nil && f.cfg.Engine != gx.Auto {
			engine, err = gx.Open(gx.Auto) // the machine that predicts need not have what the one that trained had
		}
		if err != nil {
			return nil, fmt.Errorf("threat: predict: %w", err)
		}
		f.engine = engine
	}
	if f.predictor == nil {
		p, err := train.NewPredictor(f.engine, f.layout)
		if err != nil {
			return nil, fmt.Errorf("threat: predict: %w", err)
		}
		if err := p.SetWeights(f.checkpoint.Evaluated(), f.checkpoint.Stats); err != nil {
			p.Close()
			return nil, fmt.Errorf("threat: predict: %w", err)
		}
		f.predictor = p
	}
	return f.predictor.Predict(ctx, m)
}

// Prediction is the result for a table, one entry per row in its order.
type Prediction struct {
	// Prob is the calibrated probability of a threat, 0..1. For several classes it is one minus the probability of the
	// benign class, or that of the largest class when none is known to be benign.
	Prob []float64
	// Flagged rows have Prob at or above the threshold (several classes: another class than the benign one is largest).
	Flagged []bool
	// Class is the index into Fitted.Classes of the predicted class.
	Class []int32
	// Classes holds the class probabilities [rows, classes], row-major; nil for a binary detector.
	Classes []float64

	UnknownCategories map[string]int // categories that training never saw, by column
	MissingValues     map[string]int // missing values, by column
}

// Predict predicts every row. Columns are matched by name; a missing one is an error that lists all missing ones, and
// further columns are ignored. The result of a row does not depend on other rows.
func (f *Fitted) Predict(ctx context.Context, t *Table) (*Prediction, error) {
	m, err := f.features.Transform(t)
	if err != nil {
		return nil, fmt.Errorf("threat: predict: %w", err)
	}
	out, err := f.raw(ctx, m)
	if err != nil {
		return nil, err
	}
	p := &Prediction{UnknownCategories: m.UnknownCategories, MissingValues: m.MissingValues,
		Prob: make([]float64, m.Rows), Flagged: make([]bool, m.Rows), Class: make([]int32, m.Rows)}
	if f.cfg.Model.Outputs == 1 {
		for i, z := range out {
			p.Prob[i] = f.state.calibrate(metrics.Sigmoid(float64(z)))
			if p.Prob[i] >= f.state.Threshold {
				p.Flagged[i], p.Class[i] = true, 1
			}
		}
		return p, nil
	}
	p.fromClasses(out, len(f.state.Classes), f.state.Schema.Benign(f.state.Classes))
	return p, nil
}

func (p *Prediction) fromClasses(out []float32, classes, benign int) {
	p.Classes = make([]float64, len(out))
	for i := range p.Prob {
		row := out[i*classes : (i+1)*classes]
		best := 0
		for k, v := range row {
			p.Classes[i*classes+k] = float64(v)
			if v > row[best] {
				best = k
			}
		}
		p.Class[i] = int32(best)
		if benign < 0 {
			p.Prob[i] = float64(row[best])
			continue
		}
		p.Prob[i], p.Flagged[i] = 1-float64(row[benign]), best != benign
	}
}

// Close gives back the engine's memory. Later predictions are errors; closing twice is not.
func (f *Fitted) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	if f.predictor != nil {
		f.predictor.Close()
		f.predictor = nil
	}
	if f.engine != nil {
		f.engine.Close()
		f.engine = nil
	}
}
