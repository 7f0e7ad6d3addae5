package gguf

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/testenv"
)

// python runs a script of testdata that needs the package gguf and decodes the JSON that it prints.
func python(t *testing.T, result any, script string, args ...string) {
	t.Helper()
	interpreter := testenv.Python(t, "gguf", "gguf,numpy")
	var stderr bytes.Buffer
	cmd := exec.Command(interpreter, append([]string{filepath.Join("testdata", script)}, args...)...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.Bytes())
	}
	if err := json.Unmarshal(out, result); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
}

// TestPythonRewritesTheSameBytes is the canonical test: a file that the Python package gguf reads and writes again with
// its own writer is the same file, and what it has read is what was written.
func TestPythonRewritesTheSameBytes(t *testing.T) {
	whole := sampleFile(t)
	dir := t.TempDir()
	source, target := filepath.Join(dir, "in.gguf"), filepath.Join(dir, "out.gguf")
	if err := os.WriteFile(source, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Metadata [][3]any
		Tensors  [][5]any
	}
	python(t, &got, "rewrite.py", source, target)
	again, err := os.ReadFile(target)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again, whole) {
		i := 0
		for i < min(len(again), len(whole)) && again[i] == whole[i] {
			i++
		}
		t.Errorf("the file that was written again differs from byte %d on: %d bytes, want %d", i, len(again), len(whole))
	}

	var want struct {
		Metadata [][3]any
		Tensors  [][5]any
	}
	for _, kv := range sampleKVs() {
		want.Metadata = append(want.Metadata, [3]any{kv.Key, pythonTypes(kv.Value), jsonNumbers(t, kv.Value)})
	}
	for _, d := range sampleTensors(t) {
		values := make([]float32, elements(d.Dims))
		if err := Dequantize(d.Type, values, d.Data); err != nil {
			t.Fatal(err)
		}
		want.Tensors = append(want.Tensors, [5]any{d.Name, strings.ToUpper(d.Type.String()), jsonNumbers(t, d.Dims), hash(d.Data), hash(floatBytes(values))})
	}
	if !reflect.DeepEqual(got.Metadata, want.Metadata) {
		t.Errorf("Python reads the keys\n%v, want\n%v", got.Metadata, want.Metadata)
	}
	for i := range want.Tensors {
		if i >= len(got.Tensors) || !reflect.DeepEqual(got.Tensors[i], want.Tensors[i]) {
			t.Errorf("Python reads tensor %d of\n%v, want\n%v", i, got.Tensors, want.Tensors[i])
		}
	}
}

// pythonTypes are the names that the package gives the types of a value.
func pythonTypes(value any) any {
	names := map[ValueType]string{
		Uint8: "UINT8", Int8: "INT8", Uint16: "UINT16", Int16: "INT16", Uint32: "UINT32", Int32: "INT32", Float32: "FLOAT32",
		Bool: "BOOL", String: "STRING", Uint64: "UINT64", Int64: "INT64", Float64: "FLOAT64",
	}
	typ, elem, _, _ := TypeOf(value)
	if typ == Array {
		return []any{"ARRAY", names[elem]}
	}
	return []any{names[typ]}
}

// jsonNumbers is a value as JSON brings it back: numbers as float64, which is exact for a float32.
func jsonNumbers(t *testing.T, value any) any {
	t.Helper()
	switch v := value.(type) {
	case float32:
		return float64(v)
	case []float32:
		list := make([]any, len(v))
		for i := range v {
			list[i] = float64(v[i])
		}
		return list
	case []uint8:
		list := make([]any, len(v))
		for i := range v {
			list[i] = float64(v[i])
		}
		return list
	}
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var back any
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

// TestPythonQuantizesTheSame compares with the quantisers that the package has in Python, with its block sizes for all
// types, and with its size labels.
func TestPythonQuantizesTheSame(t *testing.T) {
	var x []float32
	for _, in := range edgeInputs() {
		if !slices.Contains([]string{"subnormal", "tiny"}, in.name) { // it warns of divisions by zero
			x = append(x, in.values...)
		}
	}
	path := filepath.Join(t.TempDir(), "values")
	if err := os.WriteFile(path, floatBytes(x), 0o600); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Blocks map[string]string
		Sizes  map[string][2]int
		Labels map[string]string
	}
	types := []Type{F32, F16, BF16, Q4_0, Q5_0, Q5_1, Q8_0}
	args := []string{path}
	for _, typ := range types {
		args = append(args, strings.ToUpper(typ.String()))
	}
	python(t, &got, "quantize.py", args...)
	for _, typ := range types {
		size, err := RowBytes(typ, len(x))
		if err != nil {
			t.Fatal(err)
		}
		blocks := make([]byte, size)
		if err := Quantize(typ, blocks, x); err != nil {
			t.Fatal(err)
		}
		if name := strings.ToUpper(typ.String()); got.Blocks[name] != hash(blocks) {
			t.Errorf("Python makes other blocks of %s", typ)
		}
	}
	for number, size := range got.Sizes {
		n, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		if n == 9 { // q8_1, which is in no file: 40 bytes in Python, 36 in ggml
			continue
		}
		if typ := Type(n); typ.BlockSize() != size[0] || typ.BlockBytes() != size[1] {
			t.Errorf("%s has %d values in %d bytes, Python says %v", typ, typ.BlockSize(), typ.BlockBytes(), size)
		}
	}
	for number, label := range got.Labels {
		n, err := strconv.ParseUint(number, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if SizeLabel(n) != label {
			t.Errorf("SizeLabel(%d) is %q, Python says %q", n, SizeLabel(n), label)
		}
	}
	if len(got.Sizes) < 30 || len(got.Labels) < 5 {
		t.Errorf("Python has %d sizes and %d labels", len(got.Sizes), len(got.Labels))
	}
}
