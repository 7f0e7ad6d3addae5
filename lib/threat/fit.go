package threat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/internal/gx"
	"github.com/jamba-threat/jamba/lib/metrics"
	"github.com/jamba-threat/jamba/lib/model"
	"github.com/jamba-threat/jamba/lib/train"
)

// ErrMismatch is wrapped by the errors of Fit and Run that say that the data do not fit the configuration, or the
// validation rows the training rows.
var ErrMismatch = errors.New("threat: fit: configuration and data do not match")

func mismatchf(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrMismatch}, args...)...)
}

// Fit trains a detector on the training rows. The validation rows decide when to stop, how to calibrate and where the
// threshold lies; without any, training runs for all its epochs, nothing is calibrated, and the threshold is
// Threshold.Value. Neither table is changed.
//
// When ctx ends, Fit returns its error; nothing is kept (Run keeps the state). The same configuration, data and engine
// give the same detector, bit for bit.
func (c Config) Fit(ctx context.Context, training, valid *Table) (*Fitted, error) {
	e, err := c.experiment(training, valid)
	if err != nil {
		return nil, err
	}
	return e.fit(ctx, train.Options{})
}

// experiment is a configuration that has met its data.
type experiment struct {
	cfg             Config
	features        *features.Fitted
	layout          *model.Layout
	training, valid *Table // valid is nil when there are no validation rows
}

// experiment checks configuration and data against each other, and fits the features on the training rows.
func (c Config) experiment(training, valid *Table) (*experiment, error) {
	c = c.WithDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if training == nil {
		return nil, errors.New("threat: fit: there is no training table")
	}
	if err := training.CheckTrainable(); err != nil {
		return nil, fmt.Errorf("threat: fit: %w", err)
	}
	if valid != nil && valid.Rows() == 0 {
		valid = nil
	}
	if n := len(training.Columns); c.InputDim != 0 && c.InputDim != n {
		return nil, mismatchf("input_dim is %d, but %s has %d feature columns; leave input_dim out (0) to follow the data",
			c.InputDim, training.Name, n)
	}
	c.InputDim = len(training.Columns)
	if err := c.matchClasses(training, valid); err != nil {
		return nil, err
	}
	if valid == nil { // nothing to look at: run all epochs
		c.Train.Patience, c.Train.Monitor, c.Threshold.Method, c.Calibration = -1, "train/loss", "fixed", "none"
	}
	validRows := 0
	if valid != nil {
		validRows = valid.Rows()
	}
	// Looked at here, before a run directory exists that the corrected configuration would not fit.
	if err := train.CheckMonitor(c.Train.Monitor, c.Model.Outputs, validRows); err != nil {
		return nil, mismatchf("%w", err)
	}
	f, err := features.Fit(training, c.Features)
	if err != nil {
		return nil, mismatchf("%w", err)
	}
	layout, err := model.NewLayout(c.Model, f.Spec())
	if err != nil {
		return nil, mismatchf("%w", err)
	}
	return &experiment{cfg: c, features: f, layout: layout, training: training, valid: valid}, nil
}

// matchClasses settles the number of outputs: one for benign and threat, else one per class.
func (c *Config) matchClasses(training, valid *Table) error {
	if n := len(training.Classes); training.Schema.Multiclass {
		if c.Model.Outputs != 1 && c.Model.Outputs != n {
			return mismatchf("output_dim is %d, but the labels of %s have %d classes (%s)",
				c.Model.Outputs, training.Name, n, strings.Join(training.Classes, ", "))
		}
		c.Model.Outputs = n
	} else if c.Model.Outputs != 1 {
		return mismatchf("output_dim is %d, but %s has binary labels; set multiclass in the schema to tell attack types apart",
			c.Model.Outputs, training.Name)
	}
	if valid == nil {
		return nil
	}
	if valid.Label == nil {
		return mismatchf("the validation rows of %s have no labels", valid.Name)
	}
	if !slices.Equal(valid.Classes, training.Classes) {
		return mismatchf("training rows have classes %v, validation rows %v; read both in one table and split it", training.Classes, valid.Classes)
	}
	return nil
}

// fit trains and settles calibration and threshold.
func (e *experiment) fit(ctx context.Context, opt train.Options) (*Fitted, error) {
	training, err := e.rows(e.training)
	if err != nil {
		return nil, err
	}
	valid, err := e.rows(e.valid)
	if err != nil {
		return nil, err
	}
	engine, err := gx.OpenThreads(e.cfg.Engine, gx.ThreadsFor(e.cfg.Train.BatchSize))
	if err != nil {
		return nil, fmt.Errorf("threat: fit: %w", err)
	}
	result, err := train.Fit(ctx, engine, e.layout, e.cfg.Train, training, valid, opt)
	if err != nil {
		engine.Close()
		return nil, fmt.Errorf("threat: fit: %w", err)
	}
	f := e.fitted(result.Best, result.History, result.Reason)
	f.engine = engine
	if err := e.settle(ctx, f, valid); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (e *experiment) rows(t *Table) (train.Data, error) {
	if t == nil {
		return train.Data{}, nil
	}
	m, err := e.features.Transform(t)
	if err != nil {
		return train.Data{}, fmt.Errorf("threat: fit: %w", err)
	}
	return train.Data{Matrix: m, Label: t.Label}, nil
}

func (e *experiment) fitted(best *train.Checkpoint, history History, reason train.StopReason) *Fitted {
	return &Fitted{
		cfg: e.cfg, features: e.features, layout: e.layout, checkpoint: best,
		state: state{
			Format: stateFormat, Schema: predictionSchema(e.training), Classes: e.training.Classes,
			SeenFamilies: familiesOf(e.training), BestEpoch: best.Epoch, Stopped: string(reason),
			TrainRows: e.training.Rows(), Threshold: e.cfg.Threshold.Value,
		},
		history: history,
	}
}

// settle calibrates on the validation rows and chooses the threshold there.
func (e *experiment) settle(ctx context.Context, f *Fitted, valid train.Data) error {
	f.state.Engine = f.engine.Name
	if valid.Rows() == 0 {
		return nil
	}
	f.state.ValidRows = valid.Rows()
	if e.cfg.Model.Outputs != 1 {
		return nil // classes are told apart by the largest probability
	}
	logits, err := f.raw(ctx, valid.Matrix)
	if err != nil {
		return err
	}
	prob := make([]float64, len(logits))
	score := make([]float64, len(logits))
	for i, z := range logits {
		score[i], prob[i] = float64(z), metrics.Sigmoid(float64(z))
	}
	switch e.cfg.Calibration {
	case "temperature":
		f.state.Calibrator, err = metrics.FitTemperature(score, valid.Label)
	case "isotonic":
		f.state.Calibrator, err = metrics.FitIsotonic(prob, valid.Label)
	}
	if errors.Is(err, metrics.ErrOneClass) {
		f.state.Calibrator, err = nil, nil // nothing to learn from; probabilities stay as the network gives them
	}
	if err != nil {
		return fmt.Errorf("threat: fit: calibrate: %w", err)
	}
	for i, p := range prob {
		prob[i] = f.state.calibrate(p)
	}
	f.state.Threshold, err = e.cfg.Threshold.choose(prob, valid.Label)
	if errors.Is(err, metrics.ErrOneClass) {
		return mismatchf("threshold by %s: the validation rows have only one class; hold out more rows, or use threshold.method fixed", e.cfg.Threshold.Method)
	}
	if err != nil {
		return fmt.Errorf("threat: fit: threshold: %w", err)
	}
	return nil
}

func (t Threshold) choose(prob []float64, label []int32) (float64, error) {
	switch t.Method {
	case "fpr":
		return metrics.AtFPR(prob, label, t.FPR)
	case "f1":
		return metrics.BestF1(prob, label)
	case "cost":
		return metrics.MinCost(prob, label, t.CostFP, t.CostFN)
	}
	return t.Value, nil
}

// predictionSchema is the schema for rows to predict on: the same features, each by name.
func predictionSchema(t *Table) Schema {
	s := t.Schema
	s.Columns = nil
	for i := range t.Columns {
		s.Columns = append(s.Columns, data.ColumnSpec{Name: t.Columns[i].Name, Kind: t.Columns[i].Kind})
	}
	return s
}

// familiesOf returns the sorted names of the attack families among the rows labelled as threats.
func familiesOf(t *Table) []string {
	if t.Family == nil {
		return nil
	}
	seen := map[string]bool{}
	for i, f := range t.Family {
		if f >= 0 && (t.Label == nil || t.Label[i] != 0 || t.Schema.Multiclass) {
			seen[t.Families[f]] = true
		}
	}
	names := []string{} // not nil: nil would mean that families are not known
	for name := range seen {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
