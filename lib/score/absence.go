package score

import (
	"math"
	"slices"

	"github.com/jamba-threat/jamba/lib/features"
)

// absence decides whether a numeric feature of a row has a value, as features.Transform counts it: a derived feature is
// missing where its columns are, and a ratio where its divisor is zero too.
type absence struct {
	name  string
	never bool // no training row had a value, so that no value means anything
	op    string
	a, b  int // inputs; b of a ratio only
}

func newAbsence(n *features.NumericState, inputs []string) absence {
	x := absence{name: n.Name, never: n.Count == 0}
	at := func(name string) int { return slices.Index(inputs, name) }
	switch {
	case n.Derive == nil || n.Derive.Op == features.OpRollingMean:
		x.a = at(n.Name)
	default:
		x.op = n.Derive.Op
		x.a, x.b = at(n.Derive.Columns[0]), at(n.Derive.Columns[len(n.Derive.Columns)-1])
	}
	return x
}

// of reports whether the feature is missing in a row of inputs.
func (x *absence) of(inputs []float64) bool {
	a := float32(inputs[x.a])
	if x.never || !finite(a) {
		return true
	}
	if x.op != features.OpRatio {
		return false
	}
	b := float32(inputs[x.b])
	return b == 0 || !finite(b) || !finite(float32(float64(a)/float64(b)))
}

func finite(v float32) bool { return math.Abs(float64(v)) <= math.MaxFloat32 }
