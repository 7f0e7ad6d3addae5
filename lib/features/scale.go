package features

import "math"

// scaler is one numeric feature, ready to use.
type scaler struct {
	kind     string
	mean     float64
	std      float64
	quantile *quantileScale
	empty    bool    // no training value: everything is missing
	fill     float32 // scaled stand-in for a missing value, NaN under MissingLearned
}

func newScaler(n *NumericState, cfg Config) *scaler {
	s := &scaler{kind: cfg.Scaling, mean: n.Mean, std: n.Std, empty: n.Count == 0, fill: float32(math.NaN())}
	if len(n.Quantiles) > 0 {
		s.quantile = newQuantileScale(n.Quantiles)
	}
	if cfg.Missing != MissingLearned {
		s.fill = 0
		if !s.empty {
			s.fill = s.present(n.Fill)
		}
	}
	return s
}

// value scales x and reports whether it was missing.
func (s *scaler) value(x float32) (scaled float32, missing bool) {
	if s.empty || isMissing(x) {
		return s.fill, true
	}
	return s.present(float64(x)), false
}

// present scales a finite value. The result is finite too: a value that leaves the range of float32 after scaling (an
// outlier of a column with a tiny deviation) stops at its end.
func (s *scaler) present(x float64) float32 {
	switch s.kind {
	case QuantileNormal:
		return float32(s.quantile.scale(x))
	case Standard:
		z := (x - s.mean) / s.std
		return float32(max(-math.MaxFloat32, min(math.MaxFloat32, z)))
	default:
		return float32(x)
	}
}

// column scales src into every stride-th element of dst and returns the number of missing values.
func (s *scaler) column(dst []float32, stride int, src []float32) (missing int) {
	// Telemetry repeats itself: half of NSL-KDD's cells equal the cell above. Remembering one value saves the search.
	last, lastScaled, known := float32(0), float32(0), false
	for i, x := range src {
		if !known || x != last {
			scaled, absent := s.value(x)
			if absent {
				dst[i*stride] = scaled
				missing++
				continue
			}
			last, lastScaled, known = x, scaled, true
		}
		dst[i*stride] = lastScaled
	}
	return missing
}

// moments returns the mean and the population standard deviation of values, and 1 for the latter where it is zero
// within rounding (the bound is that of scikit-learn, after Chan, Golub and LeVeque 1983, "Algorithms for computing
// the sample variance"). Two passes with the correction of their equation 1.7.
func moments(values []float32) (mean, std float64) {
	if len(values) == 0 {
		return 0, 1
	}
	n := float64(len(values))
	var sum float64
	for _, v := range values {
		sum += float64(v)
	}
	mean = sum / n
	var squares, rest float64
	for _, v := range values {
		d := float64(v) - mean
		squares += float64(d * d)
		rest += d
	}
	variance := max(0, (squares-float64(rest*rest)/n)/n)
	const epsilon = 0x1p-52
	rounding := n * mean * epsilon
	if variance <= n*epsilon*variance+float64(rounding*rounding) {
		return mean, 1
	}
	return mean, math.Sqrt(variance)
}
