package modelfile

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/metrics"
)

// ErrModel is wrapped by the errors about a model that does not hold together, in a file or on its way into one.
var ErrModel = errors.New("not a valid model")

// Model is everything that a detector is made of.
type Model struct {
	Info     Info
	Network  Network
	Schema   data.Schema      // for rows to predict on
	Features *features.Fitted // what turns rows into the network's input

	Classes    []string            // binary detectors have two
	Threshold  float64             // on the calibrated probability, 0..1
	Calibrator *metrics.Calibrator // nil: none
	// SeenFamilies are the attack families of the training rows; nil: not known.
	SeenFamilies []string
	Report       Report
	// Weights holds the values of every tensor that Tensors lists, by name, row-major.
	Weights map[string][]float32
}

// Info describes the model to people. Empty fields are left out of the file.
type Info struct {
	Name, BaseName, Version, Description, License, SizeLabel string
	Tags                                                     []string
}

// Report ties the file to the evaluation of the training run. The zero value means that there is none.
type Report struct {
	SHA256 string // of the file report.json of the run, 64 hexadecimal digits
	// Headline metrics of that report, by their names there; undefined ones are absent.
	Names  []string
	Values []float64
}

// Embeddings of numeric features.
const (
	PiecewiseLinear = "piecewise-linear"
	Linear          = "linear"
	Periodic        = "periodic"
)

// Precisions of the matrix products in training.
const (
	Float32  = "float32"
	BFloat16 = "bfloat16"
)

// Frequencies is the number of trained frequencies of a numeric feature under Periodic.
const Frequencies = 16

// Network is the shape of the network, apart from what the features decide. Package model has the network itself.
type Network struct {
	Embedding   string
	Precision   string
	Width       int     // D, width of a token
	Heads       int     // attention heads, divides Width
	Blocks      int     // attention blocks, 0 is none
	FFN         int     // width of the gated feed-forward of a block
	Epsilon     float32 // of the layer norms of the blocks
	Widths      []int   // widths of the feature layers (the tower)
	NormEpsilon float32 // of the batch norms of the tower
	Members     int     // K, 1 is off
	MemberLayer int     // the feature layer, from 1, from which on members differ
	Outputs     int     // 1: one logit, else one per class
}

// validate bounds every number, so that nothing after it multiplies or allocates by an unchecked one. The bounds are those
// of model.Config. name gives the GGUF key of a field.
func (n *Network) validate() error {
	bound := func(key string, v, low, high int) error {
		if v < low || v > high {
			return badf("key %q is %d, must be %d..%d", key, v, low, high)
		}
		return nil
	}
	oneOf := func(key, v string, known ...string) error {
		if !slices.Contains(known, v) {
			return badf("key %q is %q, must be one of %s", key, v, strings.Join(known, ", "))
		}
		return nil
	}
	positive := func(key string, v float32) error {
		if !(v > 0 && v <= 1) {
			return badf("key %q is %v, must be above 0 and at most 1", key, v)
		}
		return nil
	}
	for _, err := range []error{
		oneOf(keyEmbedding, n.Embedding, PiecewiseLinear, Linear, Periodic),
		oneOf(keyPrecision, n.Precision, Float32, BFloat16),
		bound(keyWidth, n.Width, 1, 512), bound(keyHeads, n.Heads, 1, 64), bound(keyBlocks, n.Blocks, 0, 32),
		bound(keyFFN, n.FFN, 1, 4096), bound(keyMembers, n.Members, 1, 256), bound(keyOutputs, n.Outputs, 1, 100),
		positive(keyEpsilon, n.Epsilon), positive(keyTowerEpsilon, n.NormEpsilon),
	} {
		if err != nil {
			return err
		}
	}
	if n.Width%n.Heads != 0 {
		return badf("key %q is %d, which does not divide %q, %d", keyHeads, n.Heads, keyWidth, n.Width)
	}
	if len(n.Widths) < 1 || len(n.Widths) > 16 {
		return badf("key %q has %d widths, must be 1..16", keyTowerWidths, len(n.Widths))
	}
	for _, w := range n.Widths {
		if err := bound(keyTowerWidths, w, 1, 512); err != nil {
			return err
		}
	}
	return bound(keyMemberLayer, n.MemberLayer, 1, len(n.Widths))
}

// Validate reports the first thing that no training would produce.
func (m *Model) Validate() error {
	if err := m.Network.validate(); err != nil {
		return err
	}
	if m.Features == nil {
		return badf("there are no fitted features")
	}
	if err := m.validateSchema(); err != nil {
		return err
	}
	if err := m.validateDecision(); err != nil {
		return err
	}
	return m.validateWeights()
}

// validateSchema demands that the schema reads every column that the features need, as the kind they need.
func (m *Model) validateSchema() error {
	if err := m.Schema.Validate(); err != nil {
		return fmt.Errorf("modelfile: %w: key %q: %w", ErrModel, keySchema, err)
	}
	for _, c := range m.Features.Columns() {
		i := slices.IndexFunc(m.Schema.Columns, func(s data.ColumnSpec) bool { return s.Name == c.Name })
		switch {
		case i < 0:
			return badf("key %q has no column %q, which the features need", keySchema, c.Name)
		case m.Schema.Columns[i].Kind != c.Kind:
			return badf("key %q has column %q as %v, the features have it as %v", keySchema, c.Name, m.Schema.Columns[i].Kind, c.Kind)
		}
	}
	return nil
}

var hexDigest = regexp.MustCompile(`^[0-9a-f]{64}$`)

// validateDecision checks what turns the network's output into an answer.
func (m *Model) validateDecision() error {
	want := m.Network.Outputs
	if want == 1 {
		want = 2
	}
	if len(m.Classes) != want {
		return badf("key %q has %d names for %d outputs, must have %d", keyClasses, len(m.Classes), m.Network.Outputs, want)
	}
	for i, name := range m.Classes {
		if name == "" || slices.Contains(m.Classes[:i], name) {
			return badf("key %q has name %q, which is empty or repeated", keyClasses, name)
		}
	}
	// The smallest number above 1 is what package metrics chooses where even a probability of 1 would flag too much.
	if !(m.Threshold >= 0 && m.Threshold <= math.Nextafter(1, 2)) {
		return badf("key %q is %v, must be 0..1", keyThreshold, m.Threshold)
	}
	if m.Calibrator != nil {
		if err := m.Calibrator.Validate(); err != nil {
			return fmt.Errorf("modelfile: %w: key %q: %w", ErrModel, keyCalibration, err)
		}
	}
	if r := m.Report; r.SHA256 != "" && !hexDigest.MatchString(r.SHA256) {
		return badf("key %q is %q, must be 64 hexadecimal digits", keyReportDigest, r.SHA256)
	}
	if len(m.Report.Names) != len(m.Report.Values) {
		return badf("key %q has %d values for the %d names of %q", keyReportValues, len(m.Report.Values), len(m.Report.Names), keyReportNames)
	}
	return nil
}

// badf makes an error about the content of a model.
func badf(format string, args ...any) error {
	return fmt.Errorf("modelfile: %w: "+format, append([]any{ErrModel}, args...)...)
}
