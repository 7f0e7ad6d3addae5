package original_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jamba-threat/jamba/lib/gguf"
	"github.com/jamba-threat/jamba/lib/internal/torchfile"
	"github.com/jamba-threat/jamba/lib/original"
	"github.com/jamba-threat/jamba/lib/testenv"
)

// tolerance is what the issue asks for, relative where a logit is larger than 1: PyTorch's own sums are float32.
const tolerance = 1e-5

// network is an entry of the manifest that testdata/make.py writes: a file and what PyTorch computes with it.
type network struct {
	File, Layout          string
	Inputs, Outputs, Rows int
	Features              []string
	X, Logits             []float32
}

func networks(t testing.TB, folder string) []network {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []network
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func open(t testing.TB, path string, features ...string) *original.Model {
	t.Helper()
	raw := read(t, path)
	m, err := original.Import(bytes.NewReader(raw), int64(len(raw)), features)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// encode writes a model file with every tensor as float32.
func encode(t testing.TB, m *original.Model) []byte {
	t.Helper()
	kvs, tensors := m.Encode(original.Info{Name: "test"})
	return write(t, append(kvs, gguf.KV{Key: "general.file_type", Value: uint32(0)}), tensors)
}

func write(t testing.TB, kvs []gguf.KV, tensors []original.Tensor) []byte {
	t.Helper()
	var data []gguf.TensorData
	for _, tensor := range tensors {
		raw := make([]byte, 4*len(tensor.Data))
		if err := gguf.Quantize(gguf.F32, raw, tensor.Data); err != nil {
			t.Fatal(err)
		}
		data = append(data, gguf.TensorData{Name: tensor.Name, Type: gguf.F32, Dims: tensor.Dims(), Data: raw})
	}
	var buf bytes.Buffer
	if err := gguf.Write(&buf, kvs, data); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func decode(raw []byte) (*original.Model, error) {
	f, err := gguf.Read(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, err
	}
	return original.Decode(f)
}

func forward(t testing.TB, m *original.Model, x []float32, rows int) []float32 {
	t.Helper()
	logits := make([]float32, rows*m.Outputs())
	if err := m.Forward(logits, x, rows); err != nil {
		t.Fatal(err)
	}
	return logits
}

// compare checks every network of a folder: recognised, equal to PyTorch, and the same after a model file.
func compare(t *testing.T, folder string) {
	worst := 0.0
	for _, n := range networks(t, folder) {
		t.Run(n.File, func(t *testing.T) {
			m := open(t, filepath.Join(folder, n.File))
			if m.Layout() != n.Layout || m.Inputs() != n.Inputs || m.Outputs() != n.Outputs || !slices.Equal(m.Features(), n.Features) {
				t.Fatalf("read %v with the features %q, want %s, %d inputs, %d outputs, %q",
					m, m.Features(), n.Layout, n.Inputs, n.Outputs, n.Features)
			}
			logits := forward(t, m, n.X, n.Rows)
			for i, want := range n.Logits {
				difference := math.Abs(float64(logits[i])-float64(want)) / max(1, math.Abs(float64(want)))
				worst = max(worst, difference)
				if !(difference <= tolerance) {
					t.Fatalf("logit %d is %v, PyTorch has %v", i, logits[i], want)
				}
			}
			again, err := decode(encode(t, m))
			if err != nil {
				t.Fatal(err)
			}
			if got := forward(t, again, n.X, n.Rows); !slices.Equal(got, logits) {
				t.Error("the model file computes something else than the checkpoint")
			}
			if again.String() != m.String() || !slices.Equal(again.Features(), m.Features()) || again.Threshold() != 0.5 {
				t.Errorf("the model file has %v, want %v", again, m)
			}
		})
	}
	t.Logf("largest difference to PyTorch's logits: %.1e", worst)
}

// TestFixtures needs no Python: narrow networks of every layout, in every container, with PyTorch's results.
func TestFixtures(t *testing.T) {
	compare(t, "testdata")
	found, err := filepath.Glob("testdata/*.*t*")
	if err != nil {
		t.Fatal(err)
	}
	if list := networks(t, "testdata"); len(found) != len(list) {
		t.Errorf("testdata has the checkpoints %q, the manifest lists %d", found, len(list))
	}
	for _, l := range original.Layouts() {
		name, _, _ := strings.Cut(l, " ")
		if !slices.ContainsFunc(networks(t, "testdata"), func(n network) bool { return n.Layout == name }) {
			t.Errorf("no fixture has the layout %s", name)
		}
	}
}

// TestPyTorch builds networks of the published sizes in PyTorch and compares.
func TestPyTorch(t *testing.T) {
	python := testenv.Python(t, "torch", "torch,numpy")
	folder := t.TempDir()
	if out, err := exec.Command(python, "testdata/make.py", folder).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	compare(t, folder)
}

// TestRowsStandAlone would fail for the networks as published: their batch is a sequence, or their scratch is shared.
func TestRowsStandAlone(t *testing.T) {
	for _, n := range networks(t, "testdata") {
		m := open(t, filepath.Join("testdata", n.File))
		const rows = 75 // more than two blocks
		x := make([]float32, 0, rows*n.Inputs)
		for len(x) < cap(x) {
			x = append(x, n.X[len(x)%len(n.X)])
		}
		all := forward(t, m, x, rows)
		var group sync.WaitGroup
		for worker := range 4 {
			group.Go(func() {
				one := make([]float32, n.Outputs)
				for r := worker; r < rows; r += 4 {
					err := m.Forward(one, x[r*n.Inputs:(r+1)*n.Inputs], 1)
					if err != nil || !slices.Equal(one, all[r*n.Outputs:(r+1)*n.Outputs]) {
						t.Errorf("%s: row %d alone is %v (%v), in a batch %v", n.File, r, one, err, all[r*n.Outputs:(r+1)*n.Outputs])
					}
				}
			})
		}
		group.Wait()
	}
}

func TestProbabilities(t *testing.T) {
	n := networks(t, "testdata")[0]
	m := open(t, filepath.Join("testdata", n.File))
	p := make([]float32, n.Rows*n.Outputs)
	if err := m.Probabilities(p, n.X, n.Rows); err != nil {
		t.Fatal(err)
	}
	for i, logit := range n.Logits {
		if want := 1 / (1 + math.Exp(-float64(logit))); math.Abs(float64(p[i])-want) > tolerance {
			t.Errorf("probability %d is %v, want %v", i, p[i], want)
		}
	}
	nan := slices.Clone(n.X)
	nan[0] = float32(math.NaN())
	if err := m.Probabilities(p, nan, n.Rows); err != nil || p[0] == p[0] || p[1] != p[1] {
		t.Errorf("with NaN in row 0 only: probabilities %v (%v)", p, err)
	}
	for name, err := range map[string]error{
		"short rows":    m.Forward(p, n.X[1:], n.Rows),
		"short results": m.Probabilities(p[1:], n.X, n.Rows),
		"negative":      m.Forward(nil, nil, -1),
	} {
		if err == nil || !strings.Contains(err.Error(), "original: forward: ") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if err := m.Forward(nil, nil, 0); err != nil {
		t.Errorf("no rows: %v", err)
	}
}

func TestFeatureNames(t *testing.T) {
	const file = "testdata/processor.pt" // six inputs
	names := []string{"a", "b", "c", "d", "e", "f"}
	if m := open(t, file, names...); !slices.Equal(m.Features(), names) {
		t.Errorf("given names become %q", m.Features())
	}
	raw := read(t, file)
	for want, names := range map[string][]string{
		"5 feature names for 6 inputs": names[:5],
		"which is empty":               {"a", "b", "", "d", "e", "f"},
		"or there before":              {"a", "b", "c", "d", "e", "a"},
	} {
		_, err := original.Import(bytes.NewReader(raw), int64(len(raw)), names)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "original: import: ") {
			t.Errorf("names %q: error %v, want %q", names, err, want)
		}
	}
}

// TestLargeInputs: scores of attention beyond what exp can take must not turn into NaN.
func TestLargeInputs(t *testing.T) {
	m := open(t, "testdata/transformer.pt")
	for _, v := range forward(t, m, []float32{1e6, -1e6, 1e5, 0, 1e6}, 1) {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			t.Errorf("logit %v", v)
		}
	}
}

func TestRecurrentWeightsAreChecked(t *testing.T) {
	raw := read(t, "testdata/attention-gru.pt")
	c, err := torchfile.Read(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	for i := range c.Tensors {
		if c.Tensors[i].Name == "temporal.weight_hh_l0_reverse" { // [12, 4]
			c.Tensors[i].Shape = []int{4, 12}
		}
	}
	if _, err := original.FromCheckpoint(c, nil); err == nil || !strings.Contains(err.Error(), "temporal.weight_hh_l0_reverse has the shape [4 12], want [12 4]") {
		t.Errorf("error %v", err)
	}
}

// TestDamagedCheckpoints changes the tensors of a fixture; the reader of containers has its own tests.
func TestDamagedCheckpoints(t *testing.T) {
	raw := read(t, "testdata/norm-attention.pt")
	c, err := torchfile.Read(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	place := func(name string) int {
		i := slices.IndexFunc(c.Tensors, func(t torchfile.Tensor) bool { return t.Name == name })
		if i < 0 {
			t.Fatalf("the fixture has no %s", name)
		}
		return i
	}
	cases := map[string]struct {
		change func(list []torchfile.Tensor) []torchfile.Tensor
		want   string
	}{
		"another network": {func(list []torchfile.Tensor) []torchfile.Tensor {
			return slices.DeleteFunc(list, func(t torchfile.Tensor) bool { return strings.HasPrefix(t.Name, "attention.") })
		}, "none of the original networks\nfound: feature_extractor.0.weight, "},
		"left over": {func(list []torchfile.Tensor) []torchfile.Tensor {
			return append(list, torchfile.Tensor{Name: "extra.weight", Shape: []int{1}, Data: []float32{1}})
		}, "does not have: extra.weight"},
		"batch norm in place of layer norm": {func(list []torchfile.Tensor) []torchfile.Tensor {
			return append(list, torchfile.Tensor{Name: "feature_extractor.1.running_mean", Shape: []int{8}, Data: make([]float32, 8)})
		}, "does not have: feature_extractor.1.running_mean"},
		"missing": {func(list []torchfile.Tensor) []torchfile.Tensor {
			i := place("classifier.3.bias")
			return slices.Delete(list, i, i+1)
		}, "no tensor classifier.3.bias"},
		"shape": {func(list []torchfile.Tensor) []torchfile.Tensor {
			i := place("classifier.0.weight")
			list[i].Shape = []int{8, 4}
			return list
		}, "classifier.0.weight has the shape [8 4], want [n 8]"},
		"attention not square": {func(list []torchfile.Tensor) []torchfile.Tensor {
			i := place("attention.in_proj_weight")
			list[i].Shape = []int{12, 16}
			return list
		}, "attention.in_proj_weight has the shape [12 16], want [n 8]"},
		"no outputs": {func(list []torchfile.Tensor) []torchfile.Tensor {
			i := place("classifier.3.weight")
			list[i].Shape, list[i].Data = []int{0, 4}, nil
			return list
		}, "classifier.3.weight has the shape [0 4]"},
		"NaN": {func(list []torchfile.Tensor) []torchfile.Tensor {
			list[place("attention.out_proj.bias")].Data[2] = float32(math.NaN())
			return list
		}, "attention.out_proj.bias has NaN at place 2"},
	}
	for name, test := range cases {
		list := make([]torchfile.Tensor, len(c.Tensors))
		for i, tensor := range c.Tensors {
			list[i] = torchfile.Tensor{Name: tensor.Name, Shape: slices.Clone(tensor.Shape), Data: slices.Clone(tensor.Data)}
		}
		_, err := original.FromCheckpoint(&torchfile.Checkpoint{Tensors: test.change(list)}, nil)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %q", name, err, test.want)
		}
	}
}
