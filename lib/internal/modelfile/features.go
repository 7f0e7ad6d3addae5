package modelfile

import (
	"encoding/json"
	"fmt"

	"github.com/jamba-threat/jamba/lib/features"
)

// The fitted features are stored as columns: one array for each field over all features, and for what has several values
// per feature, all values one after the other and an array of how many each has.
//
// Quantiles repeat: a column of mostly zeros has hundreds of equal ones. They are stored as distinct values and the
// number of times that each is repeated, which is exact and, on network flows, about ten times smaller.

func encodeFeatures(kvs *pairs, s features.State) error {
	kvs.count(keyFVersion, s.Version)
	if err := kvs.document(keyFConfig, s.Config); err != nil {
		return err
	}
	if len(s.Numeric) > 0 {
		if err := encodeNumeric(kvs, s.Numeric); err != nil {
			return err
		}
	}
	if len(s.Categorical) > 0 {
		encodeCategorical(kvs, s.Categorical)
	}
	return nil
}

func encodeNumeric(kvs *pairs, columns []features.NumericState) error {
	var (
		names, derived      []string
		counts              []uint64
		means, stds, fills  []float64
		edges               []float32
		edgeN, quantN       []uint32
		quantiles           []float64
		runs                []uint16
		anyDerived, anyQuan bool
	)
	for i := range columns {
		n := &columns[i]
		text := ""
		if n.Derive != nil {
			anyDerived = true
			document, err := json.Marshal(n.Derive)
			if err != nil {
				return fmt.Errorf("modelfile: feature %q: %w", n.Name, err)
			}
			text = string(document)
		}
		names, derived = append(names, n.Name), append(derived, text)
		counts, means, stds, fills = append(counts, uint64(n.Count)), append(means, n.Mean), append(stds, n.Std), append(fills, n.Fill)
		edges, edgeN = append(edges, n.Edges...), append(edgeN, uint32(len(n.Edges)))
		distinct, repeats := pack(n.Quantiles)
		quantiles, runs, quantN = append(quantiles, distinct...), append(runs, repeats...), append(quantN, uint32(len(distinct)))
		anyQuan = anyQuan || len(distinct) > 0
	}
	kvs.add(keyNNames, names)
	if anyDerived {
		kvs.add(keyNDerive, derived)
	}
	kvs.add(keyNCounts, counts)
	kvs.add(keyNMeans, means)
	kvs.add(keyNStds, stds)
	kvs.add(keyNFills, fills)
	kvs.add(keyNEdgeN, edgeN)
	kvs.add(keyNEdges, edges)
	if anyQuan {
		kvs.add(keyNQuantN, quantN)
		kvs.add(keyNQuantRun, runs)
		kvs.add(keyNQuant, quantiles)
	}
	return nil
}

func encodeCategorical(kvs *pairs, columns []features.CategoricalState) {
	var names, categories []string
	var counts []uint32
	for _, c := range columns {
		names, counts = append(names, c.Name), append(counts, uint32(len(c.Categories)))
		categories = append(categories, c.Categories...)
	}
	kvs.add(keyCNames, names)
	kvs.add(keyCCounts, counts)
	list(kvs, keyCCategories, categories)
}

// pack returns the distinct values of a list that does not descend, and how often each is repeated.
func pack(values []float64) (distinct []float64, runs []uint16) {
	for _, v := range values {
		if k := len(distinct); k > 0 && distinct[k-1] == v {
			runs[k-1]++
			continue
		}
		distinct, runs = append(distinct, v), append(runs, 1)
	}
	return distinct, runs
}

// maxQuantiles is the largest number of quantiles of a feature that features.Open accepts.
const maxQuantiles = 1000

// unpack is the inverse of pack.
func unpack(name string, distinct []float64, runs []uint16) ([]float64, error) {
	total := 0
	for _, n := range runs {
		total += int(n)
	}
	if total > maxQuantiles {
		return nil, badf("key %q gives feature %q %d quantiles, must be at most %d", keyNQuantRun, name, total, maxQuantiles)
	}
	values := make([]float64, 0, total)
	for i, v := range distinct {
		if runs[i] == 0 {
			return nil, badf("key %q repeats a quantile of feature %q 0 times, must be at least once", keyNQuantRun, name)
		}
		for range runs[i] {
			values = append(values, v)
		}
	}
	return values, nil
}

func decodeFeatures(d *decoder) features.State {
	s := features.State{Version: d.count(keyFVersion)}
	d.document(keyFConfig, &s.Config)
	if d.has(keyNNames) {
		s.Numeric = decodeNumeric(d)
	}
	if d.has(keyCNames) {
		s.Categorical = decodeCategorical(d)
	}
	return s
}

func decodeNumeric(d *decoder) []features.NumericState {
	names := get[[]string](d, keyNNames)
	n := len(names)
	counts := column[uint64](d, keyNCounts, n)
	means, stds, fills := column[float64](d, keyNMeans, n), column[float64](d, keyNStds, n), column[float64](d, keyNFills, n)
	edges := grouped[float32](d, keyNEdges, keyNEdgeN, n)
	var quantiles [][]float64
	var runs [][]uint16
	if d.has(keyNQuant) {
		quantiles = grouped[float64](d, keyNQuant, keyNQuantN, n)
		runs = grouped[uint16](d, keyNQuantRun, keyNQuantN, n)
	}
	var derived []string
	if d.has(keyNDerive) {
		derived = column[string](d, keyNDerive, n)
	}
	if d.err != nil {
		return nil
	}
	columns := make([]features.NumericState, n)
	for i := range columns {
		c := features.NumericState{Name: names[i], Mean: means[i], Std: stds[i], Fill: fills[i], Edges: edges[i]}
		if counts[i] > 1<<53 {
			d.fail(badf("key %q is %d for feature %q, must be at most 2^53", keyNCounts, counts[i], c.Name))
			return nil
		}
		c.Count = int(counts[i])
		if quantiles != nil && len(quantiles[i]) > 0 {
			var err error
			if c.Quantiles, err = unpack(c.Name, quantiles[i], runs[i]); err != nil {
				d.fail(err)
				return nil
			}
		}
		if derived != nil && derived[i] != "" {
			c.Derive = &features.Derivation{}
			d.parse(keyNDerive, derived[i], c.Derive)
		}
		columns[i] = c
	}
	return columns
}

func decodeCategorical(d *decoder) []features.CategoricalState {
	names := get[[]string](d, keyCNames)
	var categories [][]string
	if d.has(keyCCategories) {
		categories = grouped[string](d, keyCCategories, keyCCounts, len(names))
	} else {
		for i, n := range column[uint32](d, keyCCounts, len(names)) {
			if n != 0 {
				d.fail(badf("key %q is %d for feature %q, but %q is missing", keyCCounts, n, names[i], keyCCategories))
			}
		}
		categories = make([][]string, len(names))
	}
	if d.err != nil {
		return nil
	}
	columns := make([]features.CategoricalState, len(names))
	for i, name := range names {
		columns[i] = features.CategoricalState{Name: name, Categories: categories[i]}
	}
	return columns
}
