package export

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/gguf"
	"github.com/jamba-threat/jamba/lib/internal/modelfile"
	"github.com/jamba-threat/jamba/lib/metrics"
	"github.com/jamba-threat/jamba/lib/model"
)

// Source is a trained detector, as package threat has it.
type Source struct {
	Info Info

	Layout         *model.Layout
	Weights, Stats []float32 // as the layout describes them
	Features       *features.Fitted
	Schema         data.Schema // for rows to predict on

	Classes      []string
	Threshold    float64             // on the calibrated probability
	Calibrator   *metrics.Calibrator // nil: none
	SeenFamilies []string            // nil: not known

	Report *metrics.Report // of the training run; nil: none
	// ReportSHA256 is the digest of the file report.json, 64 hexadecimal digits; "" without one.
	ReportSHA256 string
}

// Info describes the model to people. Only Name is filled in when it is empty.
type Info struct {
	Name, Version, Description, License string
	Tags                                []string
}

// defaultName is the name of a model that was given none. It does not come from a path, so that a model has the same bytes
// wherever it is written.
const defaultName = "jamba-threat"

// model turns the source into what the file holds.
func (s *Source) model() (*modelfile.Model, error) {
	if s.Layout == nil || s.Features == nil {
		return nil, fmt.Errorf("the source has no layout or no features")
	}
	c := s.Layout.Config
	m := &modelfile.Model{
		Network: modelfile.Network{
			Embedding: c.Embedding, Precision: c.Precision, Width: c.TokenWidth, Heads: c.Heads, Blocks: c.AttentionBlocks(),
			FFN: c.FFN, Epsilon: model.NormEpsilon, NormEpsilon: model.NormEpsilon, Widths: c.LayerWidths(),
			Members: c.Members, MemberLayer: c.MemberLayer, Outputs: c.Outputs,
		},
		Schema: s.Schema, Features: s.Features, Classes: s.Classes, Threshold: s.Threshold, Calibrator: s.Calibrator,
		SeenFamilies: s.SeenFamilies, Report: s.report(), Weights: map[string][]float32{},
	}
	for _, part := range []struct {
		params []model.Param
		values []float32
		want   int
	}{{s.Layout.Weights, s.Weights, s.Layout.NWeights}, {s.Layout.Stats, s.Stats, s.Layout.NStats}} {
		if len(part.values) != part.want {
			return nil, fmt.Errorf("%d numbers, the layout has %d", len(part.values), part.want)
		}
		for _, p := range part.params {
			m.Weights[tensorName(p.Name)] = part.values[p.Offset : p.Offset+p.Size]
		}
	}
	m.Info = s.Info.complete(m)
	return m, nil
}

// tensorName is the name in the file of a parameter of package model.
func tensorName(param string) string {
	switch param {
	case "token.numeric.weight":
		return modelfile.NumericWeight
	case "token.numeric.frequency":
		return modelfile.NumericFrequency
	case "token.numeric.bias":
		return modelfile.NumericBias
	case "token.numeric.missing":
		return modelfile.NumericMissing
	case "token.category.weight":
		return modelfile.CategoryTable
	case "head.weight":
		return modelfile.OutputWeight
	case "head.bias":
		return modelfile.OutputBias
	}
	rest, ok := strings.CutPrefix(param, "layer.")
	number, part, _ := strings.Cut(rest, ".")
	layer, err := strconv.Atoi(number)
	if !ok || err != nil {
		return param // the attention blocks have the same names on both sides
	}
	switch part {
	case "linear.weight", "linear.bias":
		part = strings.TrimPrefix(part, "linear.")
	case "member_in.weight", "member_out.weight":
		part = strings.TrimSuffix(part, ".weight")
	case "member_out.bias":
		part = "member_bias"
	}
	return modelfile.Tower(layer, part)
}

// report takes the headlines of the report.
func (s *Source) report() modelfile.Report {
	r := modelfile.Report{SHA256: s.ReportSHA256}
	if s.Report == nil {
		return r
	}
	for _, name := range metrics.Names() {
		if v, err := s.Report.Metrics.Get(name); err == nil && v == v {
			r.Names, r.Values = append(r.Names, name), append(r.Values, v)
		}
	}
	return r
}

func (i Info) complete(m *modelfile.Model) modelfile.Info {
	if i.Name == "" {
		i.Name = defaultName
	}
	weights := 0
	for _, v := range m.Weights {
		weights += len(v)
	}
	return modelfile.Info{Name: i.Name, BaseName: BaseName(i.Name), Version: i.Version, Description: i.Description,
		License: i.License, SizeLabel: gguf.SizeLabel(uint64(weights)), Tags: i.Tags}
}

var notInFileNames = regexp.MustCompile(`[^A-Za-z0-9]+`)

// BaseName makes a name fit the naming rule of GGUF files: letters, digits and hyphens.
func BaseName(name string) string {
	if s := strings.Trim(notInFileNames.ReplaceAllString(name, "-"), "-"); s != "" {
		return s
	}
	return "model"
}

// FileName returns the name that the naming rule of GGUF gives a file: <base name>-<size>-v<version>-<ENCODING>.gguf.
func FileName(info Info, weights uint64, mix Mix) (string, error) {
	if info.Name == "" {
		info.Name = defaultName
	}
	return gguf.FileName(BaseName(info.Name), gguf.SizeLabel(weights), "", info.Version, mix.Encoding())
}
