package metrics

import (
	"fmt"
	"math"
)

// ECEBins is the number of bins of the expected calibration error.
const ECEBins = 15

// Brier is the mean squared difference between probability and label, 0..1, lower is better. Errors: ErrInput for what
// Rank refuses and for a score outside 0..1. Labels of one class are fine.
func Brier(prob []float64, label []int32) (float64, error) {
	if err := checkBoth(prob, label); err != nil {
		return math.NaN(), err
	}
	var sum float64
	for i, p := range prob {
		d := p - float64(label[i])
		sum += d * d
	}
	return sum / float64(len(prob)), nil
}

// LogLoss is the mean negative log-likelihood in nats, lower is better. Probabilities are kept 2^-52 away from 0 and 1, as
// scikit-learn does, so that one wrong certainty costs 36 and not infinity. Errors as Brier.
func LogLoss(prob []float64, label []int32) (float64, error) {
	if err := checkBoth(prob, label); err != nil {
		return math.NaN(), err
	}
	var sum float64
	for i, p := range prob {
		p = clip(p)
		if label[i] == 0 {
			p = 1 - p
		}
		sum -= math.Log(p)
	}
	return sum / float64(len(prob)), nil
}

// clip keeps a probability one epsilon away from 0 and 1.
func clip(p float64) float64 {
	const eps = 0x1p-52
	return min(max(p, eps), 1-eps)
}

// ReliabilityBin compares, over the rows whose probability lies in (Low, High], what was promised with what came true. The
// first bin includes 0.
type ReliabilityBin struct {
	Low, High float64
	Count     int
	Mean      float64 // mean probability; NaN in an empty bin
	Rate      float64 // share of positives; NaN in an empty bin
}

// Reliability sorts rows into bins of equal width over 0..1 by the probability of the positive class; empty bins are
// included. Errors as Brier, and ErrInput for fewer than one or more than a million bins.
// Source: bin edges as scikit-learn's calibration_curve(strategy="uniform").
func Reliability(prob []float64, label []int32, bins int) ([]ReliabilityBin, error) {
	if err := checkBoth(prob, label); err != nil {
		return nil, err
	}
	if bins < 1 || bins > 1e6 {
		return nil, fmt.Errorf("metrics: reliability: %w: %d bins, want 1 to a million", ErrInput, bins)
	}
	out := make([]ReliabilityBin, bins)
	for i, p := range prob {
		b := &out[binOf(p, bins)]
		b.Count++
		b.Mean += p
		b.Rate += float64(label[i])
	}
	for i := range out {
		b := &out[i]
		b.Low, b.High = edge(i, bins), edge(i+1, bins)
		b.Mean /= float64(b.Count) // 0/0 is NaN
		b.Rate /= float64(b.Count)
	}
	return out, nil
}

// ECE is the expected calibration error: the difference between mean probability and share of positives, averaged over
// the 15 bins of Reliability weighted by their rows; 0..1, lower is better. It is about the probability of a threat; the
// variant about the confidence in the predicted class differs. Errors as Brier.
// Source: M. P. Naeini, G. F. Cooper, M. Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning", AAAI 2015.
func ECE(prob []float64, label []int32) (float64, error) {
	bins, err := Reliability(prob, label, ECEBins)
	if err != nil {
		return math.NaN(), err
	}
	var sum float64
	for _, b := range bins {
		if b.Count > 0 {
			sum += math.Abs(b.Mean-b.Rate) * float64(b.Count)
		}
	}
	return sum / float64(len(prob)), nil
}

// edge is the lower edge of bin i, as numpy.linspace(0, 1, bins+1) rounds it.
func edge(i, bins int) float64 {
	if i == bins {
		return 1
	}
	return float64(i) * (1 / float64(bins))
}

// binOf returns the bin of a probability; an edge belongs to the bin below it.
func binOf(p float64, bins int) int {
	b := min(int(p*float64(bins)), bins-1)
	for b > 0 && p <= edge(b, bins) {
		b--
	}
	for b < bins-1 && p > edge(b+1, bins) {
		b++
	}
	return b
}

func checkBoth(prob []float64, label []int32) error {
	if err := check(prob, label); err != nil {
		return err
	}
	return checkProb(prob)
}
