package score

import (
	"math"
	"math/rand/v2"

	"github.com/jamba-threat/jamba/lib/features"
)

// Sample draws rows for trying a model out where there are no real ones: each numeric column at random from the quantiles of
// its training values (standard normal where the file has none), each category with equal chance, one value in fifty missing
// unless the network must have all. Columns are drawn independently, so the rows are like real ones column by column and
// in nothing else. The same seed gives the same rows.
func (m *Model) Sample(rows int, seed uint64) Batch {
	rng := rand.New(rand.NewPCG(seed, 0x73616d706c65))
	state := m.features.State()
	nn, nc := len(m.inputs.Numeric), len(m.inputs.Categorical)
	b := Batch{Rows: rows, Numeric: make([]float64, rows*nn), Categorical: make([]int32, rows*nc)}
	columns := map[string]*features.NumericState{}
	for i := range state.Numeric {
		columns[state.Numeric[i].Name] = &state.Numeric[i]
	}
	for r := range rows {
		for j, name := range m.inputs.Numeric {
			b.Numeric[r*nn+j] = draw(rng, columns[name])
			if !m.complete && rng.IntN(50) == 0 {
				b.Numeric[r*nn+j] = math.NaN()
			}
		}
		for j := range m.inputs.Categorical {
			b.Categorical[r*nc+j] = int32(rng.IntN(m.spec.Categorical[j].Size))
		}
	}
	return b
}

// draw returns a value of a column; c is never nil, since inputs are features.
func draw(rng *rand.Rand, c *features.NumericState) float64 {
	q := c.Quantiles
	if len(q) == 0 {
		return c.Mean + c.Std*rng.NormFloat64()
	}
	at := rng.Float64() * float64(len(q)-1)
	i := int(at)
	if i+1 >= len(q) {
		return q[i]
	}
	return q[i] + (at-float64(i))*(q[i+1]-q[i])
}

// NeedsHistory reports whether features of a row depend on rows before it (rolling means): then a table must be given
// whole, and a single row needs those means among its inputs.
func (m *Model) NeedsHistory() bool {
	for _, n := range m.features.State().Numeric {
		if n.Derive != nil && n.Derive.Op == features.OpRollingMean {
			return true
		}
	}
	return false
}
