package original

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/jamba-threat/jamba/lib/gguf"
)

// Architecture and Variant identify a model file of this package: the values of general.architecture and of
// jambathreat.variant.
const (
	Architecture = "jambathreat"
	Variant      = "original"
)

// Keys of a model file. docs/model-file.md lists them for other readers.
const (
	keyArchitecture = "general.architecture"
	keyVariant      = "jambathreat.variant"
	keyFormat       = "jambathreat.format_version"
	keyLayout       = "jambathreat.original.layout"
	keyFeatures     = "jambathreat.features.numeric.names"
	keyOutputs      = "jambathreat.output_count"
	keyHeads        = "jambathreat.attention.head_count"
	keyThreshold    = "jambathreat.threshold"
)

// formatVersion is raised when a reader of today would misread a file.
const formatVersion = 1

// Info describes a model file to people. Empty fields are left out.
type Info struct {
	Name, BaseName, Version, Description, License, SizeLabel string
}

// Dims returns the shape in the order of GGUF: the contiguous axis first, without a 1 at the end.
func (t Tensor) Dims() []uint64 {
	var dims []uint64
	for _, n := range slices.Backward(t.Shape) {
		dims = append(dims, uint64(n))
	}
	for len(dims) > 1 && dims[len(dims)-1] == 1 {
		dims = dims[:len(dims)-1]
	}
	return dims
}

// Encode returns the key-values and the tensors of a model file, in an order that depends on the model alone. The keys
// about the types of the tensors (general.file_type, general.quantization_version) are left to whoever chooses the types:
// matrices are named so that the rules for mixed types apply to them, and everything else has one axis or a name that does
// not end in "weight".
func (m *Model) Encode(info Info) ([]gguf.KV, []Tensor) {
	kvs := []gguf.KV{{Key: keyArchitecture, Value: Architecture}, {Key: "general.type", Value: "model"}}
	for _, kv := range []gguf.KV{
		{Key: "general.name", Value: info.Name}, {Key: "general.basename", Value: info.BaseName},
		{Key: "general.version", Value: info.Version}, {Key: "general.description", Value: info.Description},
		{Key: "general.license", Value: info.License}, {Key: "general.size_label", Value: info.SizeLabel},
	} {
		if kv.Value != "" {
			kvs = append(kvs, kv)
		}
	}
	kvs = append(kvs,
		gguf.KV{Key: keyVariant, Value: Variant},
		gguf.KV{Key: keyFormat, Value: uint32(formatVersion)},
		gguf.KV{Key: keyLayout, Value: m.layout},
		gguf.KV{Key: keyFeatures, Value: slices.Clone(m.features)},
		gguf.KV{Key: keyOutputs, Value: uint32(m.outputs)},
		gguf.KV{Key: keyThreshold, Value: m.threshold})
	if m.heads > 0 {
		kvs = append(kvs, gguf.KV{Key: keyHeads, Value: uint32(m.heads)})
	}
	return kvs, slices.Clone(m.tensors)
}

// Decode reads a model from a file that was written from Encode; quantised tensors are widened to float32.
//
// Errors wrap ErrModel or gguf's errors, and name the key or tensor: a file of another architecture or variant, keys that
// are missing, of another type or contradict the tensors, tensors that are missing, left over, of another shape or not
// finite.
func Decode(f *gguf.File) (*Model, error) {
	m, err := decode(f)
	if err != nil {
		return nil, fmt.Errorf("original: decode: %w: %w", ErrModel, err)
	}
	return m, nil
}

func decode(f *gguf.File) (*Model, error) {
	l, err := decodeLayout(f)
	if err != nil {
		return nil, err
	}
	features, err := f.Strings(keyFeatures)
	if err != nil {
		return nil, err
	}
	b := &builder{source: make(map[string]Tensor, len(f.Tensors))}
	if err := b.readTensors(f); err != nil {
		return nil, err
	}
	if l.name == "transformer" {
		n, err := f.Uint32(keyHeads)
		if err != nil {
			return nil, err
		}
		if n < 1 || n > 1<<16 {
			return nil, fmt.Errorf("key %s is %d, want 1 to %d", keyHeads, n, 1<<16)
		}
		b.heads = int(n)
	}
	m, err := b.model(l, features)
	if err != nil {
		return nil, err
	}
	outputs, err := f.Uint32(keyOutputs)
	if err != nil {
		return nil, err
	}
	if int64(outputs) != int64(m.outputs) {
		return nil, fmt.Errorf("key %s is %d, the last layer has %d outputs", keyOutputs, outputs, m.outputs)
	}
	if m.threshold, err = f.Float64(keyThreshold); err != nil {
		return nil, err
	}
	if !(m.threshold >= 0 && m.threshold <= 1) {
		return nil, fmt.Errorf("key %s is %v, want a probability", keyThreshold, m.threshold)
	}
	return m, nil
}

// decodeLayout checks the keys that say what the file is.
func decodeLayout(f *gguf.File) (layout, error) {
	var none layout
	for _, must := range []struct{ key, value string }{{keyArchitecture, Architecture}, {keyVariant, Variant}} {
		v, err := f.String(must.key)
		if err != nil {
			return none, err
		}
		if v != must.value {
			return none, fmt.Errorf("key %s is %q, want %q", must.key, v, must.value)
		}
	}
	version, err := f.Uint32(keyFormat)
	if err != nil {
		return none, err
	}
	if version < 1 || version > formatVersion {
		return none, fmt.Errorf("key %s is %d, this program reads %d: use a newer one", keyFormat, version, formatVersion)
	}
	name, err := f.String(keyLayout)
	if err != nil {
		return none, err
	}
	for _, l := range layouts() {
		if l.name == name {
			return l, nil
		}
	}
	return none, fmt.Errorf("key %s is %q, which is none of the original networks", keyLayout, name)
}

// readTensors widens every tensor of the file to float32, with the axes in PyTorch's order.
func (b *builder) readTensors(f *gguf.File) error {
	for _, t := range f.Tensors {
		shape := make([]int, len(t.Dims))
		for i, d := range t.Dims {
			if d > math.MaxInt32 {
				return fmt.Errorf("tensor %s has the shape %v", t.Name, t.Dims)
			}
			shape[len(shape)-1-i] = int(d)
		}
		values, err := f.Values(t)
		if err != nil {
			return err
		}
		b.source[t.Name] = Tensor{t.Name, shape, values}
	}
	return nil
}

// jsonNames reads a list of names in JSON.
func jsonNames(text string) []string {
	var names []string
	if json.Unmarshal([]byte(text), &names) != nil {
		return nil
	}
	return names
}
