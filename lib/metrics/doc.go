// Package metrics measures detectors: numbers in, numbers out.
//
// A score is a float64 where higher means more of a threat, a label an int32: 1 threat (positive), 0 benign (negative). A
// row is flagged when score >= threshold. Ranking metrics (ROC AUC, average precision, threshold choice) take any
// finite score; those about probabilities (Brier, log loss, calibration) want 0..1.
//
// Rank sorts the scores once and every ranking metric reads that order, so a report costs one sort. Evaluate computes the
// whole report with bootstrap intervals and recall by attack family; EvaluateClasses does so for more than two classes.
//
// Where a metric is undefined the package does what scikit-learn 1.7 does: ROC AUC with one class is NaN, average precision
// without positives is 0, precision without flagged rows, recall without positives and F1 without either are 0. Functions
// that have no sensible value then also return ErrOneClass. In JSON an undefined metric is null.
//
// Nothing here panics, prints, keeps state or depends on the number of CPUs.
package metrics

import (
	"errors"
	"fmt"
	"math"
)

// Reasons for which input is refused; test with errors.Is.
var (
	// ErrOneClass: the metric compares positives with negatives and one of them is absent.
	ErrOneClass = errors.New("only one class in the labels")
	// ErrInput: no rows, lengths that differ, a label or score that is not allowed. The message names the row.
	ErrInput = errors.New("bad input")
)

// check refuses what no binary metric can use.
func check(score []float64, label []int32) error {
	if len(score) != len(label) {
		return fmt.Errorf("metrics: %w: %d scores for %d labels", ErrInput, len(score), len(label))
	}
	if len(score) == 0 {
		return fmt.Errorf("metrics: %w: no rows", ErrInput)
	}
	if len(score) > math.MaxInt32 {
		return fmt.Errorf("metrics: %w: %d rows, at most %d are supported", ErrInput, len(score), math.MaxInt32)
	}
	for i, y := range label {
		if y != 0 && y != 1 {
			return fmt.Errorf("metrics: %w: label %d in row %d, want 0 or 1", ErrInput, y, i)
		}
		// One comparison finds NaN and both infinities: their difference from themselves is NaN.
		if s := score[i]; s-s != 0 {
			return fmt.Errorf("metrics: %w: score %v in row %d, want a finite number", ErrInput, s, i)
		}
	}
	return nil
}

// checkProb refuses scores outside 0..1.
func checkProb(prob []float64) error {
	for i, p := range prob {
		if !(p >= 0 && p <= 1) {
			return fmt.Errorf("metrics: %w: %v in row %d is not a probability in 0..1", ErrInput, p, i)
		}
	}
	return nil
}

// ratio is a/b, and 0 where b is 0: scikit-learn's zero_division default.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
