package train

import (
	"context"
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/internal/gx"
	"github.com/jamba-threat/jamba/lib/model"
)

// predictBatch is the number of rows of one execution. All executions have this shape, so there is one program.
const predictBatch = 1024

// Predictor computes predictions with fixed weights on an engine. It is for one goroutine at a time.
type Predictor struct {
	engine  *gx.Engine
	layout  *model.Layout
	fn      *gx.Func
	weights *tensors.Tensor
	stats   *tensors.Tensor
}

// NewPredictor compiles the forward pass; SetWeights must follow.
func NewPredictor(engine *gx.Engine, layout *model.Layout) (*Predictor, error) {
	p := &Predictor{engine: engine, layout: layout}
	var err error
	p.fn, err = engine.Compile("prediction", func(in []*Node) []*Node {
		weights, stats := model.NewVector(in[0], layout.Weights), model.NewVector(in[1], layout.Stats)
		var batch model.Inputs
		columns := in[2:]
		if len(layout.Spec.Numeric) > 0 {
			batch.Numeric, columns = columns[0], columns[1:]
		}
		if len(layout.Spec.Categorical) > 0 {
			batch.Categorical = columns[0]
		}
		return []*Node{model.Vote(layout.Forward(weights, stats, batch, model.Mode{Halves: engine.SharesOperations(predictBatch)}))}
	})
	if err != nil {
		return nil, fmt.Errorf("train: predict: %w", err)
	}
	return p, nil
}

// SetWeights puts other weights in use. Lengths that do not match the layout are an error.
func (p *Predictor) SetWeights(weights, stats []float32) error {
	if len(weights) != p.layout.NWeights || len(stats) != p.layout.NStats {
		return fmt.Errorf("train: predict: %d weights and %d statistics, the layout has %d and %d",
			len(weights), len(stats), p.layout.NWeights, p.layout.NStats)
	}
	w, err := p.engine.Floats(weights, len(weights))
	if err != nil {
		return err
	}
	s, err := p.engine.Floats(stats, len(stats))
	if err != nil {
		return err
	}
	gx.Free(p.weights, p.stats)
	p.weights, p.stats = w, s
	return nil
}

// Predict returns one log-odds per row when the model has one output, else Outputs probabilities per row, row-major.
// The result of a row does not depend on the other rows. The context is looked at before each batch.
func (p *Predictor) Predict(ctx context.Context, m *features.Matrix) ([]float32, error) {
	nn, nc := len(p.layout.Spec.Numeric), len(p.layout.Spec.Categorical)
	if len(m.Numeric) != m.Rows*nn || len(m.Categorical) != m.Rows*nc {
		return nil, fmt.Errorf("train: predict: %d rows with %d numeric and %d categorical values do not fit a model of %d and %d features",
			m.Rows, len(m.Numeric), len(m.Categorical), nn, nc)
	}
	width := p.layout.Config.Outputs
	out := make([]float32, 0, m.Rows*width)
	// The last batch is filled up with zeros, whose results are cut off.
	numeric, codes := make([]float32, predictBatch*nn), make([]int32, predictBatch*nc)
	for from := 0; from < m.Rows; from += predictBatch {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n := min(predictBatch, m.Rows-from)
		clear(numeric[copy(numeric, m.Numeric[from*nn:(from+n)*nn]):])
		clear(codes[copy(codes, m.Categorical[from*nc:(from+n)*nc]):])
		values, err := p.batch(Data{Matrix: &features.Matrix{Rows: predictBatch, Numeric: numeric, Categorical: codes}})
		if err != nil {
			return nil, err
		}
		out = append(out, values[:n*width]...)
	}
	return out, nil
}

func (p *Predictor) batch(data Data) ([]float32, error) {
	columns, err := upload(p.engine, p.layout, data)
	if err != nil {
		return nil, err
	}
	defer gx.Free(columns...)
	inputs := []any{p.weights, p.stats}
	for _, c := range columns {
		inputs = append(inputs, c)
	}
	outputs, err := p.fn.Call(inputs...)
	if err != nil {
		return nil, fmt.Errorf("train: predict: %w", err)
	}
	defer gx.Free(outputs...)
	return gx.Read(outputs[0])
}

// Close gives back the engine's memory.
func (p *Predictor) Close() {
	p.fn.Close()
	gx.Free(p.weights, p.stats)
}

// Probability turns log-odds into a probability.
func Probability(logOdds float64) float64 { return 1 / (1 + math.Exp(-logOdds)) }
