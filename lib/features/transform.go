package features

import (
	"fmt"

	"github.com/jamba-threat/jamba/lib/data"
)

// blockRows is the number of rows that one goroutine transforms at a time: with 40 features their output stays in the
// second-level cache while it is filled column by column.
const blockRows = 2048

// Transform turns a table into numbers. Columns are found by name: their order does not matter and columns that Fit has
// not seen are ignored. A table without rows gives an empty matrix.
//
// A row's numbers depend on that row alone, except for rolling means, which see its past in the table.
// Errors: one that wraps ErrColumns and lists every column that is absent or of another kind; a table without the times
// or groups that rolling means need. The table is not changed.
func (f *Fitted) Transform(t *data.Table) (*Matrix, error) {
	m, err := f.transform(t)
	if err != nil {
		return nil, fmt.Errorf("features: transform: %w", err)
	}
	return m, nil
}

func (f *Fitted) transform(t *data.Table) (*Matrix, error) {
	if f == nil || f.plans == nil && f.codes == nil {
		return nil, errUnfitted
	}
	if err := checkTable(t); err != nil {
		return nil, err
	}
	numeric, categorical, err := f.match(t)
	if err != nil {
		return nil, err
	}
	inputs, err := f.inputs(t, numeric)
	if err != nil {
		return nil, err
	}
	w := &work{
		f: f, inputs: inputs, columns: categorical, dicts: f.translate(categorical),
		out: &Matrix{
			Rows:              t.Rows(),
			Numeric:           make([]float32, t.Rows()*len(f.plans)),
			Categorical:       make([]int32, t.Rows()*len(f.codes)),
			UnknownCategories: map[string]int{},
			MissingValues:     map[string]int{},
		},
	}
	w.run()
	return w.out, nil
}

// inputs returns the numeric columns of the table, then the rolling means.
func (f *Fitted) inputs(t *data.Table, numeric []*data.Column) ([][]float32, error) {
	inputs := make([][]float32, len(numeric), len(numeric)+len(f.rolling))
	position := map[string]int{}
	for i, c := range numeric {
		inputs[i], position[c.Name] = c.Num, i
	}
	for _, n := range f.rolling {
		order, err := timeOrder(t, n.Derive.Grouped)
		if err != nil {
			return nil, err
		}
		source := inputs[position[n.Derive.Columns[0]]]
		inputs = append(inputs, rollingMean(t, source, n.Derive.rolling(), n.Derive.Grouped, order))
	}
	return inputs, nil
}

// translate maps the dictionary of each column to codes, so that no text is compared per row.
func (f *Fitted) translate(columns []*data.Column) [][]int32 {
	out := make([][]int32, len(columns))
	for i, c := range columns {
		out[i] = make([]int32, len(c.Dict))
		for k, v := range c.Dict {
			out[i][k] = f.codes[i][v] // CodeUnknown when absent
		}
	}
	return out
}

// work is one call of Transform.
type work struct {
	f       *Fitted
	inputs  [][]float32
	columns []*data.Column
	dicts   [][]int32 // code of each dictionary entry, per categorical feature
	out     *Matrix
}

// counts are the findings of one block, by feature: numeric ones first, then categorical ones.
type counts struct{ missing, unknown []int }

func (w *work) run() {
	blocks := make([]counts, (w.out.Rows+blockRows-1)/blockRows)
	parallel(len(blocks), func(b int) {
		lo := b * blockRows
		blocks[b] = w.block(lo, min(lo+blockRows, w.out.Rows))
	})
	numeric := w.f.state.Numeric
	for _, c := range blocks {
		for i, n := range c.missing {
			if n == 0 {
				continue
			}
			if i < len(numeric) {
				w.out.MissingValues[numeric[i].Name] += n
			} else {
				w.out.MissingValues[w.columns[i-len(numeric)].Name] += n
			}
		}
		for i, n := range c.unknown {
			if n > 0 {
				w.out.UnknownCategories[w.columns[i].Name] += n
			}
		}
	}
}

// block fills rows lo..hi of the output.
func (w *work) block(lo, hi int) counts {
	n, k := len(w.f.plans), len(w.columns)
	c := counts{missing: make([]int, n+k), unknown: make([]int, k)}
	scratch := make([]float32, hi-lo)
	for j, p := range w.f.plans {
		src := p.column(w.inputs, lo, hi, scratch)
		c.missing[j] = w.f.scalers[j].column(w.out.Numeric[lo*n+j:], n, src)
	}
	for j, column := range w.columns {
		dict := w.dicts[j]
		for i, code := range column.Code[lo:hi] {
			v := CodeMissing
			if code != data.Missing {
				v = dict[code]
			}
			switch v {
			case CodeMissing:
				c.missing[n+j]++
			case CodeUnknown:
				c.unknown[j]++
			}
			w.out.Categorical[(lo+i)*k+j] = v
		}
	}
	return c
}
