package score

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/internal/modelfile"
	"github.com/jamba-threat/jamba/lib/internal/simd"
	"github.com/jamba-threat/jamba/lib/metrics"
)

// Model is an opened model file. It does not change and may be used by many goroutines at once.
type Model struct {
	info       Info
	schema     data.Schema
	features   *features.Fitted
	spec       features.Spec
	classes    []string
	threshold  float64
	calibrator *metrics.Calibrator
	benign     int // class that means no threat, -1 when no name says so
	// independent outputs are not classes of one distribution: each says how likely its own kind of threat is.
	independent bool
	complete    bool // rows must have every value

	inputs  Inputs
	codes   []map[string]int32 // per categorical input
	absence []absence          // per numeric feature
	missing map[string]bool    // words of the schema that mean "no value"

	net  network
	pool sync.Pool // of *scratch
}

// network computes from scaled values and codes what the members or outputs agree on. It may be used by many goroutines,
// each with its own scratch.
type network interface {
	outputs() int
	batch() int // the largest number of rows of run
	newScratch() *scratch
	// run writes one log-odds per row, or one probability per row and output: numeric [rows, Fn] with NaN where missing,
	// codes [rows, Fc].
	run(s *scratch, out []float64, numeric []float32, codes []int32, rows int) error
}

// Info describes a model.
type Info struct {
	Name, Version, Description, License string

	Parameters int    // weights of the network
	Encoding   string // how they are stored: "q4_k_m", "f32", ...
	ISA        string // the instruction set in use
	// ReportSHA256 is the digest of the training run's report.json, "" when the run had none; Metrics are its headlines.
	ReportSHA256 string
	Metrics      map[string]float64
	// SeenFamilies are the attack families of the training rows; nil when they are not known.
	SeenFamilies []string
}

// Inputs are the names of what a row consists of.
type Inputs struct {
	Numeric     []string // columns, then rolling means, for which a single row has no past: give NaN where it is not known
	Categorical []string
}

// newModel puts together what does not depend on the kind of network.
func newModel(net network, schema data.Schema, fitted *features.Fitted, classes []string) *Model {
	m := &Model{schema: schema, features: fitted, spec: fitted.Spec(), classes: classes, net: net,
		benign: schema.Benign(classes), missing: map[string]bool{}}
	for _, word := range schema.Missing {
		m.missing[word] = true
	}
	m.inputs.Numeric, m.inputs.Categorical = fitted.RowInputs()
	state := fitted.State()
	for _, c := range state.Categorical {
		codes := make(map[string]int32, len(c.Categories)+1)
		codes[""] = features.CodeMissing
		for i, name := range c.Categories {
			codes[name] = features.CodeMissing + 1 + int32(i)
		}
		m.codes = append(m.codes, codes)
	}
	for i := range state.Numeric {
		m.absence = append(m.absence, newAbsence(&state.Numeric[i], m.inputs.Numeric))
	}
	m.pool.New = func() any { return m.newScratch() }
	return m
}

// nativeModel makes a model of the network of this library.
func nativeModel(c *modelfile.Model, isa simd.ISA) (*Model, error) {
	k, err := simd.New(isa)
	if err != nil {
		return nil, err
	}
	m := newModel(newTransformer(k, c, c.Features.Spec()), c.Schema, c.Features, c.Classes)
	m.threshold, m.calibrator = c.Threshold, c.Calibrator
	m.info = Info{Name: c.Info.Name, Version: c.Info.Version, Description: c.Info.Description, License: c.Info.License,
		ISA: isa.String(), ReportSHA256: c.Report.SHA256, SeenFamilies: c.SeenFamilies}
	for i, name := range c.Report.Names {
		if m.info.Metrics == nil {
			m.info.Metrics = map[string]float64{}
		}
		m.info.Metrics[name] = c.Report.Values[i]
	}
	for _, values := range c.Weights {
		m.info.Parameters += len(values)
	}
	return m, nil
}

// Inputs returns the names of the values of a row, in the order of a Batch.
func (m *Model) Inputs() Inputs {
	return Inputs{slices.Clone(m.inputs.Numeric), slices.Clone(m.inputs.Categorical)}
}

// Outputs returns how many numbers PredictBatch writes for each row: 1 for a binary model, else one per class.
func (m *Model) Outputs() int { return m.net.outputs() }

// Threshold returns the probability from which a row is flagged.
func (m *Model) Threshold() float64 { return m.threshold }

// Classes returns the class names; binary models have two, the second one being the threat.
func (m *Model) Classes() []string { return slices.Clone(m.classes) }

// Schema returns the schema with which data.Read reads rows to predict on.
func (m *Model) Schema() data.Schema { return m.schema }

// Info returns what the file says about the model.
func (m *Model) Info() Info { return m.info }

// String describes the model in one line.
func (m *Model) String() string {
	return fmt.Sprintf("%s: detector of %s over %d features, %d weights as %s, threshold %.4g, computed by %s",
		m.info.Name, strings.Join(m.classes, "/"), len(m.spec.Numeric)+len(m.spec.Categorical), m.info.Parameters, m.info.Encoding, m.threshold, m.info.ISA)
}

// Code returns the code of a category of the categorical column for Batch.Categorical: CodeUnknown when training never saw it,
// CodeMissing for "". A column that is none of the model's categorical ones has only CodeUnknown.
func (m *Model) Code(column, category string) int32 {
	for i, name := range m.inputs.Categorical {
		if name == column {
			return m.codes[i][category]
		}
	}
	return CodeUnknown
}

// Codes that stand for no particular category.
const (
	CodeUnknown = features.CodeUnknown
	CodeMissing = features.CodeMissing
)
