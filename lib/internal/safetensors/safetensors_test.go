package safetensors_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/internal/safetensors"
)

func sample() *safetensors.File {
	f := &safetensors.File{Metadata: map[string]string{"format": "test"}}
	f.AddFloats("b.weight", []float32{1, -2, float32(math.NaN()), float32(math.Inf(1)), 5, 6}, 2, 3)
	f.AddFloats("a.scalar", []float32{7})
	f.AddFloats("empty", nil, 0, 4)
	return f
}

func write(t testing.TB, f *safetensors.File) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := f.Write(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestRoundTrip(t *testing.T) {
	raw := write(t, sample())
	if !bytes.Equal(raw, write(t, sample())) {
		t.Error("the same file has other bytes the second time")
	}
	if n := binary.LittleEndian.Uint64(raw); (8+n)%8 != 0 {
		t.Errorf("data begin at byte %d, want a multiple of 8", 8+n)
	}
	f, err := safetensors.Read(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if f.Metadata["format"] != "test" || len(f.Tensors) != 3 {
		t.Errorf("read %v with %d tensors", f.Metadata, len(f.Tensors))
	}
	v, err := f.Floats("b.weight")
	if err != nil || v[1] != -2 || v[2] == v[2] || !math.IsInf(float64(v[3]), 1) {
		t.Errorf("b.weight is %v (%v)", v, err)
	}
	if !bytes.Equal(write(t, f), raw) {
		t.Error("reading and writing changes the file")
	}
	if _, err := f.Floats("c"); err == nil || !strings.Contains(err.Error(), `no tensor "c"`) {
		t.Errorf("absent tensor: %v", err)
	}
}

func TestDuplicateIsRefused(t *testing.T) {
	f := sample()
	f.AddFloats("a.scalar", []float32{8})
	if err := f.Write(&bytes.Buffer{}); err == nil {
		t.Error("two tensors of one name are written")
	}
}

func TestBadFiles(t *testing.T) {
	raw := write(t, sample())
	header := func(text string, data int) []byte {
		b := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
		return append(append(b, text...), make([]byte, data)...)
	}
	cases := map[string][]byte{
		"empty":              nil,
		"no header":          raw[:6],
		"header too long":    binary.LittleEndian.AppendUint64(nil, math.MaxUint64),
		"not JSON":           header("hello!!!", 0),
		"unknown type":       header(`{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}`, 4),
		"negative dimension": header(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, 4),
		"product wraps":      header(`{"a":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,0]}}`, 0),
		"size differs":       header(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 4),
		"offsets turned":     header(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}`, 4),
		"gap":                header(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8),
		"overlap":            header(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4),
		"past the end":       header(`{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}`, 4),
		"bytes left over":    append(slices.Clone(raw), 0),
	}
	for n := range raw {
		cases["cut"] = raw[:n]
		if _, err := safetensors.Read(bytes.NewReader(raw[:n]), int64(n)); !errors.Is(err, safetensors.ErrFormat) {
			t.Fatalf("file cut after %d of %d bytes: %v", n, len(raw), err)
		}
	}
	for name, b := range cases {
		if _, err := safetensors.Read(bytes.NewReader(b), int64(len(b))); !errors.Is(err, safetensors.ErrFormat) {
			t.Errorf("%s: error %v, want ErrFormat", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(write(f, sample()))
	f.Add([]byte{2, 0, 0, 0, 0, 0, 0, 0, '{', '}'})
	f.Fuzz(func(t *testing.T, raw []byte) {
		file, err := safetensors.Read(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			return
		}
		for _, tensor := range file.Tensors {
			if tensor.DType == "F32" {
				if _, err := file.Floats(tensor.Name); err != nil {
					t.Errorf("accepted tensor %q cannot be read: %v", tensor.Name, err)
				}
			}
		}
	})
}
