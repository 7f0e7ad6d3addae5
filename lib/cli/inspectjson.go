package cli

import (
	"math"
	"reflect"

	"github.com/jamba-threat/jamba/lib/gguf"
)

// inspectJSON is the form of --json; the help text of the command describes it.
type inspectJSON struct {
	File         string           `json:"file"`
	Bytes        int64            `json:"bytes"`
	Version      uint32           `json:"version"`
	Alignment    uint64           `json:"alignment"`
	DataOffset   uint64           `json:"data_offset"`
	Architecture string           `json:"architecture"`
	Metadata     []inspectKV      `json:"metadata"`
	Tensors      []inspectTensor  `json:"tensors"`
	Types        []inspectType    `json:"types"`
	Total        inspectTotalJSON `json:"total"`
}

type inspectKV struct {
	Key         string `json:"key"`
	Type        string `json:"type"`
	ElementType string `json:"element_type,omitempty"`
	Value       any    `json:"value"`
}

type inspectTensor struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	Shape   []uint64 `json:"shape"`
	Weights uint64   `json:"weights"`
	Bytes   uint64   `json:"bytes"`
	Offset  uint64   `json:"offset"`
	Share   float64  `json:"share"`
}

type inspectType struct {
	Type    string  `json:"type"`
	Tensors int     `json:"tensors"`
	Weights uint64  `json:"weights"`
	Bytes   uint64  `json:"bytes"`
	Share   float64 `json:"share"`
}

type inspectTotalJSON struct {
	Tensors       int     `json:"tensors"`
	Weights       uint64  `json:"weights"`
	Bytes         uint64  `json:"bytes"`
	BitsPerWeight float64 `json:"bits_per_weight"`
}

func (in *inspection) json() inspectJSON {
	f, s := in.file, in.summary
	architecture, _ := f.Get("general.architecture")
	name, _ := architecture.(string)
	out := inspectJSON{
		File: in.path, Bytes: in.bytes, Version: f.Version, Alignment: f.Alignment, DataOffset: f.DataOffset, Architecture: name,
		Metadata: []inspectKV{}, Tensors: []inspectTensor{}, Types: []inspectType{},
		Total: inspectTotalJSON{s.Tensors, s.Weights, s.Bytes, s.BitsPerWeight()},
	}
	for _, kv := range f.KVs {
		t, elem, _, _ := gguf.TypeOf(kv.Value)
		entry := inspectKV{Key: kv.Key, Type: t.String(), Value: jsonValue(kv.Value)}
		if t == gguf.Array {
			entry.ElementType = elem.String()
		}
		out.Metadata = append(out.Metadata, entry)
	}
	for _, t := range f.Tensors {
		out.Tensors = append(out.Tensors, inspectTensor{t.Name, t.Type.String(), t.Dims, t.Elements(), t.Size, t.Offset, shareOf(t.Size, s.Bytes)})
	}
	for _, t := range s.Types {
		out.Types = append(out.Types, inspectType{t.Type.String(), t.Tensors, t.Weights, t.Bytes, shareOf(t.Bytes, s.Bytes)})
	}
	return out
}

// jsonValue turns a value into what JSON can hold: no infinities, and bytes as numbers rather than base64.
func jsonValue(value any) any {
	switch v := value.(type) {
	case float32:
		return jsonFloat(float64(v), value)
	case float64:
		return jsonFloat(v, value)
	case []float32, []float64, []uint8:
		list := reflect.ValueOf(v)
		out := make([]any, list.Len())
		for i := range out {
			out[i] = jsonValue(list.Index(i).Interface())
		}
		return out
	}
	return value
}

func jsonFloat(v float64, same any) any {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "+Inf"
	case math.IsInf(v, -1):
		return "-Inf"
	}
	return same
}
