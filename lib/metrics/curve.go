package metrics

import (
	"fmt"
	"math"
)

// ROCCurve is the receiver operating characteristic: one point per threshold, thresholds falling.
// The first point is (0, 0) with threshold +Inf: nothing is flagged.
type ROCCurve struct {
	FPR       []float64 // NaN throughout without negatives
	TPR       []float64 // NaN throughout without positives
	Threshold []float64
}

// PRCurve is precision against recall, thresholds rising, so recall falls from 1. The last point is precision 1, recall 0 and
// has no threshold: len(Threshold) is one less. Without positives recall is 1 throughout (but for the last point).
type PRCurve struct {
	Precision []float64
	Recall    []float64
	Threshold []float64
}

// counts returns the rows flagged at each distinct score, falling.
func (r *Ranking) counts() (tp, fp, threshold []float64) {
	n := len(r.groups)
	tp, fp, threshold = make([]float64, n), make([]float64, n), make([]float64, n)
	var t, f int
	for i, g := range r.groups {
		t += int(g.pos)
		f += int(g.neg)
		tp[i], fp[i], threshold[i] = float64(t), float64(f), g.score
	}
	return tp, fp, threshold
}

// ROC returns the curve. dropIntermediate leaves out points on a straight line between their neighbours, which changes
// neither the drawing nor the area and makes a curve of a million scores small.
// Source: as scikit-learn's roc_curve.
func (r *Ranking) ROC(dropIntermediate bool) ROCCurve {
	tp, fp, threshold := r.counts()
	n := len(tp)
	c := ROCCurve{FPR: []float64{0}, TPR: []float64{0}, Threshold: []float64{math.Inf(1)}}
	for i := range tp {
		// A point is a corner when the step to it differs from the step after it.
		if dropIntermediate && i > 0 && i < n-1 &&
			tp[i]-tp[i-1] == tp[i+1]-tp[i] && fp[i]-fp[i-1] == fp[i+1]-fp[i] {
			continue
		}
		c.FPR = append(c.FPR, fp[i])
		c.TPR = append(c.TPR, tp[i])
		c.Threshold = append(c.Threshold, threshold[i])
	}
	scale(c.FPR, r.neg)
	scale(c.TPR, r.pos)
	return c
}

// scale divides by a class's rows; 0/0 makes the whole curve NaN, including its start.
func scale(v []float64, rows int) {
	for i := range v {
		v[i] /= float64(rows)
		if rows == 0 {
			v[i] = math.NaN()
		}
	}
}

// PR returns the curve. dropIntermediate leaves out points where the recall is that of both neighbours.
// Source: as scikit-learn's precision_recall_curve.
func (r *Ranking) PR(dropIntermediate bool) PRCurve {
	tp, fp, threshold := r.counts()
	n := len(tp)
	var c PRCurve
	for i := n - 1; i >= 0; i-- {
		if dropIntermediate && i > 0 && i < n-1 && tp[i] == tp[i-1] && tp[i] == tp[i+1] {
			continue
		}
		recall := 1.0
		if r.pos > 0 {
			recall = tp[i] / float64(r.pos)
		}
		c.Precision = append(c.Precision, ratio(tp[i], tp[i]+fp[i]))
		c.Recall = append(c.Recall, recall)
		c.Threshold = append(c.Threshold, threshold[i])
	}
	c.Precision = append(c.Precision, 1)
	c.Recall = append(c.Recall, 0)
	return c
}

// ROCAUC is the area under the ROC curve: the probability that a positive scores above a negative, ties counting half.
// It is computed in whole numbers and rounded once. With one class it is NaN and ErrOneClass.
func (r *Ranking) ROCAUC() (float64, error) {
	return areaUnder(r.groups, nil), r.oneClass("roc auc")
}

// AveragePrecision is the sum over thresholds of precision times the gain in recall: the area under the precision-recall
// curve as steps, without the optimistic interpolation of trapezoids. Without positives it is 0 and ErrOneClass.
func (r *Ranking) AveragePrecision() (float64, error) {
	if r.pos == 0 {
		return 0, r.oneClass("average precision")
	}
	return averagePrecision(r.groups, nil), nil
}

// PartialROCAUC is the area under the ROC curve up to a false-positive rate in (0, 1], standardised so that chance gives 0.5 and
// a perfect ranking 1. With one class it is NaN and ErrOneClass.
// Source: D. K. McClish, "Analyzing a portion of the ROC curve", Medical Decision Making 9 (1989); as scikit-learn's max_fpr.
func (r *Ranking) PartialROCAUC(maxFPR float64) (float64, error) {
	if !(maxFPR > 0 && maxFPR <= 1) {
		return math.NaN(), fmt.Errorf("metrics: partial roc auc: %w: false-positive rate %v, want above 0 and at most 1", ErrInput, maxFPR)
	}
	if err := r.oneClass("partial roc auc"); err != nil || maxFPR == 1 {
		return areaUnder(r.groups, nil), err
	}
	var area, x, y float64
	var tp, fp int
	for _, g := range r.groups {
		tp += int(g.pos)
		fp += int(g.neg)
		x2, y2 := float64(fp)/float64(r.neg), float64(tp)/float64(r.pos)
		if x2 > maxFPR {
			cut := y + (y2-y)*(maxFPR-x)/(x2-x)
			area += (maxFPR - x) * (y + cut) / 2
			break
		}
		area += (x2 - x) * (y + y2) / 2
		x, y = x2, y2
	}
	least := maxFPR * maxFPR / 2
	return 0.5 * (1 + (area-least)/(maxFPR-least)), nil
}

// KS is the Kolmogorov-Smirnov distance between the scores of positives and negatives, 0..1: the largest gap between TPR and FPR
// in either direction. With one class it is NaN and ErrOneClass.
func (r *Ranking) KS() (float64, error) {
	if err := r.oneClass("ks"); err != nil {
		return math.NaN(), err
	}
	var gap float64
	var tp, fp int
	for _, g := range r.groups {
		tp += int(g.pos)
		fp += int(g.neg)
		gap = max(gap, math.Abs(float64(tp)/float64(r.pos)-float64(fp)/float64(r.neg)))
	}
	return gap, nil
}

// areaUnder computes the ROC AUC of the groups, or of a resample that holds weight[2g] positives and weight[2g+1] negatives
// of group g. NaN with one class.
func areaUnder(groups []group, weight []uint32) float64 {
	// Twice the area in units of one positive times one negative; 2^31 rows give at most 2^61.
	var area, tp, fp uint64
	for i := range groups {
		p, n := members(groups, weight, i)
		area += n * (2*tp + p)
		tp += p
		fp += n
	}
	if tp == 0 || fp == 0 {
		return math.NaN()
	}
	return float64(area) / (2 * float64(tp) * float64(fp))
}

// averagePrecision is the step-wise sum over the groups or a resample of them; 0 without positives.
func averagePrecision(groups []group, weight []uint32) float64 {
	var sum float64
	var tp, fp uint64
	for i := range groups {
		p, n := members(groups, weight, i)
		tp += p
		fp += n
		if p > 0 {
			sum += float64(p) * (float64(tp) / float64(tp+fp))
		}
	}
	return ratio(sum, float64(tp))
}

func members(groups []group, weight []uint32, i int) (pos, neg uint64) {
	if weight != nil {
		return uint64(weight[2*i]), uint64(weight[2*i+1])
	}
	return uint64(groups[i].pos), uint64(groups[i].neg)
}

// ROCAUC ranks and returns Ranking.ROCAUC; use Rank when more than one metric is wanted.
func ROCAUC(score []float64, label []int32) (float64, error) {
	r, err := Rank(score, label)
	if err != nil {
		return math.NaN(), err
	}
	return r.ROCAUC()
}

// AveragePrecision ranks and returns Ranking.AveragePrecision; use Rank when more than one metric is wanted.
func AveragePrecision(score []float64, label []int32) (float64, error) {
	r, err := Rank(score, label)
	if err != nil {
		return math.NaN(), err
	}
	return r.AveragePrecision()
}
