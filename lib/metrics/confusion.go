package metrics

import "math"

// Confusion counts rows by label and decision. Its metrics are ratios in 0..1 (MCC -1..1); 0 where a denominator is 0,
// as scikit-learn's zero_division default, except where noted.
type Confusion struct {
	TN int `json:"tn"`
	FP int `json:"fp"`
	FN int `json:"fn"`
	TP int `json:"tp"`
}

// Confuse counts rows with score >= threshold as flagged. Errors as Rank.
func Confuse(score []float64, label []int32, threshold float64) (Confusion, error) {
	var c Confusion
	if err := check(score, label); err != nil {
		return c, err
	}
	for i, s := range score {
		switch flagged := s >= threshold; {
		case flagged && label[i] == 1:
			c.TP++
		case flagged:
			c.FP++
		case label[i] == 1:
			c.FN++
		default:
			c.TN++
		}
	}
	return c, nil
}

// Rows returns the number of rows.
func (c Confusion) Rows() int { return c.TN + c.FP + c.FN + c.TP }

// Accuracy is the share of rows decided rightly.
func (c Confusion) Accuracy() float64 { return ratio(float64(c.TP+c.TN), float64(c.Rows())) }

// BalancedAccuracy is the mean recall of the classes that have rows.
func (c Confusion) BalancedAccuracy() float64 {
	switch {
	case c.TP+c.FN == 0:
		return c.Specificity()
	case c.TN+c.FP == 0:
		return c.Recall()
	}
	return (c.Recall() + c.Specificity()) / 2
}

// Precision is the share of flagged rows that are positive.
func (c Confusion) Precision() float64 { return ratio(float64(c.TP), float64(c.TP+c.FP)) }

// Recall is the share of positives that are flagged, also called detection rate or true-positive rate.
func (c Confusion) Recall() float64 { return ratio(float64(c.TP), float64(c.TP+c.FN)) }

// Specificity is the share of negatives that are not flagged.
func (c Confusion) Specificity() float64 { return ratio(float64(c.TN), float64(c.TN+c.FP)) }

// FPR is the false-positive rate: the share of negatives that are flagged. NaN without negatives, since 0 would claim
// that there are no false alarms.
func (c Confusion) FPR() float64 {
	if c.TN+c.FP == 0 {
		return math.NaN()
	}
	return float64(c.FP) / float64(c.TN+c.FP)
}

// F1 is the harmonic mean of precision and recall.
func (c Confusion) F1() float64 { return c.FBeta(1) }

// FBeta is the weighted harmonic mean of precision and recall in which recall counts beta times as much. beta must be
// finite and >= 0; otherwise the result is NaN.
func (c Confusion) FBeta(beta float64) float64 {
	if !(beta >= 0) || math.IsInf(beta, 1) {
		return math.NaN()
	}
	b := beta * beta
	return ratio((1+b)*float64(c.TP), (1+b)*float64(c.TP)+b*float64(c.FN)+float64(c.FP))
}

// MCC is Matthews' correlation coefficient between label and decision, -1..1.
func (c Confusion) MCC() float64 {
	tn, fp, fn, tp := float64(c.TN), float64(c.FP), float64(c.FN), float64(c.TP)
	// Two square roots of two factors each keep the product in range.
	return ratio(tp*tn-fp*fn, math.Sqrt((tp+fp)*(tn+fn))*math.Sqrt((tp+fn)*(tn+fp)))
}
