package gguf

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestReadGivesBackWhatWasWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sample.gguf")
	if err := os.WriteFile(path, sampleFile(t), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Version != 3 || f.Alignment != 32 || f.DataOffset%32 != 0 {
		t.Errorf("version %d, alignment %d, data at %d", f.Version, f.Alignment, f.DataOffset)
	}
	if !reflect.DeepEqual(f.KVs, sampleKVs()) {
		t.Errorf("keys are\n%v, want\n%v", f.KVs, sampleKVs())
	}
	want := sampleTensors(t)
	if len(f.Tensors) != len(want) {
		t.Fatalf("%d tensors, want %d", len(f.Tensors), len(want))
	}
	for i, w := range want {
		got := f.Tensors[i]
		if byName, ok := f.Tensor(w.Name); !ok || !reflect.DeepEqual(byName, got) {
			t.Errorf("%s by name is %v, %v", w.Name, byName, ok)
		}
		data, err := f.Data(got)
		if err != nil {
			t.Fatal(err)
		}
		if got.Name != w.Name || got.Type != w.Type || !slices.Equal(got.Dims, w.Dims) || !bytes.Equal(data, w.Data) {
			t.Errorf("tensor %d is %v with %d bytes, want %s %s %v", i, got, len(data), w.Name, w.Type, w.Dims)
		}
		values, err := f.Values(got)
		if err != nil {
			t.Fatal(err)
		}
		dequantised := make([]float32, got.Elements())
		if err := Dequantize(w.Type, dequantised, w.Data); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(values, dequantised) {
			t.Errorf("values of %s differ from its blocks", w.Name)
		}
	}
	if err := f.Check(t.Context()); err != nil {
		t.Error(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Check(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("Check with a context that is done gives %v", err)
	}
}

func TestWriteIsDeterministic(t *testing.T) {
	if first, second := sampleFile(t), sampleFile(t); !bytes.Equal(first, second) {
		t.Error("two files of the same content differ")
	}
}

func TestWithoutTensors(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, sampleKVs(), nil); err != nil {
		t.Fatal(err)
	}
	if b.Len()%32 != 0 {
		t.Errorf("%d bytes are not padded", b.Len())
	}
	// Some writers pad such a file, others end it with the header.
	short := rawParts()
	short.tensors, short.infos, short.data = 0, nil, nil
	for _, file := range [][]byte{b.Bytes(), short.header(), padTo(short.header())} {
		if f, err := readBytes(file); err != nil || len(f.Tensors) != 0 {
			t.Errorf("%d bytes: %v", len(file), err)
		}
	}
}

func TestAlignments(t *testing.T) {
	// Write has only one alignment, files of other writers may have any power of two.
	for _, align := range []uint64{1, 8, 64, 4096} {
		up := func(n uint64) uint64 { return (n + align - 1) / align * align }
		p := rawParts()
		p.kv = append(p.kv, rawKV("general.alignment", Uint32, le32(uint32(align))))
		p.kvs++
		p.infos = []string{rawTensor("a", 0, 0, 3), rawTensor("b", 0, up(12), 1)}
		b := p.header()
		b = append(b, make([]byte, up(uint64(len(b)))-uint64(len(b)))...)
		b = append(b, floatBytes([]float32{1, 2, 3})...)
		b = append(b, make([]byte, up(12)-12)...)
		b = append(b, floatBytes([]float32{4})...)
		b = append(b, make([]byte, up(4)-4)...)
		f, err := readBytes(b)
		if err != nil {
			t.Errorf("alignment %d: %v", align, err)
			continue
		}
		if v, err := f.Values(f.Tensors[1]); err != nil || v[0] != 4 {
			t.Errorf("alignment %d: values %v, %v", align, v, err)
		}
	}
}

func TestReadVersion2(t *testing.T) {
	b := sampleFile(t)
	b[4] = 2
	if f, err := readBytes(b); err != nil || f.Version != 2 {
		t.Errorf("%v, %v", f, err)
	}
}

func TestOpenNamesThePath(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.gguf")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{empty: ErrFormat, filepath.Join(dir, "none"): os.ErrNotExist, dir: ErrFormat} {
		f, err := Open(path)
		if f != nil || !errors.Is(err, want) || !strings.Contains(err.Error(), path) {
			t.Errorf("Open(%q) gives %v", path, err)
		}
	}
}

type failing struct{ from int64 }

func (r failing) ReadAt(p []byte, at int64) (int, error) {
	if at+int64(len(p)) > r.from {
		return 0, errors.New("the cable is out")
	}
	return len(p), nil
}

func TestErrorsOfTheMedium(t *testing.T) {
	if _, err := Read(failing{}, 1000); err == nil || errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "the cable is out") {
		t.Errorf("an error of the reader gives %v", err)
	}
	f, err := readBytes(sampleFile(t))
	if err != nil {
		t.Fatal(err)
	}
	f.r = failing{}
	if _, err := f.Data(f.Tensors[0]); err == nil || errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "the cable is out") {
		t.Errorf("an error of the reader in the data gives %v", err)
	}
	// A file that is cut while it is open.
	f.r = bytes.NewReader(sampleFile(t)[:f.DataOffset+8])
	if _, err := f.Data(f.Tensors[0]); !errors.Is(err, ErrFormat) {
		t.Errorf("data that have gone give %v", err)
	}
	if err := f.Check(t.Context()); !errors.Is(err, ErrFormat) {
		t.Errorf("Check of data that have gone gives %v", err)
	}
	if _, err := Read(bytes.NewReader(nil), -1); !errors.Is(err, ErrFormat) {
		t.Errorf("a negative size gives %v", err)
	}
	// A size that is larger than what the reader has.
	if _, err := Read(bytes.NewReader(sampleFile(t)[:100]), 1<<40); !errors.Is(err, ErrFormat) {
		t.Errorf("a size that is a lie gives %v", err)
	}
}

func TestDataOfAnotherFile(t *testing.T) {
	f, err := readBytes(sampleFile(t))
	if err != nil {
		t.Fatal(err)
	}
	tensor := f.Tensors[0]
	tensor.Offset, tensor.Size = 1<<40, math.MaxUint64
	if _, err := f.Data(tensor); !errors.Is(err, ErrMissing) {
		t.Errorf("a tensor that was changed gives %v", err)
	}
	if _, err := f.Values(Tensor{Name: "x"}); !errors.Is(err, ErrMissing) {
		t.Errorf("a tensor that is not there gives %v", err)
	}
	if _, ok := f.Tensor("x"); ok {
		t.Error("there is a tensor x")
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }

func TestWriteReportsTheWriter(t *testing.T) {
	if err := Write(fullDisk{}, sampleKVs(), sampleTensors(t)); err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("a full disk gives %v", err)
	}
}
