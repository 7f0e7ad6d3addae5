package torchfile_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/internal/safetensors"
	"github.com/jamba-threat/jamba/lib/internal/torchfile"
	"github.com/jamba-threat/jamba/lib/testenv"
)

func load(t testing.TB, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func read(raw []byte) (*torchfile.Checkpoint, error) {
	return torchfile.Read(bytes.NewReader(raw), int64(len(raw)))
}

// checkFolder compares the files that testdata/make.py writes with what PyTorch says is in them, bit by bit.
func checkFolder(t *testing.T, folder string) {
	var expected []struct {
		Name, DType string
		Shape       []int
		Bits        []int32
	}
	if err := json.Unmarshal(load(t, filepath.Join(folder, "expected.json")), &expected); err != nil {
		t.Fatal(err)
	}
	for file, container := range map[string]string{"zip.pt": "zip", "zip4.pt": "zip", "legacy.pt": "legacy"} {
		c, err := read(load(t, filepath.Join(folder, file)))
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if c.Container != container || c.Key != "model" || len(c.Tensors) != len(expected) {
			t.Fatalf("%s: container %q, key %q, %d tensors", file, c.Container, c.Key, len(c.Tensors))
		}
		for i, want := range expected {
			got := c.Tensors[i]
			if got.Name != want.Name || got.DType != want.DType || !slices.Equal(got.Shape, want.Shape) || len(got.Data) != len(want.Bits) {
				t.Fatalf("%s: tensor %d is %s %s %v of %d numbers, want %+v", file, i, got.Name, got.DType, got.Shape, len(got.Data), want)
			}
			for j, v := range got.Data {
				if math.Float32bits(v) != uint32(want.Bits[j]) {
					t.Errorf("%s: %s[%d] is %v, want %v", file, got.Name, j, v, math.Float32frombits(uint32(want.Bits[j])))
				}
			}
		}
		checkMeta(t, file, c)
	}
}

func checkMeta(t *testing.T, file string, c *torchfile.Checkpoint) {
	want := map[string]any{
		"epoch": int64(3), "loss": 0.25, "negative": int64(-1 << 33), "huge": "1180591620717411303424", "none": nil, "yes": true,
		"text": "\u00fcn\u00efcode", "bytes": []byte{0, 255}, "list": []any{int64(1), []any{2.5, "three"}, []any{}},
		"map": map[string]any{"a": map[string]any{"b": int64(1)}, "7": "seven"}, "device": "cuda:1", "dtype": "torch.bfloat16",
		"size": []any{int64(2), int64(3)}, "set": []any{"only"}, "frozen": []any{int64(5)}, "one": 4.5,
		"numpy": []any{0.1, 0.5, -2.0, int64(-5), int64(-6), int64(200), float64(1 << 63), true},
	}
	for key, value := range want {
		if got, there := c.Meta[key]; !there || !reflect.DeepEqual(got, value) {
			t.Errorf("%s: %s is %#v, want %#v", file, key, got, value)
		}
	}
	if len(c.Meta) != len(want) || !slices.Equal(c.Omitted, []string{"many"}) {
		t.Errorf("%s: %d values beside the state, want %d; omitted %q, want [many]", file, len(c.Meta), len(want), c.Omitted)
	}
}

// TestFixtures were written by PyTorch 2.15 with NumPy 2.4.
func TestFixtures(t *testing.T) { checkFolder(t, "testdata") }

// TestPyTorch reads what the installed PyTorch writes.
func TestPyTorch(t *testing.T) {
	python := testenv.Python(t, "torch", "torch,numpy")
	folder := t.TempDir()
	if out, err := exec.Command(python, "testdata/make.py", folder).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	checkFolder(t, folder)
}

func TestSafetensors(t *testing.T) {
	f := &safetensors.File{Metadata: map[string]string{"epoch": "3"}}
	f.AddFloats("module.w", []float32{1, 2, 3, 4}, 2, 2)
	f.Tensors = append(f.Tensors, safetensors.Tensor{Name: "module.n", DType: "I64", Shape: []int{}, Data: []byte{5, 0, 0, 0, 0, 0, 0, 0}})
	var buf bytes.Buffer
	if err := f.Write(&buf); err != nil {
		t.Fatal(err)
	}
	c, err := read(buf.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	want := []torchfile.Tensor{
		{Name: "w", Shape: []int{2, 2}, Data: []float32{1, 2, 3, 4}, DType: "float32"},
		{Name: "n", Shape: []int{}, Data: []float32{5}, DType: "int64"},
	}
	if c.Container != "safetensors" || !reflect.DeepEqual(c.Tensors, want) || c.Meta["epoch"] != "3" {
		t.Errorf("read %+v", c)
	}
	f.Tensors[1].DType = "U64"
	buf.Reset()
	if err := f.Write(&buf); err != nil {
		t.Fatal(err)
	}
	if _, err := read(buf.Bytes()); !errors.Is(err, torchfile.ErrFormat) || !strings.Contains(err.Error(), `"module.n" has numbers of type U64`) {
		t.Errorf("unsigned 64-bit numbers: %v", err)
	}
}

// TestTruncation cuts every container after every byte: always an error that says what kind of problem it is.
func TestTruncation(t *testing.T) {
	for _, name := range []string{"zip.pt", "zip4.pt", "legacy.pt"} {
		raw := load(t, filepath.Join("testdata", name))
		for n := range raw {
			if _, err := read(raw[:n]); !errors.Is(err, torchfile.ErrFormat) {
				t.Fatalf("%s cut after %d of %d bytes: %v", name, n, len(raw), err)
			}
		}
	}
}

// TestDamage inverts every byte of every container in turn. What was changed may not matter; nothing may crash, and an
// error must be one of the two kinds.
func TestDamage(t *testing.T) {
	for _, name := range []string{"zip.pt", "legacy.pt"} {
		raw := load(t, filepath.Join("testdata", name))
		for n := range raw {
			raw[n] ^= 0xff
			if _, err := read(raw); err != nil && !errors.Is(err, torchfile.ErrFormat) && !errors.Is(err, torchfile.ErrRefused) {
				t.Fatalf("%s with byte %d inverted: %v", name, n, err)
			}
			raw[n] ^= 0xff
		}
	}
}

type failing struct{}

func (failing) ReadAt([]byte, int64) (int, error) { return 0, io.ErrClosedPipe }

func TestReaderErrorsPass(t *testing.T) {
	if _, err := torchfile.Read(failing{}, 100); !errors.Is(err, io.ErrClosedPipe) || errors.Is(err, torchfile.ErrFormat) {
		t.Errorf("error %v, want that of the reader alone", err)
	}
	if _, err := torchfile.Read(failing{}, 1<<40); !errors.Is(err, torchfile.ErrFormat) {
		t.Errorf("a file of a terabyte: %v", err)
	}
}

func ExampleRead() {
	file, err := os.Open("testdata/zip.pt")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := torchfile.Read(file, info.Size())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(c.Container, c.Key, "epoch", c.Meta["epoch"])
	fmt.Println(c.Tensors[3].Name, c.Tensors[3].Shape, c.Tensors[3].DType, c.Tensors[3].Data[:3])
	// Output:
	// zip model epoch 3
	// every second [12] float32 [-0.875 -0.625 -0.375]
}
