package features

import (
	"math"
	"math/bits"

	"gonum.org/v1/gonum/mathext"
)

const (
	maxQuantiles = 1000
	// endMargin is the distance from the ends of the training range, and from the probabilities 0 and 1, within which a
	// value counts as the end itself (scikit-learn's BOUNDS_THRESHOLD).
	endMargin = 1e-7
)

// normalClip bounds the scaled values: the normal quantile of endMargin, about 5.199.
var normalClip = -mathext.NormalQuantile(endMargin)

// quantilesOf returns the quantiles of sorted at rows equal steps, at most maxQuantiles. rows is the number of training
// rows with or without a value, as in scikit-learn.
func quantilesOf(sorted []float32, rows int) []float64 {
	q := make([]float64, min(maxQuantiles, rows))
	for i := range q {
		q[i] = quantileAt(sorted, float64(len(sorted)-1)*reference(i, len(q)))
		if i > 0 {
			q[i] = max(q[i], q[i-1])
		}
	}
	return q
}

// reference is the probability of quantile i of n.
func reference(i, n int) float64 {
	switch {
	case n == 1:
		return 0
	case i == n-1:
		return 1
	}
	// Rounded as NumPy rounds it (multiplied by a step, to percent and back): where many values are equal, a position
	// that is off by one unit in the last place lands beside the tie instead of on it, and that changes the result.
	step := 1 / float64(n-1)
	return float64(float64(i)*step) * 100 / 100
}

// quantileAt interpolates linearly at a position counted in elements, rounded as numpy.percentile does it.
func quantileAt(sorted []float32, pos float64) float64 {
	i := int(pos)
	if i >= len(sorted)-1 {
		return float64(sorted[len(sorted)-1])
	}
	lo, hi, t := float64(sorted[i]), float64(sorted[i+1]), pos-float64(i)
	if t >= 0.5 {
		return hi - float64((hi-lo)*(1-t))
	}
	return lo + float64((hi-lo)*t)
}

// quantileScale maps values to the standard normal distribution through their empirical one. Equal quantiles are
// merged into one knot, which makes the search short in columns of mostly zeros.
type quantileScale struct {
	x         []float64 // distinct quantiles, ascending
	keys      []uint64  // orderedKey of x
	low, high []float64 // probability of the first and of the last quantile equal to x
	z         []float64 // scaled value of x itself, where x is not an end
	margin    float64
}

func newQuantileScale(quantiles []float64) *quantileScale {
	s := &quantileScale{}
	n := len(quantiles)
	for i, v := range quantiles {
		p := reference(i, n)
		if k := len(s.x); k > 0 && s.x[k-1] == v {
			s.high[k-1] = p
			continue
		}
		s.x, s.low, s.high = append(s.x, v), append(s.low, p), append(s.high, p)
	}
	for _, v := range s.x {
		s.keys = append(s.keys, orderedKey(v))
	}
	last := len(s.x) - 1
	s.margin = endMargin * min(1, s.x[last]-s.x[0])
	s.z = make([]float64, len(s.x))
	for i := range s.z {
		// A tie takes the middle of its probabilities.
		s.z[i] = clippedNormal((s.low[i] + s.high[i]) / 2)
	}
	return s
}

func (s *quantileScale) scale(v float64) float64 {
	last := len(s.x) - 1
	if v-s.margin <= s.x[0] { // first, so that a constant column is all lower end
		return -normalClip
	}
	if v+s.margin >= s.x[last] {
		return normalClip
	}
	i := s.below(v) // it has a successor, since v is inside the range
	if s.x[i] == v {
		return s.z[i]
	}
	t := (v - s.x[i]) / (s.x[i+1] - s.x[i])
	return clippedNormal(s.high[i] + float64(t*(s.low[i+1]-s.high[i])))
}

// below returns the largest i with x[i] <= v, for v within the range. Which way a comparison goes is not predictable, so there
// is no branch on it: the borrow of a subtraction masks the step.
func (s *quantileScale) below(v float64) int {
	key, keys := orderedKey(v), s.keys
	i, n := 0, len(keys)
	for n > 1 {
		half := n >> 1
		_, above := bits.Sub64(key, keys[i+half], 0)
		i += half & (int(above) - 1)
		n -= half
	}
	return i
}

// orderedKey maps floats to integers that compare alike, -0 as 0.
func orderedKey(v float64) uint64 {
	b := math.Float64bits(v + 0)
	return b ^ (uint64(int64(b)>>63) | 1<<63)
}

// clippedNormal is the normal quantile of p within ±normalClip; p is in 0..1.
func clippedNormal(p float64) float64 {
	if p <= endMargin {
		return -normalClip
	}
	if p >= 1-endMargin {
		return normalClip
	}
	return max(-normalClip, min(normalClip, mathext.NormalQuantile(p)))
}

// isMissing reports whether x is NaN or infinite.
func isMissing(x float32) bool { return !(math.Abs(float64(x)) <= math.MaxFloat32) }
