package train

import (
	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/model"
)

// Codes that features.Matrix gives to categories outside its dictionary and to absent ones.
const (
	codeUnknown = 0
	codeMissing = 1
)

// augment varies the rows of a training batch as the configuration says.
func augment(in model.Inputs, a features.Augment, random *model.Random) model.Inputs {
	if x := in.Numeric; x != nil {
		g, dims := x.Graph(), x.Shape().Dimensions
		if a.Noise > 0 {
			x = Add(x, MulScalar(random.Normal(dims...), a.Noise)) // NaN stays NaN
		}
		if a.Mask > 0 {
			hidden := random.Below(Const(g, float32(a.Mask)), dims...)
			nan := Div(ScalarZero(g, dtypes.Float32), ScalarZero(g, dtypes.Float32))
			x = Where(hidden, BroadcastToDims(nan, dims...), x)
		}
		in.Numeric = x
	}
	if c := in.Categorical; c != nil {
		g, dims := c.Graph(), c.Shape().Dimensions
		replace := func(share float64, code int32) {
			if share > 0 {
				hidden := random.Below(Const(g, float32(share)), dims...)
				c = Where(hidden, BroadcastToDims(Const(g, code), dims...), c)
			}
		}
		replace(a.Mask, codeMissing)
		replace(a.Unknown, codeUnknown)
		in.Categorical = c
	}
	return in
}
