package modelfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/jamba-threat/jamba/lib/data"
	"github.com/jamba-threat/jamba/lib/features"
	"github.com/jamba-threat/jamba/lib/gguf"
	"github.com/jamba-threat/jamba/lib/internal/modelfile"
	"github.com/jamba-threat/jamba/lib/metrics"
)

// valid is a model with everything in it: derived features, categories, members, an isotonic calibrator.
func valid(t testing.TB) *modelfile.Model {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	table := &data.Table{Name: "rows", Columns: []data.Column{
		{Name: "bytes", Kind: data.Numeric, Num: make([]float32, 200)},
		{Name: "packets", Kind: data.Numeric, Num: make([]float32, 200)},
		{Name: "protocol", Kind: data.Categorical, Code: make([]int32, 200), Dict: []string{"tcp", "udp", "icmp"}},
	}}
	for i := range 200 {
		table.Columns[0].Num[i] = float32(math.Exp(3 * rng.NormFloat64()))
		table.Columns[1].Num[i] = float32(rng.IntN(4))
		table.Columns[2].Code[i] = int32(rng.IntN(3))
	}
	fitted, err := features.Fit(table, features.Config{Bins: 5, Derived: features.Derived{Logs: true, Ratios: [][2]string{{"bytes", "packets"}}}})
	if err != nil {
		t.Fatal(err)
	}
	m := &modelfile.Model{
		Info: modelfile.Info{Name: "test", Version: "1.0.0", Tags: []string{"security"}},
		Network: modelfile.Network{Embedding: modelfile.PiecewiseLinear, Precision: modelfile.Float32, Width: 8, Heads: 2, Blocks: 2,
			FFN: 32, Epsilon: 1e-5, NormEpsilon: 1e-5, Widths: []int{32, 16}, Members: 3, MemberLayer: 2, Outputs: 1},
		Schema:   data.Schema{Columns: fitted.Columns()},
		Features: fitted, Classes: []string{"benign", "threat"}, Threshold: 0.25,
		Calibrator:   &metrics.Calibrator{Kind: metrics.Isotonic, X: []float64{0.1, 0.9}, Y: []float64{0, 1}},
		SeenFamilies: []string{"neptune", "smurf"},
		Report:       modelfile.Report{SHA256: strings.Repeat("ab", 32), Names: []string{"roc_auc"}, Values: []float64{0.97}},
		Weights:      map[string][]float32{},
	}
	for _, s := range modelfile.Tensors(m.Network, fitted.Spec()) {
		values := make([]float32, s.Size())
		for i := range values {
			values[i] = float32(math.Abs(rng.NormFloat64()))
		}
		m.Weights[s.Name] = values
	}
	return m
}

// file is a model on its way into a file, as key-values and tensors that a test may spoil.
type file struct {
	kvs     []gguf.KV
	tensors []gguf.TensorData
}

func encoded(t testing.TB, m *modelfile.Model) *file {
	t.Helper()
	kvs, tensors, err := modelfile.Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	f := &file{kvs: append(kvs, modelfile.FileKeys(0, false)...)}
	for _, x := range tensors {
		f.tensors = append(f.tensors, gguf.TensorData{Name: x.Name, Dims: x.NE(), Data: floats(t, x.Values)})
	}
	return f
}

func floats(t testing.TB, values []float32) []byte {
	t.Helper()
	out := make([]byte, 4*len(values))
	if err := gguf.Quantize(gguf.F32, out, values); err != nil {
		t.Fatal(err)
	}
	return out
}

func (f *file) decode(t testing.TB) (*modelfile.Model, error) {
	t.Helper()
	var b bytes.Buffer
	if err := gguf.Write(&b, f.kvs, f.tensors); err != nil {
		t.Fatalf("the container itself is refused: %v", err)
	}
	read, err := gguf.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatalf("the container itself is refused: %v", err)
	}
	return modelfile.Decode(read)
}

func (f *file) set(key string, value any) {
	i := slices.IndexFunc(f.kvs, func(kv gguf.KV) bool { return kv.Key == key })
	switch {
	case value == nil:
		f.kvs = slices.Delete(f.kvs, i, i+1)
	case i < 0:
		f.kvs = append(f.kvs, gguf.KV{Key: key, Value: value})
	default:
		f.kvs[i].Value = value
	}
}

func (f *file) get(key string) any {
	return f.kvs[slices.IndexFunc(f.kvs, func(kv gguf.KV) bool { return kv.Key == key })].Value
}

func (f *file) tensor(name string) *gguf.TensorData {
	return &f.tensors[slices.IndexFunc(f.tensors, func(t gguf.TensorData) bool { return t.Name == name })]
}

func TestRoundTrip(t *testing.T) {
	variants := map[string]func(*modelfile.Model){
		"everything":    func(*modelfile.Model) {},
		"no calibrator": func(m *modelfile.Model) { m.Calibrator = nil },
		"temperature": func(m *modelfile.Model) {
			m.Calibrator = &metrics.Calibrator{Kind: metrics.Temperature, Temperature: 1.5}
		},
		"unknown families": func(m *modelfile.Model) { m.SeenFamilies = nil },
		"no families":      func(m *modelfile.Model) { m.SeenFamilies = []string{} },
		"no report":        func(m *modelfile.Model) { m.Report = modelfile.Report{} },
		"no words":         func(m *modelfile.Model) { m.Info = modelfile.Info{} },
	}
	for name, change := range variants {
		t.Run(name, func(t *testing.T) {
			want := valid(t)
			change(want)
			got, err := encoded(t, want).decode(t)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.Features.State(), got.Features.State(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("features differ:\n%s", diff)
			}
			if (want.SeenFamilies == nil) != (got.SeenFamilies == nil) {
				t.Errorf("families %v became %v: not known and none are different things", want.SeenFamilies, got.SeenFamilies)
			}
			want.Features, got.Features = nil, nil
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestQuantilesAreExact stores columns of mostly equal values, of distinct ones, and the longest list there is.
func TestQuantilesAreExact(t *testing.T) {
	for _, ties := range []float64{0, 0.5, 0.99, 1} {
		rng := rand.New(rand.NewPCG(3, 4))
		table := &data.Table{Name: "rows", Columns: []data.Column{{Name: "x", Kind: data.Numeric, Num: make([]float32, 3000)}}}
		for i := range table.Columns[0].Num {
			if rng.Float64() >= ties {
				table.Columns[0].Num[i] = float32(rng.NormFloat64())
			}
		}
		fitted, err := features.Fit(table, features.Config{})
		if err != nil {
			t.Fatal(err)
		}
		m := valid(t)
		m.Features, m.Schema.Columns, m.Weights = fitted, fitted.Columns(), map[string][]float32{}
		for _, s := range modelfile.Tensors(m.Network, fitted.Spec()) {
			m.Weights[s.Name] = make([]float32, s.Size())
		}
		got, err := encoded(t, m).decode(t)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(fitted.State(), got.Features.State(), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("ties %v: %s", ties, diff)
		}
	}
}

// violations are files that no exporter writes, and a part of what must be said about each.
func violations() map[string]struct {
	spoil func(*testing.T, *file)
	says  []string
} {
	type violation = struct {
		spoil func(*testing.T, *file)
		says  []string
	}
	set := func(key string, value any, says ...string) violation {
		return violation{func(_ *testing.T, f *file) { f.set(key, value) }, append(says, key)}
	}
	// A number that contradicts the tensors is reported at the tensor.
	against := func(key string, value any, says ...string) violation {
		return violation{func(_ *testing.T, f *file) { f.set(key, value) }, says}
	}
	list := map[string]violation{
		"other architecture": set("general.architecture", "llama", `"llama"`, "another program"),
		"other variant":      set("jambathreat.variant", "future", `"future"`),
		"original variant":   set("jambathreat.variant", "original", `"native"`),
		"newer format":       set("jambathreat.format_version", uint32(2), "is 2", "newer"),
		"wrong width":        set("jambathreat.block_count", int64(2), "is i64, must be u32"),
		"text for number":    set("jambathreat.block_count", "2", "is str, must be u32"),
		"many blocks":        set("jambathreat.block_count", uint32(math.MaxUint32), "0..32"),
		"many blocks, u64":   set("jambathreat.block_count", uint64(math.MaxUint64), "0..32"),
		"one block more":     against("jambathreat.block_count", uint32(3), "blk.2.", "missing"),
		"one block less":     against("jambathreat.block_count", uint32(1), "blk.1.", "not part"),
		"no heads":           set("jambathreat.attention.head_count", uint32(0), "1..64"),
		"heads":              set("jambathreat.attention.head_count", uint32(3), "does not divide"),
		"width":              against("jambathreat.embedding_length", uint32(4), "shape"),
		"width 2^31":         set("jambathreat.embedding_length", uint32(1<<31), "1..512"),
		"epsilon NaN":        set("jambathreat.attention.layer_norm_epsilon", float32(math.NaN()), "above 0"),
		"epsilon 0":          set("jambathreat.tower.norm_epsilon", float32(0), "above 0"),
		"epsilon f64":        set("jambathreat.tower.norm_epsilon", float64(1e-5), "is f64, must be f32"),
		"feed forward":       against("jambathreat.feed_forward_length", uint32(64), "ffn_gate", "shape"),
		"tower widths":       against("jambathreat.tower.widths", []uint32{32, 8}, "tower.1.", "shape"),
		"tower width 2^31":   set("jambathreat.tower.widths", []uint32{1 << 31}, "1..512"),
		"tower depth":        set("jambathreat.tower.widths", make([]uint32, 17), "1..16"),
		"members":            against("jambathreat.tower.member_count", uint32(4), "member_in", "shape"),
		"no members":         set("jambathreat.tower.member_count", uint32(0), "1..256"),
		"member layer":       set("jambathreat.tower.member_layer", uint32(3), "1..2"),
		"outputs":            against("jambathreat.output_count", uint32(2), "output.weight", "shape"),
		"embedding":          set("jambathreat.token.embedding", "fourier", `"fourier"`),
		"precision":          set("jambathreat.token.precision", "float8", `"float8"`),
		"other embedding":    against("jambathreat.token.embedding", "linear", "feature_embd.numeric", "shape"),
		"context":            set("jambathreat.context_length", uint32(7), "is 7", "5 features"),
		"classes":            set("jambathreat.classes", []string{"benign"}, "1 names", "must have 2"),
		"equal classes":      set("jambathreat.classes", []string{"a", "a"}, "repeated"),
		"threshold":          set("jambathreat.threshold", 1.5, "0..1"),
		"threshold NaN":      set("jambathreat.threshold", math.NaN(), "0..1"),
		"calibration kind":   set("jambathreat.calibration.kind", "beta", `"beta"`),
		"calibration lacks":  set("jambathreat.calibration.x", nil, "missing"),
		"calibration order":  {func(_ *testing.T, f *file) { f.set("jambathreat.calibration.y", []float64{1, 0}) }, []string{"out of order"}},
		"report digest":      set("jambathreat.report.sha256", "abc", "64 hexadecimal"),
		"report values":      set("jambathreat.report.values", []float64{1, 2}, "2 values"),
		"schema JSON":        set("jambathreat.schema", "{", "schema"),
		"schema member":      set("jambathreat.schema", `{"colour": 1}`, "colour"),
		"schema lacks":       set("jambathreat.schema", `{"columns":[{"name":"bytes","kind":"numeric"}]}`, `"packets"`),
		"schema kind": set("jambathreat.schema", `{"columns":[{"name":"bytes","kind":"numeric"},{"name":"packets","kind":"categorical"},{"name":"protocol","kind":"categorical"}]}`,
			`"packets" as categorical`),

		"names":           against("jambathreat.features.numeric.names", []string{"bytes", "bytes", "log(bytes)", "bytes/packets"}, "used twice"),
		"names less":      {func(_ *testing.T, f *file) { f.set("jambathreat.features.numeric.names", []string{"bytes"}) }, []string{"entries for 1 features"}},
		"renamed feature": {func(_ *testing.T, f *file) { rename(f, "packets", "octets") }, []string{`"packets"`, "not a numeric column"}},
		"means":           set("jambathreat.features.numeric.means", []float64{1}, "1 entries for 4 features"),
		"std 0":           {func(_ *testing.T, f *file) { f.get("jambathreat.features.numeric.stds").([]float64)[0] = 0 }, []string{"std is 0"}},
		"edges":           {func(_ *testing.T, f *file) { f.get("jambathreat.features.numeric.edges").([]float32)[0] = 9e9 }, []string{"ascending"}},
		"edge counts":     {func(_ *testing.T, f *file) { f.get("jambathreat.features.numeric.edge_counts").([]uint32)[1]++ }, []string{"adds up"}},
		"edge count 2^32-1": {func(_ *testing.T, f *file) {
			f.get("jambathreat.features.numeric.edge_counts").([]uint32)[0] = math.MaxUint32
		}, []string{"adds up"}},
		"quantile runs":  {func(_ *testing.T, f *file) { f.get("jambathreat.features.numeric.quantile_runs").([]uint16)[0] = 60000 }, []string{"at most 1000"}},
		"quantile run 0": {func(_ *testing.T, f *file) { f.get("jambathreat.features.numeric.quantile_runs").([]uint16)[0] = 0 }, []string{"0 times"}},
		"quantiles": {func(_ *testing.T, f *file) {
			f.get("jambathreat.features.numeric.quantiles").([]float64)[0] = math.Inf(1)
		}, []string{"quantiles[0]"}},
		"counts": {func(_ *testing.T, f *file) {
			f.get("jambathreat.features.numeric.counts").([]uint64)[0] = math.MaxUint64
		}, []string{"2^53"}},
		"derived JSON": {func(_ *testing.T, f *file) { f.get("jambathreat.features.numeric.derived").([]string)[3] = "{]" }, []string{"derived"}},
		"derived op": {func(_ *testing.T, f *file) {
			f.get("jambathreat.features.numeric.derived").([]string)[3] = `{"op":"cosine","columns":["bytes"]}`
		}, []string{"cosine"}},
		"features version": against("jambathreat.features.version", uint32(9), "version 9"),
		"features config":  {func(_ *testing.T, f *file) { f.set("jambathreat.features.config", `{"scaling":"cubic"}`) }, []string{"cubic"}},
		"categories": {func(_ *testing.T, f *file) {
			f.set("jambathreat.features.categorical.categories", []string{"b", "a", "c"})
		}, []string{"ascending"}},
		"category counts": {func(_ *testing.T, f *file) { f.set("jambathreat.features.categorical.category_counts", []uint32{4}) }, []string{"adds up"}},
		"categories lack": {func(_ *testing.T, f *file) { f.set("jambathreat.features.categorical.categories", nil) }, []string{"missing"}},
		"a category more": {func(_ *testing.T, f *file) {
			f.set("jambathreat.features.categorical.category_counts", []uint32{4})
			f.set("jambathreat.features.categorical.categories", []string{"a", "b", "c", "d"})
		}, []string{"feature_embd.category", "shape"}},

		"tensor missing": {func(_ *testing.T, f *file) {
			f.tensors = slices.DeleteFunc(f.tensors, func(t gguf.TensorData) bool { return t.Name == "blk.1.ffn_up.bias" })
		}, []string{`"blk.1.ffn_up.bias"`, "missing"}},
		"tensor more": {func(_ *testing.T, f *file) {
			f.tensors = append(f.tensors, gguf.TensorData{Name: "blk.0.extra", Dims: []uint64{4}, Data: make([]byte, 16)})
		}, []string{`"blk.0.extra"`, "not part"}},
		"tensor renamed": {func(_ *testing.T, f *file) { f.tensor("output.bias").Name = "output.biases" }, []string{`"output.bias"`, "missing"}},
		"tensor turned": {func(_ *testing.T, f *file) {
			t := f.tensor("tower.0.weight")
			t.Dims[0], t.Dims[1] = t.Dims[1], t.Dims[0]
		}, []string{`"tower.0.weight"`, "[32 48]", "[48 32]"}},
		"tensor flat": {func(_ *testing.T, f *file) {
			t := f.tensor("blk.0.attn_q.weight")
			t.Dims = []uint64{64}
		}, []string{`"blk.0.attn_q.weight"`, "[64]", "[8 8]"}},
		"variance below 0": {func(t *testing.T, f *file) {
			x := f.tensor("tower.0.norm.variance")
			x.Data = floats(t, append([]float32{-1}, make([]float32, 31)...))
		}, []string{`"tower.0.norm.variance"`, "negative"}},
	}
	for _, key := range []string{"jambathreat.variant", "jambathreat.format_version", "jambathreat.block_count", "jambathreat.embedding_length",
		"jambathreat.feed_forward_length", "jambathreat.context_length", "jambathreat.attention.head_count", "jambathreat.attention.layer_norm_epsilon",
		"jambathreat.token.embedding", "jambathreat.token.precision", "jambathreat.tower.widths", "jambathreat.tower.norm_epsilon",
		"jambathreat.tower.member_count", "jambathreat.tower.member_layer", "jambathreat.output_count", "jambathreat.classes", "jambathreat.threshold",
		"jambathreat.calibration.kind", "jambathreat.schema", "jambathreat.families.known", "jambathreat.features.version", "jambathreat.features.config",
		"jambathreat.features.numeric.counts", "jambathreat.features.numeric.means", "jambathreat.features.numeric.stds", "jambathreat.features.numeric.fills",
		"jambathreat.features.numeric.edges", "jambathreat.features.numeric.edge_counts", "jambathreat.features.numeric.quantile_counts",
		"jambathreat.features.numeric.quantile_runs", "jambathreat.features.categorical.category_counts"} {
		list["without "+key] = set(key, nil, "missing")
	}
	return list
}

func rename(f *file, old, name string) {
	names := f.get("jambathreat.features.numeric.names").([]string)
	names[slices.Index(names, old)] = name
}

// TestStrict demands one clear error for every violation, and ErrModel in it.
func TestStrict(t *testing.T) {
	for name, v := range violations() {
		t.Run(name, func(t *testing.T) {
			f := encoded(t, valid(t))
			v.spoil(t, f)
			_, err := f.decode(t)
			if !errors.Is(err, modelfile.ErrModel) {
				t.Fatalf("error %v, want ErrModel", err)
			}
			for _, part := range v.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error does not say %q: %v", part, err)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
		})
	}
}

// TestNotFinite checks weights on their way in; on their way out the container refuses them.
func TestNotFinite(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		m := valid(t)
		m.Weights["blk.0.attn_v.weight"][3] = float32(bad)
		if _, _, err := modelfile.Encode(m); !errors.Is(err, modelfile.ErrModel) || !strings.Contains(err.Error(), `"blk.0.attn_v.weight"`) {
			t.Errorf("%v: error %v", bad, err)
		}
	}
}

func TestVariant(t *testing.T) {
	f := encoded(t, valid(t))
	f.set("jambathreat.variant", modelfile.Original)
	var b bytes.Buffer
	if err := gguf.Write(&b, f.kvs, f.tensors); err != nil {
		t.Fatal(err)
	}
	read, err := gguf.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if v, err := modelfile.Variant(read); v != modelfile.Original || err != nil {
		t.Errorf("variant %q, %v", v, err)
	}
	if e := modelfile.Encoding(read); e != "f32" {
		t.Errorf("encoding %q", e)
	}
}

// FuzzDecode spoils values of a valid file at random: whatever happens must be an error or a model, never a panic.
func FuzzDecode(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, uint8(3))
	}
	m := valid(f)
	f.Fuzz(func(t *testing.T, seed uint64, changes uint8) {
		rng := rand.New(rand.NewPCG(seed, 9))
		file := encoded(t, m)
		for range changes % 8 {
			file.spoilAny(rng)
		}
		var b bytes.Buffer
		if gguf.Write(&b, file.kvs, file.tensors) != nil {
			return
		}
		read, err := gguf.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			return
		}
		if model, err := modelfile.Decode(read); err == nil {
			if _, _, err := modelfile.Encode(model); err != nil {
				t.Errorf("a model that was read cannot be written: %v", err)
			}
		}
	})
}

// spoilAny changes a value behind one key, keeping its type.
func (f *file) spoilAny(rng *rand.Rand) {
	numbers := []float64{0, -1, 1, 2, 1e9, math.Inf(1), math.NaN(), math.MaxFloat64, 0.5}
	number := numbers[rng.IntN(len(numbers))]
	kv := &f.kvs[1+rng.IntN(len(f.kvs)-1)]
	switch v := kv.Value.(type) {
	case uint32:
		kv.Value = []uint32{0, 1, 2, 3, 255, math.MaxUint32}[rng.IntN(6)]
	case float32:
		kv.Value = float32(number)
	case float64:
		kv.Value = number
	case bool:
		kv.Value = !v
	case string:
		kv.Value = v[:rng.IntN(len(v)+1)]
	case []string:
		v = slices.Clone(v)
		v[rng.IntN(len(v))] = fmt.Sprint(number)
		kv.Value = v[:1+rng.IntN(len(v))]
	case []float64:
		v = slices.Clone(v)
		v[rng.IntN(len(v))] = number
		kv.Value = v[:1+rng.IntN(len(v))]
	case []float32:
		v = slices.Clone(v)
		v[rng.IntN(len(v))] = float32(number)
		kv.Value = v
	case []uint32:
		v = slices.Clone(v)
		v[rng.IntN(len(v))] = uint32(rng.IntN(40))
		kv.Value = v
	case []uint16:
		v = slices.Clone(v)
		v[rng.IntN(len(v))] = uint16(rng.IntN(70000))
		kv.Value = v
	}
}
