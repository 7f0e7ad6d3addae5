package original_test

import (
	"bytes"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/gguf"
	"github.com/jamba-threat/jamba/lib/original"
)

func TestModelFileIsDeterministic(t *testing.T) {
	for _, n := range networks(t, "testdata") {
		path := filepath.Join("testdata", n.File)
		if !bytes.Equal(encode(t, open(t, path)), encode(t, open(t, path))) {
			t.Errorf("%s: the same checkpoint gives another model file the second time", n.File)
		}
	}
}

// TestQuantisable makes sure that the names lead the rules for mixed types where they should: matrices end in ".weight",
// everything that must stay exact does not or has one axis.
func TestQuantisable(t *testing.T) {
	for _, n := range networks(t, "testdata") {
		_, tensors := open(t, filepath.Join("testdata", n.File)).Encode(original.Info{})
		for _, tensor := range tensors {
			matrix, small := len(tensor.Dims()) > 1, strings.Contains(tensor.Name, "_norm") || strings.HasPrefix(tensor.Name, "feature_embd")
			if weight := strings.HasSuffix(tensor.Name, ".weight"); matrix && weight == small {
				t.Errorf("%s: tensor %s with the shape %v", n.File, tensor.Name, tensor.Shape)
			}
			if d := tensor.Dims(); len(d) > 1 && d[len(d)-1] == 1 {
				t.Errorf("%s: tensor %s ends in a dimension 1: %v", n.File, tensor.Name, d)
			}
		}
	}
}

func TestQuantisedFile(t *testing.T) {
	n := networks(t, "testdata")[0]
	m := open(t, filepath.Join("testdata", n.File))
	kvs, tensors := m.Encode(original.Info{})
	var data []gguf.TensorData
	for _, tensor := range tensors {
		typ := gguf.F32
		if len(tensor.Dims()) > 1 {
			typ = gguf.F16
		}
		raw := make([]byte, len(tensor.Data)*typ.BlockBytes())
		if err := gguf.Quantize(typ, raw, tensor.Data); err != nil {
			t.Fatal(err)
		}
		data = append(data, gguf.TensorData{Name: tensor.Name, Type: typ, Dims: tensor.Dims(), Data: raw})
	}
	var buf bytes.Buffer
	if err := gguf.Write(&buf, append(kvs, gguf.KV{Key: "general.file_type", Value: uint32(1)}), data); err != nil {
		t.Fatal(err)
	}
	half, err := decode(buf.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	got := forward(t, half, n.X, n.Rows)
	for i, want := range forward(t, m, n.X, n.Rows) {
		if d := math.Abs(float64(got[i] - want)); d == 0 || d > 0.02 {
			t.Errorf("logit %d is %v with half-precision matrices, %v without", i, got[i], want)
		}
	}
}

// set replaces the value of a key; a nil value removes it.
func set(kvs []gguf.KV, key string, value any) []gguf.KV {
	out := slices.DeleteFunc(slices.Clone(kvs), func(kv gguf.KV) bool { return kv.Key == key && value == nil })
	for i := range out {
		if out[i].Key == key {
			out[i].Value = value
		}
	}
	return out
}

func TestBadModelFiles(t *testing.T) {
	transformer := open(t, "testdata/transformer.pt")
	processor := open(t, "testdata/processor.pt")
	type keys func([]gguf.KV) []gguf.KV
	type arrays func([]original.Tensor) []original.Tensor
	key := func(name string, value any) keys {
		return func(kvs []gguf.KV) []gguf.KV { return set(kvs, name, value) }
	}
	change := func(name string, edit func(*original.Tensor)) arrays {
		return func(list []original.Tensor) []original.Tensor {
			list = slices.Clone(list)
			for i := range list {
				if list[i].Name == name {
					edit(&list[i])
				}
			}
			return list
		}
	}
	cases := []struct {
		name   string
		model  *original.Model
		keys   keys
		arrays arrays
		want   string
	}{
		{"other architecture", processor, key("general.architecture", "llama"), nil, `general.architecture is "llama"`},
		{"no variant", processor, key("jambathreat.variant", nil), nil, "jambathreat.variant"},
		{"other variant", processor, key("jambathreat.variant", "native"), nil, `jambathreat.variant is "native"`},
		{"newer format", processor, key("jambathreat.format_version", uint32(2)), nil, "format_version is 2"},
		{"no layout", processor, key("jambathreat.original.layout", nil), nil, "jambathreat.original.layout"},
		{"unknown layout", processor, key("jambathreat.original.layout", "mamba"), nil, "none of the original networks"},
		{"layout of other tensors", processor, key("jambathreat.original.layout", "norm-attention"), nil, "feature.0_norm.weight"},
		{"outputs differ", processor, key("jambathreat.output_count", uint32(5)), nil, "output_count is 5, the last layer has 2"},
		{"outputs as text", processor, key("jambathreat.output_count", "2"), nil, "output_count"},
		{"no threshold", processor, key("jambathreat.threshold", nil), nil, "jambathreat.threshold"},
		{"threshold", processor, key("jambathreat.threshold", math.NaN()), nil, "threshold is NaN"},
		{"no names", processor, key("jambathreat.features.numeric.names", nil), nil, "features.numeric.names"},
		{"names", processor, key("jambathreat.features.numeric.names", []string{"a"}), nil, "1 feature names for 6 inputs"},
		{"equal names", processor, key("jambathreat.features.numeric.names", []string{"a", "b", "c", "d", "e", "a"}), nil, `"a"`},
		{"no heads", transformer, key("jambathreat.attention.head_count", nil), nil, "head_count"},
		{"zero heads", transformer, key("jambathreat.attention.head_count", uint32(0)), nil, "head_count is 0"},
		{"heads", transformer, key("jambathreat.attention.head_count", uint32(3)), nil, "3 heads do not divide the width 8"},
		{"missing tensor", processor, nil, func(l []original.Tensor) []original.Tensor { return l[:len(l)-1] }, "output.bias"},
		{"missing layer", transformer, nil, func(l []original.Tensor) []original.Tensor {
			return slices.DeleteFunc(slices.Clone(l), func(t original.Tensor) bool { return strings.HasPrefix(t.Name, "blk.0.") })
		}, "no layers"},
		{"extra tensor", processor, nil, func(l []original.Tensor) []original.Tensor {
			return append(slices.Clone(l), original.Tensor{Name: "tower.7.weight", Shape: []int{2}, Data: []float32{1, 2}})
		}, "tower.7.weight"},
		{"shape", processor, nil, change("tower.0.weight", func(t *original.Tensor) { t.Shape = []int{4, 16} }), "tower.0.weight has the shape [4 16]"},
		{"axes", processor, nil, change("tower.0.weight", func(t *original.Tensor) { t.Shape = []int{2, 4, 8} }), "tower.0.weight has the shape [2 4 8]"},
		{"bias", processor, nil, change("tower.0.bias", func(t *original.Tensor) { t.Shape = []int{2, 4} }), "tower.0.bias has the shape [2 4]"},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			kvs, tensors := test.model.Encode(original.Info{})
			kvs = append(kvs, gguf.KV{Key: "general.file_type", Value: uint32(0)})
			if test.keys != nil {
				kvs = test.keys(kvs)
			}
			if test.arrays != nil {
				tensors = test.arrays(tensors)
			}
			_, err := decode(write(t, kvs, tensors))
			if !errors.Is(err, original.ErrModel) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want ErrModel with %q", err, test.want)
			}
		})
	}
	variance := open(t, "testdata/attention-gru-2.pt")
	kvs, tensors := variance.Encode(original.Info{})
	tensors = change("tower.1_norm.variance", func(t *original.Tensor) { t.Data[3] = -1 })(tensors)
	if _, err := decode(write(t, kvs, tensors)); err == nil || !strings.Contains(err.Error(), "tower.1_norm.variance has the variance -1 at place 3") {
		t.Errorf("negative variance: %v", err)
	}
}
