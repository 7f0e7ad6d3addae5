package cli

import (
	"context"

	"github.com/jamba-threat/jamba/lib/score"
	"github.com/jamba-threat/jamba/lib/threat"
)

// detector is what predicts rows: a run directory or a model file.
type detector interface {
	Predict(ctx context.Context, t *threat.Table) (*threat.Prediction, error)
	Schema() threat.Schema
	Classes() []string
	Threshold() float64
	NeedsHistory() bool
	Close()
}

// openDetector opens the run directory or, when that is "", the model file.
func openDetector(run, file string) (detector, error) {
	if run != "" {
		fitted, err := openRun(run)
		if err != nil {
			return nil, err
		}
		return runDetector{fitted}, nil
	}
	m, err := score.Open(file)
	if err != nil {
		return nil, withHint(inputError(err), "`jamba inspect %s` shows what a file holds; `jamba convert` writes one", shellQuote(file))
	}
	return modelDetector{m}, nil
}

type runDetector struct{ *threat.Fitted }

func (r runDetector) NeedsHistory() bool { return len(r.Config().Features.Derived.Rolling) > 0 }

type modelDetector struct{ *score.Model }

func (m modelDetector) Predict(ctx context.Context, t *threat.Table) (*threat.Prediction, error) {
	p, err := m.PredictTable(ctx, t)
	return (*threat.Prediction)(p), err
}

func (m modelDetector) Close() {}
