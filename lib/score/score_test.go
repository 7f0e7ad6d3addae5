package score_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/export"
	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/internal/simd"
	"github.com/jamba-threat/jamba/lib/metrics"
	"github.com/jamba-threat/jamba/lib/model"
	"github.com/jamba-threat/jamba/lib/score"
)

// flows has numeric columns with missing values, and two categorical ones.
func flows(rows int, seed uint64) *data.Table {
	rng := rand.New(rand.NewPCG(seed, 5))
	t := &data.Table{Name: "flows"}
	for _, name := range []string{"bytes", "packets", "duration"} {
		c := data.Column{Name: name, Kind: data.Numeric, Num: make([]float32, rows)}
		for i := range c.Num {
			c.Num[i] = float32(math.Floor(math.Exp(2 * rng.NormFloat64())))
			if rng.IntN(20) == 0 {
				c.Num[i] = float32(math.NaN())
			}
		}
		t.Columns = append(t.Columns, c)
	}
	for name, dict := range map[string][]string{"protocol": {"icmp", "tcp", "udp"}, "port": {"22", "443", "80"}} {
		c := data.Column{Name: name, Kind: data.Categorical, Dict: dict, Code: make([]int32, rows)}
		for i := range c.Code {
			c.Code[i] = int32(rng.IntN(4)) - 1
		}
		t.Columns = append(t.Columns, c)
	}
	slices.SortStableFunc(t.Columns[3:], func(a, b data.Column) int { return strings.Compare(a.Name, b.Name) })
	for _, c := range t.Columns {
		t.Schema.Columns = append(t.Schema.Columns, data.ColumnSpec{Name: c.Name, Kind: c.Kind})
	}
	return t
}

// written is a model file with random weights.
func written(t testing.TB, cfg model.Config, derived features.Derived, change func(*export.Source)) []byte {
	t.Helper()
	table := flows(400, 1)
	fitted, err := features.Fit(table, features.Config{Bins: 8, Derived: derived})
	if err != nil {
		t.Fatal(err)
	}
	layout, err := model.NewLayout(cfg, fitted.Spec())
	if err != nil {
		t.Fatal(err)
	}
	weights, stats := layout.Init(3)
	rng := rand.New(rand.NewPCG(9, 9))
	for i := range weights { // as if trained: fresh weights hardly tell rows apart
		weights[i] += float32(0.3 * rng.NormFloat64())
	}
	table.Schema.Missing = []string{"-"}
	s := export.Source{Layout: layout, Weights: weights, Stats: stats, Features: fitted, Schema: table.Schema,
		Classes: []string{"benign", "threat"}, Threshold: 0.5, Calibrator: &metrics.Calibrator{Kind: metrics.Temperature, Temperature: 0.3},
		Info: export.Info{Name: "flows", Version: "1.0.0"}}
	if cfg.Outputs > 1 {
		s.Classes, s.Calibrator = []string{"normal", "scan", "flood"}, nil
	}
	if change != nil {
		change(&s)
	}
	var b bytes.Buffer
	if _, err := export.Write(&b, s, export.F32); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(t testing.TB, file []byte, isa string) *score.Model {
	t.Helper()
	m, err := score.Options{ISA: isa}.OpenReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// asMaps gives the rows of a table by name.
func asMaps(t *data.Table) []map[string]any {
	rows := make([]map[string]any, t.Rows())
	for i := range rows {
		rows[i] = map[string]any{"host": "ignored"}
		for j := range t.Columns {
			c := &t.Columns[j]
			switch {
			case c.Kind == data.Categorical && c.Code[i] != data.Missing:
				rows[i][c.Name] = c.Dict[c.Code[i]]
			case c.Kind == data.Numeric && c.Num[i] == c.Num[i]:
				rows[i][c.Name] = float64(c.Num[i])
			default:
				rows[i][c.Name] = nil
			}
		}
	}
	return rows
}

var derived = features.Derived{Logs: true, Ratios: [][2]string{{"bytes", "packets"}}}

// TestWaysAgree gives the same rows as a table, by name, one by one, and as numbers: same bits, same counts.
func TestWaysAgree(t *testing.T) {
	for name, cfg := range map[string]model.Config{"binary": {}, "classes": {Outputs: 3, Members: 5}, "plain": {Members: 1, Blocks: -1}} {
		t.Run(name, func(t *testing.T) {
			m := open(t, written(t, cfg, derived, nil), "")
			table := flows(333, 2)
			table.Columns[3].Dict = []string{"80", "443", "8080"} // another order, and one that is not known
			want, err := m.PredictTable(context.Background(), table)
			if err != nil {
				t.Fatal(err)
			}
			rows := asMaps(table)
			got, err := m.Predict(rows)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Prob, want.Prob) || !slices.Equal(got.Flagged, want.Flagged) || !slices.Equal(got.Class, want.Class) || !slices.Equal(got.Classes, want.Classes) {
				t.Error("rows by name and the table give different results")
			}
			if !maps.Equal(got.MissingValues, want.MissingValues) || !maps.Equal(got.UnknownCategories, want.UnknownCategories) {
				t.Errorf("missing %v, unknown %v; the table has %v, %v", got.MissingValues, got.UnknownCategories, want.MissingValues, want.UnknownCategories)
			}
			if len(want.UnknownCategories) != 1 || want.MissingValues["bytes/packets"] <= want.MissingValues["bytes"] {
				t.Fatalf("the test has lost its point: missing %v, unknown %v", want.MissingValues, want.UnknownCategories)
			}
			one(t, m, rows, want)
		})
	}
}

// one compares PredictRow with the result for all rows.
func one(t *testing.T, m *score.Model, rows []map[string]any, want *score.Prediction) {
	t.Helper()
	missing, unknown := map[string]int{}, map[string]int{}
	classes, n := m.Classes(), m.Outputs()
	for i, row := range rows {
		r, err := m.PredictRow(row)
		if err != nil {
			t.Fatal(err)
		}
		if r.Prob != want.Prob[i] || r.Flagged != want.Flagged[i] || r.Class != classes[want.Class[i]] {
			t.Fatalf("row %d alone is %+v, in the table %v", i, r, want.Prob[i])
		}
		if n > 1 && !slices.Equal(r.Classes, want.Classes[i*n:(i+1)*n]) {
			t.Fatalf("row %d alone has classes %v", i, r.Classes)
		}
		for _, name := range r.Missing {
			missing[name]++
		}
		for _, name := range r.Unknown {
			unknown[name]++
		}
	}
	if !maps.Equal(missing, want.MissingValues) || !maps.Equal(unknown, want.UnknownCategories) {
		t.Errorf("rows alone: missing %v, unknown %v", missing, unknown)
	}
}

// TestRowsAreIndependent predicts batches of many sizes and demands the bits of one large batch.
func TestRowsAreIndependent(t *testing.T) {
	for _, isa := range simd.Supported() {
		m := open(t, written(t, model.Config{TokenWidth: 16, Heads: 2, Blocks: 2, Members: 5}, features.Derived{}, nil), isa.String())
		x := numbers(m, flows(200, 3))
		want := predict(t, m, x)
		for _, size := range []int{1, 2, 3, 15, 16, 17, 31, 63, 64, 65, 130, 199} {
			for first := 0; first+size <= x.Rows; first += size {
				got := predict(t, m, part(m, x, first, size))
				if !slices.Equal(got, want[first:first+size]) {
					t.Fatalf("%v: rows %d..%d alone differ from the whole", isa, first, first+size)
				}
			}
		}
	}
}

// TestInstructionSetsAgree compares the kernels of this machine with plain Go.
func TestInstructionSetsAgree(t *testing.T) {
	if len(simd.Supported()) == 1 {
		t.Skip("this machine has plain Go only")
	}
	for name, cfg := range map[string]model.Config{"default": {}, "classes": {Outputs: 3}, "deep": {Blocks: 4, TokenWidth: 32, Heads: 4, Members: 7, Layers: 3}} {
		file := written(t, cfg, derived, func(s *export.Source) { s.Calibrator = nil }) // which would magnify the differences
		x := numbers(open(t, file, "portable"), flows(150, 4))
		want := predict(t, open(t, file, "portable"), x)
		for _, isa := range simd.Supported()[1:] {
			got := predict(t, open(t, file, isa.String()), x)
			for i := range want {
				if math.Abs(got[i]-want[i]) > 5e-6 {
					t.Errorf("%s, %v: value %d is %v, plain Go has %v", name, isa, i, got[i], want[i])
				}
			}
		}
	}
}

// numbers gives a table as a Batch.
func numbers(m *score.Model, t *data.Table) score.Batch {
	in := m.Inputs()
	x := score.Batch{Rows: t.Rows()}
	for i := range t.Rows() {
		for _, name := range in.Numeric {
			x.Numeric = append(x.Numeric, float64(t.Column(name).Num[i]))
		}
		for _, name := range in.Categorical {
			x.Categorical = append(x.Categorical, m.Code(name, t.Column(name).Value(i)))
		}
	}
	return x
}

func part(m *score.Model, x score.Batch, first, n int) score.Batch {
	in := m.Inputs()
	nn, nc := len(in.Numeric), len(in.Categorical)
	return score.Batch{Rows: n, Numeric: x.Numeric[first*nn : (first+n)*nn], Categorical: x.Categorical[first*nc : (first+n)*nc]}
}

func predict(t testing.TB, m *score.Model, x score.Batch) []float64 {
	t.Helper()
	out := make([]float64, x.Rows*m.Outputs())
	if err := m.PredictBatch(out, x); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestNoAllocation(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector pools forget at random")
	}
	m := open(t, written(t, model.Config{}, derived, nil), "")
	table := flows(100, 6)
	x := numbers(m, table)
	out := make([]float64, x.Rows)
	if n := testing.AllocsPerRun(50, func() { _ = m.PredictBatch(out, x) }); n != 0 {
		t.Errorf("PredictBatch allocates %v times", n)
	}
	row := map[string]any{"bytes": 120.5, "packets": 3, "duration": float32(2), "protocol": "tcp", "port": "80"}
	if n := testing.AllocsPerRun(50, func() { _, _ = m.PredictRow(row) }); n != 0 {
		t.Errorf("PredictRow allocates %v times", n)
	}
}

// TestConcurrent uses one model from many goroutines; run it with -race.
func TestConcurrent(t *testing.T) {
	m := open(t, written(t, model.Config{Members: 3}, derived, nil), "")
	table := flows(90, 7)
	x, rows := numbers(m, table), asMaps(table)
	want := predict(t, m, x)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 20 {
				out := make([]float64, x.Rows)
				if err := m.PredictBatch(out, x); err != nil || !slices.Equal(out, want) {
					t.Errorf("goroutine %d: other results, error %v", g, err)
				}
				if r, err := m.PredictRow(rows[i]); err != nil || r.Prob != want[i] {
					t.Errorf("goroutine %d: row %d is %v, %v", g, i, r.Prob, err)
				}
				if p, err := m.PredictTable(context.Background(), table); err != nil || !slices.Equal(p.Prob, want) {
					t.Errorf("goroutine %d: other results for the table, error %v", g, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestLargeTable(t *testing.T) {
	m := open(t, written(t, model.Config{Members: 2}, features.Derived{}, nil), "")
	table := flows(5000, 8)
	p, err := m.PredictTable(context.Background(), table)
	if err != nil {
		t.Fatal(err)
	}
	if want := predict(t, m, numbers(m, table)); !slices.Equal(p.Prob, want) {
		t.Error("a table divided among goroutines has other results")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := m.PredictTable(ctx, table); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
	empty, err := m.PredictTable(context.Background(), flows(0, 8))
	if err != nil || len(empty.Prob) != 0 {
		t.Errorf("no rows: %v, %v", empty, err)
	}
}

// TestBadRows lists what is refused, and what must be said.
func TestBadRows(t *testing.T) {
	m := open(t, written(t, model.Config{Members: 2}, features.Derived{}, nil), "")
	good := func() map[string]any {
		return map[string]any{"bytes": 1.0, "packets": 2, "duration": 3, "protocol": "tcp", "port": "80"}
	}
	for name, c := range map[string]struct {
		change func(map[string]any)
		says   []string
	}{
		"two columns missing": {func(r map[string]any) { delete(r, "bytes"); delete(r, "port") }, []string{"2 columns missing: bytes, port", "nil stands for"}},
		"text for a number":   {func(r map[string]any) { r["bytes"] = "many" }, []string{"bytes is string many", "number"}},
		"list for a text":     {func(r map[string]any) { r["protocol"] = []string{"tcp"} }, []string{"protocol is []string", "text"}},
		"both":                {func(r map[string]any) { delete(r, "packets"); r["duration"] = struct{}{} }, []string{"packets", "duration is struct"}},
		"bad JSON number":     {func(r map[string]any) { r["bytes"] = json.Number("1x") }, []string{"bytes is json.Number"}},
	} {
		t.Run(name, func(t *testing.T) {
			row := good()
			c.change(row)
			_, err := m.PredictRow(row)
			_, several := m.Predict([]map[string]any{good(), row})
			for _, e := range []error{err, several} {
				if !errors.Is(e, score.ErrInput) {
					t.Fatalf("error %v, want ErrInput", e)
				}
				for _, part := range c.says {
					if !strings.Contains(e.Error(), part) {
						t.Errorf("the error does not say %q: %v", part, e)
					}
				}
			}
			if !strings.Contains(several.Error(), "row 1:") {
				t.Errorf("the error does not name the row: %v", several)
			}
		})
	}
	table := flows(3, 9)
	table.Columns = slices.Delete(table.Columns, 1, 2)
	if _, err := m.PredictTable(context.Background(), table); !errors.Is(err, score.ErrInput) || !strings.Contains(err.Error(), "1 missing: packets") {
		t.Errorf("table without a column: %v", err)
	}
	x := numbers(m, flows(3, 9))
	out := make([]float64, 3)
	for name, change := range map[string]func(*score.Batch){
		"too few numbers": func(b *score.Batch) { b.Numeric = b.Numeric[1:] },
		"too few codes":   func(b *score.Batch) { b.Categorical = nil },
		"code too large":  func(b *score.Batch) { b.Categorical = slices.Clone(b.Categorical); b.Categorical[3] = 5 },
		"code below 0":    func(b *score.Batch) { b.Categorical = slices.Clone(b.Categorical); b.Categorical[0] = -1 },
		"rows below 0":    func(b *score.Batch) { b.Rows = -1 },
		"no room":         func(b *score.Batch) { b.Rows, b.Numeric, b.Categorical = 2, b.Numeric[:6], b.Categorical[:4] },
	} {
		b := x
		change(&b)
		if err := m.PredictBatch(out, b); !errors.Is(err, score.ErrInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestValues gives the same row in the types that a program may have.
func TestValues(t *testing.T) {
	m := open(t, written(t, model.Config{Members: 2}, features.Derived{}, nil), "")
	predict := func(row map[string]any) score.Row {
		t.Helper()
		r, err := m.PredictRow(row)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	want := predict(map[string]any{"bytes": 12.0, "packets": 1.0, "duration": 7.0, "protocol": "tcp", "port": "80"})
	for _, row := range []map[string]any{
		{"bytes": 12, "packets": true, "duration": uint8(7), "protocol": "tcp", "port": 80},
		{"bytes": int64(12), "packets": int8(1), "duration": float32(7), "protocol": "tcp", "port": uint16(80)},
		{"bytes": json.Number("12"), "packets": json.Number("1e0"), "duration": uint64(7), "protocol": "tcp", "port": 80.0},
		{"bytes": int16(12), "packets": uint(1), "duration": int32(7), "protocol": "tcp", "port": json.Number("80"), "further": nil},
	} {
		if got := predict(row); got.Prob != want.Prob || got.Unknown != nil || got.Missing != nil {
			t.Errorf("%v gives %+v, want %v", row, got, want.Prob)
		}
	}
	r := predict(map[string]any{"bytes": math.Inf(1), "packets": nil, "duration": math.NaN(), "protocol": "-", "port": "gopher"})
	if !slices.Equal(r.Missing, []string{"bytes", "packets", "duration", "protocol"}) || !slices.Equal(r.Unknown, []string{"port"}) {
		t.Errorf("missing %v, unknown %v", r.Missing, r.Unknown)
	}
}

func TestOpen(t *testing.T) {
	file := written(t, model.Config{Members: 2}, features.Derived{}, nil)
	want := open(t, file, "")
	path := filepath.Join(t.TempDir(), "m.gguf")
	if err := os.WriteFile(path, file, 0o666); err != nil {
		t.Fatal(err)
	}
	memory := fstest.MapFS{"models/m.gguf": {Data: file}}
	for name, by := range map[string]func() (*score.Model, error){
		"path":             func() (*score.Model, error) { return score.Open(path) },
		"reader":           func() (*score.Model, error) { return score.OpenReader(bytes.NewReader(file), int64(len(file))) },
		"file system":      func() (*score.Model, error) { return score.OpenFS(memory, "models/m.gguf") },
		"disk file system": func() (*score.Model, error) { return score.OpenFS(os.DirFS(filepath.Dir(path)), "m.gguf") },
		"stream":           func() (*score.Model, error) { return score.OpenFS(streamFS{memory}, "models/m.gguf") },
	} {
		m, err := by()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if m.String() != want.String() || m.Threshold() != 0.5 || m.Info().Parameters == 0 {
			t.Errorf("%s: %v", name, m)
		}
	}
	for name, by := range map[string]func() (*score.Model, error){
		"no file":         func() (*score.Model, error) { return score.Open(path + ".none") },
		"folder":          func() (*score.Model, error) { return score.Open(filepath.Dir(path)) },
		"no such name":    func() (*score.Model, error) { return score.OpenFS(memory, "other.gguf") },
		"cut off":         func() (*score.Model, error) { return score.OpenReader(bytes.NewReader(file), int64(len(file)-1)) },
		"empty":           func() (*score.Model, error) { return score.OpenReader(bytes.NewReader(nil), 0) },
		"instruction set": func() (*score.Model, error) { return score.Options{ISA: "mmx"}.Open(path) },
	} {
		if m, err := by(); err == nil || m != nil || !strings.HasPrefix(err.Error(), "score: open") {
			t.Errorf("%s: %v, error %v", name, m, err)
		}
	}
}

// streamFS hides everything but Read from the files of another.
type streamFS struct{ fs.FS }

func (s streamFS) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	return struct{ fs.File }{f}, err
}

func TestEnvironment(t *testing.T) {
	file := written(t, model.Config{Members: 2}, features.Derived{}, nil)
	t.Setenv("JAMBA_SIMD", "portable")
	if m := open(t, file, ""); m.Info().ISA != "portable" {
		t.Errorf("computed by %s, JAMBA_SIMD says portable", m.Info().ISA)
	}
	t.Setenv("JAMBA_SIMD", "sse9")
	if _, err := score.OpenReader(bytes.NewReader(file), int64(len(file))); err == nil || !strings.Contains(err.Error(), "JAMBA_SIMD") {
		t.Errorf("an unknown instruction set in the environment: %v", err)
	}
}

// Example opens a model file, which is all that a service needs, and asks about one flow.
func Example() {
	m, err := score.OpenFS(os.DirFS("testdata"), "flows.gguf")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Inputs())
	row, err := m.PredictRow(map[string]any{"bytes": 1840, "packets": 12, "duration": nil, "port": 443, "protocol": "sctp"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s, probability of a threat %.2f\n", row.Class, row.Prob)
	fmt.Println("missing:", row.Missing, "unknown:", row.Unknown)
	_, err = m.PredictRow(map[string]any{"bytes": 1840, "packets": 12, "protocol": "tcp"})
	fmt.Println(err)
	// Output:
	// {[bytes packets duration] [port protocol]}
	// threat, probability of a threat 0.99
	// missing: [duration] unknown: [protocol]
	// score: predict: rows do not fit the model: 2 columns missing: duration, port (nil stands for a value that is not known)
}
