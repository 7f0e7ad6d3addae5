package features

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/jamba-threat/jamba/lib/data"
)

// Values of Derivation.Op.
const (
	OpLog         = "log"          // sign(c)*log(1+|c|)
	OpRatio       = "ratio"        // first column divided by the second
	OpRollingMean = "rolling-mean" // as in Rolling
)

// Derivation says how a derived feature comes from numeric columns of the table.
type Derivation struct {
	Op      string   `json:"op"`
	Columns []string `json:"columns"`
	Rows    int      `json:"rows,omitempty"`    // OpRollingMean
	Seconds float64  `json:"seconds,omitempty"` // OpRollingMean
	Grouped bool     `json:"grouped,omitempty"` // OpRollingMean: within the groups of the table
}

func (d *Derivation) validate() error {
	want := map[string]int{OpLog: 1, OpRatio: 2, OpRollingMean: 1}[d.Op]
	if want == 0 {
		return oneOf("op", d.Op, OpLog, OpRatio, OpRollingMean)
	}
	if len(d.Columns) != want {
		return fmt.Errorf("op %q has %d columns, want %d", d.Op, len(d.Columns), want)
	}
	if d.Op == OpRollingMean {
		return d.rolling().validate()
	}
	return nil
}

func (d *Derivation) rolling() Rolling {
	return Rolling{Column: d.Columns[0], Rows: d.Rows, Seconds: d.Seconds}
}

// name is the name of the derived feature.
func (d *Derivation) name() string {
	switch {
	case d.Op == OpLog:
		return "log(" + d.Columns[0] + ")"
	case d.Op == OpRatio:
		return d.Columns[0] + "/" + d.Columns[1]
	case d.Rows > 0:
		return "mean(" + d.Columns[0] + ", last " + strconv.Itoa(d.Rows) + " rows)"
	default:
		return "mean(" + d.Columns[0] + ", last " + strconv.FormatFloat(d.Seconds, 'g', -1, 64) + " s)"
	}
}

// derivations turns the configuration into definitions, in the order logs, ratios, rolling means.
func derivations(t *data.Table, d Derived) []Derivation {
	var out []Derivation
	if d.Logs {
		for i := range t.Columns {
			if c := &t.Columns[i]; c.Kind == data.Numeric && heavyTailed(c.Num) {
				out = append(out, Derivation{Op: OpLog, Columns: []string{c.Name}})
			}
		}
	}
	for _, r := range d.Ratios {
		out = append(out, Derivation{Op: OpRatio, Columns: []string{r[0], r[1]}})
	}
	for _, r := range d.Rolling {
		out = append(out, Derivation{Op: OpRollingMean, Columns: []string{r.Column}, Rows: r.Rows, Seconds: r.Seconds, Grouped: t.Group != nil})
	}
	return out
}

// heavyTailed reports whether the 99th percentile of the magnitudes is at least ten times the median of those that are
// not zero. A normal distribution has a factor of 4, an exponential one 7, a log-normal one of deviation 1 more than 10.
func heavyTailed(values []float32) bool {
	var size []float32
	for _, v := range values {
		if v != 0 && !isMissing(v) {
			size = append(size, float32(math.Abs(float64(v))))
		}
	}
	if len(size) == 0 {
		return false
	}
	slices.Sort(size)
	last := float64(len(size) - 1)
	return quantileAt(size, 0.99*last) >= 10*quantileAt(size, 0.5*last)
}

// plan is a compiled numeric feature: where its value comes from. a and b index the inputs of Fitted.RowInputs; b is
// used by OpRatio alone. Rolling means need the history of a row, so that they are inputs here and op is "".
type plan struct {
	op   string
	a, b int
}

func (p plan) value(a, b float32) float32 {
	switch p.op {
	case OpLog:
		x := float64(a)
		return float32(math.Copysign(math.Log1p(math.Abs(x)), x))
	case OpRatio:
		if b == 0 || isMissing(a) || isMissing(b) {
			return float32(math.NaN())
		}
		return float32(float64(a) / float64(b))
	default:
		return a
	}
}

// column returns rows lo..hi of the feature, in scratch when they have to be computed.
func (p plan) column(inputs [][]float32, lo, hi int, scratch []float32) []float32 {
	if p.op == "" {
		return inputs[p.a][lo:hi]
	}
	a, b := inputs[p.a][lo:hi], inputs[p.b][lo:hi]
	for i := range a {
		scratch[i] = p.value(a[i], b[i])
	}
	return scratch[:len(a)]
}
