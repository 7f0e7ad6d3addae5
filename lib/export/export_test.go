package export_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/export"
	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/gguf"
	"github.com/jamba-threat/jamba/lib/internal/simd"
	"github.com/jamba-threat/jamba/lib/model"
	"github.com/jamba-threat/jamba/lib/testenv"
)

func write(t testing.TB, s export.Source, mix export.Mix) ([]byte, *export.Summary) {
	t.Helper()
	var b bytes.Buffer
	summary, err := export.Write(&b, s, mix)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), summary
}

func parse(t testing.TB, file []byte) *gguf.File {
	t.Helper()
	f, err := gguf.Read(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestDeterministic writes the same detector twice, the second time made anew.
func TestDeterministic(t *testing.T) {
	make := func() export.Source {
		return randomNetwork(t, model.Config{}, features.Config{}, 8, 2, 5).Source
	}
	for _, mix := range gguf.Mixes() {
		a, _ := write(t, make(), mix)
		b, _ := write(t, make(), mix)
		if !bytes.Equal(a, b) {
			t.Errorf("%v: two files of one detector differ", mix)
		}
	}
}

// TestMixes compares the summary with what the file says, and the quantised network with the exact one.
func TestMixes(t *testing.T) {
	n := randomNetwork(t, model.Config{TokenWidth: 32, Heads: 4, FFN: 256, Hidden: 256, Layers: 3, Members: 4}, features.Config{}, 7, 1, 6)
	exact := make([]float64, n.matrix.Rows)
	if err := n.open(t, export.F32, simd.Best()).PredictMatrix(exact, n.matrix); err != nil {
		t.Fatal(err)
	}
	last := math.Inf(1)
	for _, mix := range gguf.Mixes() {
		file, s := write(t, n.Source, mix)
		f := parse(t, file)
		if s.Bytes != int64(len(file)) || s.Data != int64(len(file))-int64(f.DataOffset) || int(s.Weights()) != n.Layout.NWeights+n.Layout.NStats {
			t.Errorf("%v: the file has %d bytes, data from %d on; the summary says %d, %d, %d weights", mix, len(file), f.DataOffset, s.Bytes, s.Data, s.Weights())
		}
		for i, c := range s.Tensors {
			if x := f.Tensors[i]; x.Name != c.Name || x.Type != c.Type || x.Size != c.Bytes {
				t.Errorf("%v: tensor %d is %v, the summary says %v", mix, i, x, c)
			}
		}
		if v, err := f.Uint32("general.file_type"); err != nil || v != mix.FileType() {
			t.Errorf("%v: file type %v, %v", mix, v, err)
		}
		if bits := s.BitsPerWeight(); bits > last {
			t.Errorf("%v takes %.2f bits for each weight, the mix before it %.2f", mix, bits, last)
		} else {
			last = bits
		}
		got := make([]float64, len(exact))
		if err := n.open(t, mix, simd.Best()).PredictMatrix(got, n.matrix); err != nil {
			t.Fatal(err)
		}
		limit := map[export.Mix]float64{export.F32: 0, export.F16: 1e-3, export.BF16: 1e-2, export.Q8_0: 1e-2}[mix]
		if limit == 0 && mix != export.F32 {
			limit = 0.2
		}
		if worst, _ := largest(got, exact); !(worst <= limit) {
			t.Errorf("%v changes a probability by %v", mix, worst)
		}
	}
}

// TestHonest states what the default network becomes as q4_k_m: its rows are too narrow, and the summary says so.
func TestHonest(t *testing.T) {
	n := randomNetwork(t, model.Config{}, features.Config{}, 20, 0, 6)
	_, s := write(t, n.Source, export.Q4_K_M)
	fell, meant := s.FellBack()
	if fell != 10 || meant != 10 || s.BitsPerWeight() < 16 {
		t.Errorf("%d of %d matrices fell back, %.2f bits", fell, meant, s.BitsPerWeight())
	}
	for _, part := range []string{"10 of 10 matrices fell back", "q4_K", "f16", "q5_0"} {
		if !strings.Contains(s.String(), part) {
			t.Errorf("the summary does not say %q:\n%v", part, s)
		}
	}
}

func TestRefused(t *testing.T) {
	fresh := func() export.Source {
		return randomNetwork(t, model.Config{Members: 2}, features.Config{}, 3, 1, 5).Source
	}
	set := func(s *export.Source, name string, v float64) {
		p, ok := s.Layout.Weight(name)
		if !ok {
			t.Fatalf("no parameter %s", name)
		}
		s.Weights[p.Offset+1] = float32(v)
	}
	for name, c := range map[string]struct {
		change func(*export.Source)
		mix    export.Mix
		says   string
	}{
		"NaN":             {func(s *export.Source) { set(s, "head.weight", math.NaN()) }, export.F32, `"output.weight"`},
		"Inf":             {func(s *export.Source) { set(s, "blk.0.attn_q.weight", math.Inf(1)) }, export.Q8_0, `"blk.0.attn_q.weight"`},
		"NaN statistic":   {func(s *export.Source) { s.Stats[0] = float32(math.NaN()) }, export.F32, `"tower.0.norm.mean"`},
		"f16 overflow":    {func(s *export.Source) { set(s, "layer.0.linear.weight", 65520) }, export.F16, `"tower.0.weight"`},
		"fallback to f16": {func(s *export.Source) { set(s, "blk.0.attn_q.weight", -1e6) }, export.Q4_K_M, `"blk.0.attn_q.weight"`},
		"q8_0 overflow":   {func(s *export.Source) { set(s, "layer.1.linear.weight", 9e6) }, export.Q8_0, `"tower.1.weight"`},
		"too few weights": {func(s *export.Source) { s.Weights = s.Weights[1:] }, export.F32, "numbers, the layout has"},
		"no features":     {func(s *export.Source) { s.Features = nil }, export.F32, "no features"},
		"other features": {func(s *export.Source) {
			s.Features = randomNetwork(t, model.Config{}, features.Config{}, 4, 1, 1).Features
		}, export.F32, "no column"},
		"no such class":    {func(s *export.Source) { s.Classes = nil }, export.F32, "classes"},
		"unknown mix":      {func(*export.Source) {}, export.Mix(99), "mix 99"},
		"name with NUL":    {func(s *export.Source) { s.Info.Name = "a\x00b" }, export.F32, "NUL"},
		"threshold of NaN": {func(s *export.Source) { s.Threshold = math.NaN() }, export.F32, "threshold"},
	} {
		t.Run(name, func(t *testing.T) {
			s := fresh()
			c.change(&s)
			var b bytes.Buffer
			_, err := export.Write(&b, s, c.mix)
			if err == nil || !strings.HasPrefix(err.Error(), "export: ") || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
			if b.Len() > 0 {
				t.Errorf("%d bytes were written before the error", b.Len())
			}
		})
	}
}

// TestConvert quantises an f32 file as it would have been quantised at once, and refuses to round twice.
func TestConvert(t *testing.T) {
	s := randomNetwork(t, model.Config{Members: 3}, features.Config{}, 5, 1, 8).Source
	exact, _ := write(t, s, export.F32)
	want, _ := write(t, s, export.Q5_K_M)
	var b bytes.Buffer
	if _, err := export.Convert(&b, parse(t, exact), export.Q5_K_M); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Error("converting the f32 file gives another file than writing it at once")
	}
	if _, err := export.Convert(io.Discard, parse(t, want), export.Q8_0); err == nil || !strings.Contains(err.Error(), "loses twice") {
		t.Errorf("a quantised source: %v", err)
	}
}

func TestFailedWriter(t *testing.T) {
	s := randomNetwork(t, model.Config{Members: 2}, features.Config{}, 3, 0, 5).Source
	full := errors.New("disk full")
	if _, err := export.Write(failing{full}, s, export.F32); !errors.Is(err, full) {
		t.Errorf("error %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestFileName(t *testing.T) {
	name, err := export.FileName(export.Info{Name: "nsl kdd!", Version: "1.0.0"}, 76136, export.Q4_K_M)
	if err != nil || name != "nsl-kdd-76K-v1.0.0-Q4_K_M.gguf" {
		t.Errorf("%q, %v", name, err)
	}
}

// TestPython reads a file with the Python package gguf, and compares every key and tensor.
func TestPython(t *testing.T) {
	python := testenv.Python(t, "gguf", "gguf,numpy")
	n := randomNetwork(t, model.Config{TokenWidth: 32, Heads: 4, FFN: 64, Members: 3}, features.Config{Derived: features.Derived{Logs: true}}, 9, 2, 4)
	for _, mix := range gguf.Mixes() {
		file, _ := write(t, n.Source, mix)
		path := filepath.Join(t.TempDir(), "model.gguf")
		if err := os.WriteFile(path, file, 0o666); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(python, filepath.Join("testdata", "list.py"), path).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %v\n%s", mix, err, out)
		}
		if got, want := string(out), listing(t, parse(t, file)); got != want {
			t.Errorf("%v: Python reads\n%s\nwant\n%s", mix, got, want)
		}
	}
}

// listing describes a file as testdata/list.py does: keys with the number of their values, tensors with type, shape and the
// sum of their values.
func listing(t *testing.T, f *gguf.File) string {
	var b strings.Builder
	for _, kv := range f.KVs {
		_, _, count, _ := gguf.TypeOf(kv.Value)
		fmt.Fprintf(&b, "%s %d\n", kv.Key, count)
	}
	for _, x := range f.Tensors {
		values, err := f.Values(x)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, v := range values {
			sum += float64(v)
		}
		fmt.Fprintf(&b, "%s %s %v %.4f\n", x.Name, strings.ToLower(x.Type.String()), x.Dims, sum+0) // no -0
	}
	return b.String()
}

// The name of a file says what is in it, by the naming rule of GGUF.
func ExampleFileName() {
	name, err := export.FileName(export.Info{Name: "nsl kdd", Version: "1.0.0"}, 73288, export.Q8_0)
	fmt.Println(name, err)
	// Output:
	// nsl-kdd-73K-v1.0.0-Q8_0.gguf <nil>
}
