package metrics

import (
	"fmt"
	"math"
)

// A threshold is chosen on validation rows, never on test rows. It always lies halfway between two distinct scores, the
// lowest that is flagged and the highest that is not, so that no row that decided the choice sits on the edge, where the
// rounding of another engine could tip it over. Rows with equal scores are flagged together. When nothing is to be
// flagged the threshold is the next number above the highest score; when everything is, it is the lowest score.

// BestF1 returns the threshold with the largest F1 on these rows; of equal ones the highest. Without positives F1 is 0
// everywhere: ErrOneClass. Without negatives everything is flagged.
func (r *Ranking) BestF1() (float64, error) { return r.BestFBeta(1) }

// BestFBeta is BestF1 for F-beta: a beta above 1 weighs recall more than precision. beta must be finite and above 0.
func (r *Ranking) BestFBeta(beta float64) (float64, error) {
	if !(beta > 0) || math.IsInf(beta, 1) {
		return math.NaN(), fmt.Errorf("metrics: best f-beta: %w: beta %v, want a finite number above 0", ErrInput, beta)
	}
	if r.pos == 0 {
		return math.NaN(), r.oneClass("best f-beta")
	}
	return r.best(func(c Confusion) float64 { return c.FBeta(beta) }), nil
}

// AtFPR returns the lowest threshold whose false-positive rate on these rows is at most target (0..1), which is the
// one with the largest recall under that limit: the budget of false alarms is spent even when all positives of these rows are
// caught sooner, because new attacks score lower than known ones. Ties that would exceed the budget stay unflagged. Without
// negatives there is no rate: ErrOneClass. Positives are not needed.
func (r *Ranking) AtFPR(target float64) (float64, error) {
	if !(target >= 0 && target <= 1) {
		return math.NaN(), fmt.Errorf("metrics: at fpr: %w: false-positive rate %v, want 0..1", ErrInput, target)
	}
	if r.neg == 0 {
		return math.NaN(), r.oneClass("at fpr")
	}
	n, fp := 0, 0
	for _, g := range r.groups {
		fp += int(g.neg)
		if float64(fp)/float64(r.neg) > target {
			break
		}
		n++
	}
	return r.below(n), nil
}

// MinCost returns the threshold with the smallest total cost on these rows, where a false positive and a false negative
// cost this much each; of equal ones the highest. Costs must be finite, not negative, and not both 0. One class is
// fine: with positives alone everything is flagged (unless costFN is 0), with negatives alone nothing.
func (r *Ranking) MinCost(costFP, costFN float64) (float64, error) {
	if !(costFP >= 0 && costFN >= 0 && costFP+costFN > 0) || math.IsInf(costFP+costFN, 1) {
		return math.NaN(), fmt.Errorf("metrics: min cost: %w: costs %v and %v, want finite, not negative, not both 0", ErrInput, costFP, costFN)
	}
	return r.best(func(c Confusion) float64 { return -(costFP*float64(c.FP) + costFN*float64(c.FN)) }), nil
}

// best returns the highest threshold that maximises value.
func (r *Ranking) best(value func(Confusion) float64) float64 {
	c := Confusion{TN: r.neg, FN: r.pos}
	bestN, most := 0, value(c)
	for i, g := range r.groups {
		p, n := int(g.pos), int(g.neg)
		c.TP, c.FN, c.FP, c.TN = c.TP+p, c.FN-p, c.FP+n, c.TN-n
		if v := value(c); v > most {
			bestN, most = i+1, v
		}
	}
	return r.below(bestN)
}

// below returns the threshold that flags exactly the first n groups.
func (r *Ranking) below(n int) float64 {
	switch n {
	case 0:
		return math.Nextafter(r.groups[0].score, math.Inf(1))
	case len(r.groups):
		return r.groups[n-1].score
	}
	high, low := r.groups[n-1].score, r.groups[n].score
	if mid := low/2 + high/2; mid > low && mid <= high {
		return mid
	}
	return high // neighbouring floats have nothing between them
}

// BestF1 ranks and returns Ranking.BestF1.
func BestF1(score []float64, label []int32) (float64, error) {
	r, err := Rank(score, label)
	if err != nil {
		return math.NaN(), err
	}
	return r.BestF1()
}

// AtFPR ranks and returns Ranking.AtFPR.
func AtFPR(score []float64, label []int32, target float64) (float64, error) {
	r, err := Rank(score, label)
	if err != nil {
		return math.NaN(), err
	}
	return r.AtFPR(target)
}

// MinCost ranks and returns Ranking.MinCost.
func MinCost(score []float64, label []int32, costFP, costFN float64) (float64, error) {
	r, err := Rank(score, label)
	if err != nil {
		return math.NaN(), err
	}
	return r.MinCost(costFP, costFN)
}
