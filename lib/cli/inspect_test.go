package cli

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/gguf"
)

// ggufFile writes a file of two tensors with an architecture that is none of ours.
func ggufFile(t *testing.T) string {
	t.Helper()
	weights := make([]byte, 2*34)
	x := make([]float32, 64)
	for i := range x {
		x[i] = float32(i)
	}
	if err := gguf.Quantize(gguf.Q8_0, weights, x); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	err := gguf.Write(&b, []gguf.KV{
		{Key: "general.architecture", Value: "llama"},
		{Key: "general.quantization_version", Value: uint32(2)},
		{Key: "general.name", Value: "bad \x1b[31m name " + strings.Repeat("long ", 40)},
		{Key: "llama.epsilon", Value: float32(1e-5)},
		{Key: "llama.edges", Value: []float32{1, 2.5, float32(math.Inf(1))}},
		{Key: "llama.bytes", Value: []uint8{1, 2}},
		{Key: "llama.names", Value: []string{"a", "b", "c", "d", "e", "f"}},
	}, []gguf.TensorData{
		{Name: "output.weight", Type: gguf.Q8_0, Dims: []uint64{32, 2}, Data: weights},
		{Name: "output.bias", Type: gguf.F32, Dims: []uint64{2}, Data: make([]byte, 8)},
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "llama.gguf")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestInspectText(t *testing.T) {
	path := ggufFile(t)
	code, stdout, stderr := run(t, nil, "inspect", path)
	if code != OK || stderr != "" {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	for _, want := range []string{
		"llama.gguf: GGUF version 3, ", "alignment 32", "\n7 keys\n", "\n2 tensors\n",
		`  general.architecture          str         "llama"`,
		`  llama.names                   arr[str,6]  ["a", "b", "c", "d", and 2 more]`,
		`  llama.edges                   arr[f32,3]  [1, 2.5, +Inf]`,
		`"bad \x1b[31m name long`, "... (215 bytes)",
		"  output.weight  q8_0  32 x 2  68     89.5 %", "  output.bias    f32   2       8      10.5 %",
		"  q8_0   1        64       97.0 %      68     89.5 %", "  total  2        66       100.0 %     76     100.0 %",
		"\n9.21 bits per weight\n",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("there is no %q in\n%s", want, stdout)
		}
	}
	if strings.Contains(stdout, "\x1b") {
		t.Error("a control character of the file reaches the terminal")
	}
}

func TestInspectJSON(t *testing.T) {
	path := ggufFile(t)
	code, stdout, stderr := run(t, nil, "inspect", path, "--json")
	if code != OK || stderr != "" {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	var got inspectJSON
	decoder := json.NewDecoder(strings.NewReader(stdout))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.File != path || got.Version != 3 || got.Alignment != 32 || got.Architecture != "llama" || len(got.Metadata) != 7 || len(got.Tensors) != 2 {
		t.Errorf("%+v", got)
	}
	if v, ok := got.Metadata[4].Value.([]any); !ok || len(v) != 3 || v[1] != 2.5 || v[2] != "+Inf" || got.Metadata[4].ElementType != "f32" {
		t.Errorf("edges are %v", got.Metadata[4])
	}
	if v, ok := got.Metadata[5].Value.([]any); !ok || len(v) != 2 || v[1] != 2.0 {
		t.Errorf("bytes are %v, want numbers", got.Metadata[5].Value)
	}
	if w := got.Tensors[0]; w.Name != "output.weight" || w.Type != "q8_0" || w.Weights != 64 || w.Bytes != 68 || w.Offset != 0 || len(w.Shape) != 2 {
		t.Errorf("%+v", w)
	}
	if total := got.Total; total.Tensors != 2 || total.Weights != 66 || total.Bytes != 76 || math.Abs(total.BitsPerWeight-608.0/66) > 1e-12 {
		t.Errorf("%+v", total)
	}
}

func TestInspectRefuses(t *testing.T) {
	good, err := os.ReadFile(ggufFile(t))
	if err != nil {
		t.Fatal(err)
	}
	nan := bytes.Clone(good)
	copy(nan[len(nan)-32:], "\x00\x00\xc0\x7f")
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"empty": {nil, "the magic needs 4 bytes"},
		"cut":   {good[:len(good)-1], "the file has"},
		"nan":   {nan, `tensor "output.bias": block 0 of f32 has NaN`},
	} {
		path := filepath.Join(t.TempDir(), name+".gguf")
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := run(t, nil, "inspect", path)
		if code != BadInput || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, path) {
			t.Errorf("%s: exit code %d, %q, want one line with %q", name, code, stderr, c.want)
		}
		code, _, stderr = run(t, nil, "inspect", "--header-only", path)
		if want := map[bool]Code{true: OK, false: BadInput}[name == "nan"]; code != want {
			t.Errorf("%s: with --header-only exit code %d, %s", name, code, stderr)
		}
	}
}
