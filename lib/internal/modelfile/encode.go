package modelfile

import (
	"encoding/json"
	"fmt"

	"github.com/jamba-threat/jamba/lib/gguf"
	"github.com/jamba-threat/jamba/lib/metrics"
)

// Tensor is one tensor before it gets its type in the file.
type Tensor struct {
	Shape
	Values []float32 // row-major
}

// Encode returns the key-values and tensors of a file, always in the same order for the same model. The keys that depend on
// the types of the tensors are FileKeys. A model that Validate refuses is an error.
func Encode(m *Model) ([]gguf.KV, []Tensor, error) {
	if err := m.Validate(); err != nil {
		return nil, nil, err
	}
	var kvs pairs
	m.Info.encode(&kvs)
	spec := m.Features.Spec()
	m.Network.encode(&kvs, len(spec.Numeric)+len(spec.Categorical))
	if err := m.encodeDecision(&kvs); err != nil {
		return nil, nil, err
	}
	if err := encodeFeatures(&kvs, m.Features.State()); err != nil {
		return nil, nil, err
	}
	var tensors []Tensor
	for _, s := range Tensors(m.Network, spec) {
		tensors = append(tensors, Tensor{s, m.Weights[s.Name]})
	}
	return kvs, tensors, nil
}

// FileKeys returns the keys about the types of the tensors. GGUF wants a quantisation version when any is quantised.
func FileKeys(fileType uint32, quantised bool) []gguf.KV {
	kvs := []gguf.KV{{Key: keyFileType, Value: fileType}}
	if quantised {
		kvs = append(kvs, gguf.KV{Key: keyQuantVersion, Value: uint32(2)})
	}
	return kvs
}

// pairs collects key-values.
type pairs []gguf.KV

func (p *pairs) add(key string, value any) { *p = append(*p, gguf.KV{Key: key, Value: value}) }

// text adds a text that is not empty.
func (p *pairs) text(key, value string) {
	if value != "" {
		p.add(key, value)
	}
}

// count adds a number that Validate has bounded.
func (p *pairs) count(key string, value int) { p.add(key, uint32(value)) }

// list adds an array that is not empty: GGUF readers disagree about empty ones.
func list[T any](p *pairs, key string, values []T) {
	if len(values) > 0 {
		p.add(key, values)
	}
}

// document adds a value as JSON.
func (p *pairs) document(key string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("modelfile: key %q: %w", key, err)
	}
	p.add(key, string(text))
	return nil
}

func (i *Info) encode(kvs *pairs) {
	kvs.add(keyArchitecture, Architecture)
	kvs.add(keyType, "model")
	kvs.text(keyName, i.Name)
	kvs.text(keyBaseName, i.BaseName)
	kvs.text(keyVersion, i.Version)
	kvs.text(keyDescription, i.Description)
	kvs.text(keyLicense, i.License)
	kvs.text(keySizeLabel, i.SizeLabel)
	list(kvs, keyTags, i.Tags)
}

func (n *Network) encode(kvs *pairs, tokens int) {
	kvs.add(keyVariant, Native)
	kvs.count(keyFormat, formatVersion)
	kvs.count(keyBlocks, n.Blocks)
	kvs.count(keyContext, tokens)
	kvs.count(keyWidth, n.Width)
	kvs.count(keyFFN, n.FFN)
	kvs.count(keyHeads, n.Heads)
	kvs.add(keyEpsilon, n.Epsilon)
	kvs.add(keyEmbedding, n.Embedding)
	kvs.add(keyPrecision, n.Precision)
	widths := make([]uint32, len(n.Widths))
	for i, w := range n.Widths {
		widths[i] = uint32(w)
	}
	kvs.add(keyTowerWidths, widths)
	kvs.add(keyTowerEpsilon, n.NormEpsilon)
	kvs.count(keyMembers, n.Members)
	kvs.count(keyMemberLayer, n.MemberLayer)
	kvs.count(keyOutputs, n.Outputs)
}

func (m *Model) encodeDecision(kvs *pairs) error {
	kvs.add(keyClasses, m.Classes)
	kvs.add(keyThreshold, m.Threshold)
	encodeCalibrator(kvs, m.Calibrator)
	kvs.add(keyFamiliesKnown, m.SeenFamilies != nil)
	list(kvs, keyFamiliesSeen, m.SeenFamilies)
	kvs.text(keyReportDigest, m.Report.SHA256)
	list(kvs, keyReportNames, m.Report.Names)
	list(kvs, keyReportValues, m.Report.Values)
	return kvs.document(keySchema, m.Schema)
}

// noCalibration is the kind in the file of a model without a calibrator.
const noCalibration = "none"

func encodeCalibrator(kvs *pairs, c *metrics.Calibrator) {
	if c == nil || c.Kind == metrics.Identity {
		kvs.add(keyCalibration, noCalibration)
		return
	}
	kvs.add(keyCalibration, c.Kind)
	if c.Kind == metrics.Temperature {
		kvs.add(keyTemperature, c.Temperature)
		return
	}
	list(kvs, keyIsotonicX, c.X)
	list(kvs, keyIsotonicY, c.Y)
}
