package score

import (
	"math"

	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/internal/modelfile"
)

// tokenizer makes one token of D numbers from each feature of a row.
//
// A token is base + t*slope, where base and slope are rows of a table and t is how far the value lies inside its bin. The
// sums over the bins below are taken once, at load, so that the piecewise-linear embedding, whose definition adds up
// all bins, costs a search and D multiplications. Linear embeddings have one cell and t is the value; a missing value
// and a category have cells without slope.
type tokenizer struct {
	width    int
	numeric  []numericFeature
	category []categoryFeature
	cells    []float32 // [cells of all features, 2, D]: base, slope
	table    []float32 // [categories of all features, D]
	periodic []float32 // [features, 2*Frequencies, D]; nil for the other embeddings
}

type numericFeature struct {
	first       int       // its first cell
	missing     int       // the cell of a missing value
	edges       []float32 // where bins begin; nil when there are none
	keys        []int32   // orderedKey of edges
	inverse     []float32 // 1 / width of each bin
	frequencies []float32 // periodic only
}

type categoryFeature struct {
	first int // its row 0 in the table
	size  int
}

func newTokenizer(m *modelfile.Model, spec features.Spec) *tokenizer {
	t := &tokenizer{width: m.Network.Width, table: m.Weights[modelfile.CategoryTable]}
	if m.Network.Embedding == modelfile.Periodic {
		t.periodic = m.Weights[modelfile.NumericWeight]
	}
	for j := range spec.Numeric {
		t.addNumeric(m, spec, j)
	}
	first := 0
	for _, c := range spec.Categorical {
		t.category = append(t.category, categoryFeature{first, c.Size})
		first += c.Size
	}
	return t
}

func (t *tokenizer) addNumeric(m *modelfile.Model, spec features.Spec, j int) {
	D := t.width
	f := numericFeature{first: len(t.cells) / (2 * D)}
	bias := m.Weights[modelfile.NumericBias][j*D : (j+1)*D]
	weight := m.Weights[modelfile.NumericWeight]
	none := make([]float32, D)
	switch m.Network.Embedding {
	case modelfile.Linear:
		t.addCell(bias, weight[j*D:(j+1)*D])
	case modelfile.Periodic:
		t.addCell(bias, none) // the waves are added to it
		f.frequencies = m.Weights[modelfile.NumericFrequency][j*modelfile.Frequencies : (j+1)*modelfile.Frequencies]
	case modelfile.PiecewiseLinear:
		edges := spec.Numeric[j].Edges
		f.edges = edges[:len(edges)-1]
		bins := len(weight) / (len(spec.Numeric) * D) // of the widest feature
		weight = weight[j*bins*D : (j+1)*bins*D]
		below := make([]float64, D)
		base := make([]float32, D)
		for i, edge := range f.edges {
			f.keys = append(f.keys, orderedKey(edge))
			f.inverse = append(f.inverse, 1/(edges[i+1]-edge))
			slope := weight[i*D : (i+1)*D]
			for d := range base {
				base[d] = float32(float64(bias[d]) + below[d])
				below[d] += float64(slope[d])
			}
			t.addCell(base, slope)
		}
	}
	f.missing = len(t.cells) / (2 * D)
	t.addCell(m.Weights[modelfile.NumericMissing][j*D:(j+1)*D], none)
	t.numeric = append(t.numeric, f)
}

func (t *tokenizer) addCell(base, slope []float32) {
	t.cells = append(append(t.cells, base...), slope...)
}

// tokens returns F, the number of tokens of a row.
func (t *tokenizer) tokens() int { return len(t.numeric) + len(t.category) }

// write makes the tokens of rows, dst [rows, F*D] row-major: numeric [rows, Fn] are scaled values, NaN where missing, codes
// [rows, Fc].
func (t *tokenizer) write(dst, numeric []float32, codes []int32, rows int) {
	fn, fc, D := len(t.numeric), len(t.category), t.width
	for r := range rows {
		for j, x := range numeric[r*fn : (r+1)*fn] {
			t.numericToken(dst[:D], j, x)
			dst = dst[D:]
		}
		for j, code := range codes[r*fc : (r+1)*fc] {
			at := (t.category[j].first + int(code)) * D
			copy(dst[:D], t.table[at:at+D])
			dst = dst[D:]
		}
	}
}

func (t *tokenizer) numericToken(dst []float32, j int, x float32) {
	f := &t.numeric[j]
	D := len(dst)
	cell, share := f.first, x
	switch {
	case x != x:
		cell, share = f.missing, 0
	case f.edges != nil:
		// Values outside the bins of the training rows count as the outermost edge.
		bin := search(f.keys, orderedKey(x))
		share = min(max((x-f.edges[bin])*f.inverse[bin], 0), 1)
		cell += bin
	case f.frequencies != nil:
		t.waves(dst, j, x)
		return
	}
	both := t.cells[cell*2*D:][:2*D]
	base, slope := both[:D], both[D:]
	slope = slope[:len(base)]
	for d, b := range base {
		dst[d] = b + float32(share*slope[d])
	}
}

// waves makes a token of the periodic embedding: sines and cosines of trained frequencies, then a linear map.
func (t *tokenizer) waves(dst []float32, j int, x float32) {
	const n = modelfile.Frequencies
	D := len(dst)
	f := &t.numeric[j]
	copy(dst, t.cells[f.first*2*D:]) // the bias
	weight := t.periodic[j*2*n*D : (j+1)*2*n*D]
	for i, frequency := range f.frequencies {
		// Rounded as the training engine rounds: the phase of a large value depends on it.
		angle := float32(x*frequency) * float32(2*math.Pi)
		sin, cos := math.Sincos(float64(angle))
		for d := range dst {
			dst[d] += float32(float32(sin)*weight[i*D+d]) + float32(float32(cos)*weight[(n+i)*D+d])
		}
	}
}

// orderedKey maps floats to integers that compare alike. NaN does not occur.
func orderedKey(x float32) int32 {
	b := int32(math.Float32bits(x))
	return b ^ (b>>31)&math.MaxInt32
}

// search returns the largest i with keys[i] <= x, and 0 when there is none. Which way a comparison goes is not predictable, so
// that there must be no branch on it: the difference of the keys, shifted to all ones or all zeros, masks the step. It takes
// half the time of the plain form.
func search(keys []int32, x int32) int {
	i, n := 0, len(keys)
	for n > 1 {
		half := n >> 1
		atMost := int((int64(keys[i+half]) - int64(x) - 1) >> 63)
		i += half & atMost
		n -= half
	}
	return i
}
