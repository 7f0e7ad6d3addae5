package faulttree

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
)

// deviates returns the row of an uncertain number: compute checks the arguments and returns the mean, sample draws.
func deviates(op string) (operator, bool) {
	switch op {
	case "uniform":
		return operator{2, 2, func(a []float64) (float64, error) {
			if a[0] > a[1] {
				return 0, fmt.Errorf("uniform: the lower bound %g is above the upper bound %g", a[0], a[1])
			}
			return (a[0] + a[1]) / 2, nil
		}, func(a []float64, rng *rand.Rand) float64 { return a[0] + (a[1]-a[0])*rng.Float64() }}, true
	case "normal":
		return operator{2, 2, func(a []float64) (float64, error) {
			if !(a[1] >= 0) {
				return 0, fmt.Errorf("normal: the standard deviation %g is below 0", a[1])
			}
			return a[0], nil
		}, func(a []float64, rng *rand.Rand) float64 { return a[0] + a[1]*rng.NormFloat64() }}, true
	case "lognormal":
		return operator{2, 3, func(a []float64) (float64, error) {
			mu, sigma, err := lognormal(a)
			return math.Exp(mu + sigma*sigma/2), err
		}, func(a []float64, rng *rand.Rand) float64 {
			mu, sigma, _ := lognormal(a) // compute has accepted them
			return math.Exp(mu + sigma*rng.NormFloat64())
		}}, true
	case "gamma":
		return operator{2, 2, func(a []float64) (float64, error) {
			return a[0] * a[1], positive(op, a, "shape", "scale")
		}, func(a []float64, rng *rand.Rand) float64 { return a[1] * gammaSample(a[0], rng) }}, true
	case "beta":
		return operator{2, 2, func(a []float64) (float64, error) {
			return a[0] / (a[0] + a[1]), positive(op, a, "alpha", "beta")
		}, func(a []float64, rng *rand.Rand) float64 {
			x, y := gammaSample(a[0], rng), gammaSample(a[1], rng)
			if x+y == 0 { // both shapes so small that the draws underflow: all mass is at the ends
				return math.Round(rng.Float64())
			}
			return x / (x + y)
		}}, true
	case "histogram":
		return operator{3, -1, histogramMean, histogramSample}, true
	}
	return operator{}, false
}

func positive(op string, a []float64, names ...string) error {
	for i, name := range names {
		if !(a[i] > 0) {
			return fmt.Errorf("%s: %s is %g, must be above 0", op, name, a[i])
		}
	}
	return nil
}

// lognormal returns mu and sigma of the logarithm, from (mu, sigma) or from (mean, error factor, level): the error factor
// is the quantile of that level over the median, so sigma = ln(factor)/z(level) and mu = ln(mean) - sigma^2/2.
func lognormal(a []float64) (mu, sigma float64, err error) {
	if len(a) == 2 {
		return a[0], a[1], positive("lognormal", a[1:], "sigma")
	}
	mean, factor, level := a[0], a[1], a[2]
	switch {
	case !(mean > 0):
		return 0, 0, fmt.Errorf("lognormal: the mean is %g, must be above 0", mean)
	case !(factor >= 1):
		return 0, 0, fmt.Errorf("lognormal: the error factor is %g, must be at least 1", factor)
	case !(level > 0.5 && level < 1):
		return 0, 0, fmt.Errorf("lognormal: the level is %g, must be above 0.5 and below 1", level)
	}
	sigma = math.Log(factor) / (math.Sqrt2 * math.Erfinv(2*level-1))
	return math.Log(mean) - sigma*sigma/2, sigma, nil
}

// gammaSample draws from the gamma distribution with scale 1 (Marsaglia and Tsang 2000).
func gammaSample(shape float64, rng *rand.Rand) float64 {
	if shape < 1 {
		return gammaSample(shape+1, rng) * math.Pow(1-rng.Float64(), 1/shape)
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := rng.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-rng.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

// A histogram has bounds b0 < b1 < ... and between them weights w1, w2, ...: arguments b0, b1, w1, b2, w2, ...

func histogramMean(a []float64) (float64, error) {
	if len(a)%2 == 0 {
		return 0, errors.New("histogram: needs one lower bound and then pairs of upper bound and weight")
	}
	sum, total, low := 0.0, 0.0, a[0]
	for i := 1; i < len(a); i += 2 {
		high, weight := a[i], a[i+1]
		if !(high > low) {
			return 0, fmt.Errorf("histogram: the bound %g does not lie above %g", high, low)
		}
		if !(weight >= 0) {
			return 0, fmt.Errorf("histogram: the weight %g is below 0", weight)
		}
		sum += weight * (low + high) / 2
		total += weight
		low = high
	}
	if total == 0 {
		return 0, errors.New("histogram: all weights are 0")
	}
	return sum / total, nil
}

func histogramSample(a []float64, rng *rand.Rand) float64 {
	total := 0.0
	for i := 2; i < len(a); i += 2 {
		total += a[i]
	}
	u := rng.Float64() * total
	low, last := a[0], a[0]
	for i := 1; i < len(a); i += 2 {
		high, weight := a[i], a[i+1]
		if weight > 0 && u < weight {
			return low + (high-low)*u/weight
		}
		if weight > 0 {
			last = high
		}
		u -= weight
		low = high
	}
	return last // rounding left u at the very end
}
