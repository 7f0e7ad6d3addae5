package score

import (
	"fmt"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/gguf"
	"github.com/jamba-threat/jamba/lib/metrics"
	"github.com/jamba-threat/jamba/lib/original"
)

// originalNetwork is a network of the Python project. Its inputs are numbers in the scaling of its training data, which its
// checkpoints do not tell; there is nothing that stands in for a missing value.
type originalNetwork struct{ m *original.Model }

const originalBatch = 64

func originalModel(f *gguf.File) (*Model, error) {
	net, err := original.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModel, err)
	}
	names := net.Features()
	state := features.State{Version: features.StateVersion, Config: features.Config{Scaling: features.NoScaling}.Resolve()}
	var schema data.Schema
	for _, name := range names {
		// No scaling, no bins: what is read is what the network gets.
		state.Numeric = append(state.Numeric, features.NumericState{Name: name, Count: 1, Std: 1, Edges: []float32{0, 1}})
		schema.Columns = append(schema.Columns, data.ColumnSpec{Name: name, Kind: data.Numeric})
	}
	fitted, err := features.Open(state)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrModel, err)
	}
	classes := []string{"benign", "threat"}
	if n := net.Outputs(); n > 1 {
		classes = nil
		for i := range n {
			classes = append(classes, fmt.Sprintf("output %d", i))
		}
	}
	m := newModel(&originalNetwork{net}, schema, fitted, classes)
	m.threshold, m.independent, m.complete = net.Threshold(), net.Outputs() > 1, true
	text := func(key string) string {
		v, _ := f.Get(key)
		s, _ := v.(string)
		return s
	}
	m.info = Info{Name: text("general.name"), Version: text("general.version"), Description: text("general.description"),
		License: text("general.license"), Parameters: net.Parameters(), ISA: "portable"}
	return m, nil
}

func (n *originalNetwork) outputs() int { return n.m.Outputs() }
func (n *originalNetwork) batch() int   { return originalBatch }

func (n *originalNetwork) newScratch() *scratch {
	return &scratch{numeric: make([]float32, originalBatch*n.m.Inputs()), logits: make([]float32, originalBatch*n.m.Outputs())}
}

func (n *originalNetwork) run(s *scratch, out []float64, numeric []float32, _ []int32, rows int) error {
	if err := n.m.Forward(s.logits[:len(out)], numeric[:rows*n.m.Inputs()], rows); err != nil {
		return err
	}
	for i, z := range s.logits[:len(out)] {
		out[i] = float64(z)
		if n.m.Outputs() > 1 {
			out[i] = metrics.Sigmoid(out[i])
		}
	}
	return nil
}
