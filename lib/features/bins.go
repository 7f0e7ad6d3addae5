package features

import "math"

// binEdges returns the edges of at most bins bins that hold equal numbers of the scaled training values: the distinct
// quantiles, at least two edges. sorted holds the values before scaling, ascending.
// Source: Gorishniy, Rubachev and Babenko 2022, "On Embeddings for Numerical Features in Tabular Deep Learning",
// section 3.1.1.
func binEdges(s *scaler, sorted []float32, bins int) []float32 {
	if len(sorted) == 0 {
		return around(0)
	}
	var edges []float32
	for i := range bins + 1 {
		e := scaledQuantile(s, sorted, float64(len(sorted)-1)*reference(i, bins+1))
		if len(edges) == 0 || e > edges[len(edges)-1] {
			edges = append(edges, e)
		}
	}
	if len(edges) == 1 {
		return around(edges[0])
	}
	return edges
}

// scaledQuantile interpolates between scaled neighbours. Scaling keeps the order, so there is no need to scale and sort
// the whole column.
func scaledQuantile(s *scaler, sorted []float32, pos float64) float32 {
	// A position that misses a whole number by rounding would split one edge into two that differ in the last digit.
	if whole := math.Round(pos); math.Abs(pos-whole) < 1e-6 {
		pos = whole
	}
	i := min(int(pos), len(sorted)-1)
	next := min(i+1, len(sorted)-1)
	pair := []float32{s.present(float64(sorted[i])), s.present(float64(sorted[next]))}
	return float32(quantileAt(pair, pos-float64(i)))
}

// around returns two distinct edges with v between them.
func around(v float32) []float32 {
	half := max(0.5, math.Abs(float64(v))/1024)
	lo := max(-math.MaxFloat32, float64(v)-half)
	hi := min(math.MaxFloat32, float64(v)+half)
	return []float32{float32(lo), float32(hi)}
}
