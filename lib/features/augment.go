package features

import (
	"errors"
	"fmt"
)

// Augment says how training rows are varied, afresh in every step. The training graph applies it; validation, test and
// production rows are never touched, and Fit and Transform know nothing of it. The zero value varies nothing.
type Augment struct {
	// Noise is the standard deviation of the Gaussian noise added to scaled numeric values, 0 or more.
	Noise float64 `json:"noise"`
	// Mask is the share of numeric and categorical values that are hidden as if missing, 0 <= Mask < 1.
	Mask float64 `json:"mask"`
	// Unknown is the share of categories that are replaced by <unk>, 0 <= Unknown < 1. Without it the embedding of
	// unseen categories would keep its random initial value.
	Unknown float64 `json:"unknown"`
}

// DefaultAugment hides one category in a hundred and leaves the rest as it is.
func DefaultAugment() Augment { return Augment{Unknown: 0.01} }

// Validate reports every field that is out of its range, in one error.
func (a Augment) Validate() error {
	var problems []error
	if !(a.Noise >= 0 && float32Range(a.Noise)) {
		problems = append(problems, fmt.Errorf("features: augment: noise is %v, want a finite standard deviation of 0 or more", a.Noise))
	}
	if !(a.Mask >= 0 && a.Mask < 1) {
		problems = append(problems, fmt.Errorf("features: augment: mask is %v, want a share of 0 or more and below 1", a.Mask))
	}
	if !(a.Unknown >= 0 && a.Unknown < 1) {
		problems = append(problems, fmt.Errorf("features: augment: unknown is %v, want a share of 0 or more and below 1", a.Unknown))
	}
	return errors.Join(problems...)
}
