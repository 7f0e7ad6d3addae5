package data

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/testenv"
)

// python runs a script with the given modules available, in a folder of its own, and returns its output and the folder.
func python(t *testing.T, modules, script string, files map[string][]byte) (output, dir string) {
	t.Helper()
	interpreter := testenv.Python(t, "python", modules)
	dir = t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(interpreter, "-c", script)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out), dir
}

func TestNumPyReadsWhatWeWrite(t *testing.T) {
	table := mixedTable(t, 700, Schema{Label: "class", Family: "kind", Group: "host", Time: "when"})
	var b bytes.Buffer
	if err := WriteNPZ(&b, table); err != nil {
		t.Fatal(err)
	}
	// NumPy gives everything back as a CSV of its own making, which is then read and compared.
	const script = `
import numpy as np, csv
d = np.load("t.npz", allow_pickle=False)
X, y = d["X"], d["y"]
assert X.dtype == np.float32 and X.flags.c_contiguous and y.dtype == np.int32 and X.shape == (700, 2), (X.dtype, X.shape)
assert list(d["feature_names"]) == ["plain", "second"] and list(d["columns"]) == ["plain", "pro,to", "second"]
def text(name):
    code, values = d[name + ".code"], d[name + ".dict"]
    return ["" if c < 0 else str(values[c]) for c in code]
when = ["" if np.isnat(v) else str(v) + "Z" for v in d["when"]]
with open("t.csv", "w", newline="") as f:
    w = csv.writer(f, quoting=csv.QUOTE_ALL)
    w.writerow(["plain", "pro,to", "second", "kind", "host", "class", "when"])
    for row in zip([repr(v.item()) for v in X[:, 0]], text("pro,to"), [repr(v.item()) for v in X[:, 1]], text("kind"), text("host"), [str(d["class_names"][c]) for c in y], when):
        w.writerow(row)
`
	_, dir := python(t, "numpy", script, map[string][]byte{"t.npz": b.Bytes()})
	got, err := Read(context.Background(), filepath.Join(dir, "t.csv"), table.Schema)
	if err != nil {
		t.Fatal(err)
	}
	checkSame(t, got, table)
}

func TestWeReadWhatNumPyWrites(t *testing.T) {
	const script = `
import numpy as np
X = np.array([[1, 2.5], [np.nan, -np.inf], [3, 1e-3]])
y = np.array([0, 1, 1])
names = np.array(["a", "b"])
for dtype in "f2 f4 f8 >f4 >f8".split():
    np.savez("x_%s.npz" % dtype.replace(">", "big"), X=X.astype(dtype), y=y, feature_names=names)
np.savez_compressed("x_fortran.npz", X=np.asfortranarray(X), y=y.astype("u1"), feature_names=names.astype("S"))
np.savez("x_plain.npz", X=X, y=y == 1)
cols = {}
for dtype in "i1 i2 i4 i8 u1 u2 u4 u8 >i2 >i8 >u4 ?".split():
    cols["c_" + dtype.replace(">", "big").replace("?", "bool")] = np.array([1, 0, 1], dtype)
np.savez("columns.npz", proto=np.array(["tcp", "", "日本"]), raw=np.array([b"x", b"yy", b""]), when=np.array(["2024-01-01", "NaT", "2024-01-02T03:04:05"], "M8[ms]"), **cols)
np.savez("object.npz", X=X, feature_names=np.array(["a", "b"], dtype=object))
np.savez("range.npz", X=np.array([[1.0], [1e39]]))
np.savez("matrix.npz", train=X)
np.savez("cube.npz", X=np.zeros((2, 3, 4)))
np.savez("ragged.npz", a=np.zeros(3), b=np.zeros(4))
np.savez("complex.npz", a=np.zeros(3, complex))
np.savez("record.npz", a=np.zeros(3, [("x", "f4"), ("y", "i4")]))
np.savez("names.npz", X=X, feature_names=np.array(["a"]))
np.savez("empty.npz", X=np.zeros((0, 2)))
np.savez("scalar.npz", X=X, lr=0.5)
`
	_, dir := python(t, "numpy", script, nil)
	read := func(name string, s Schema) (*Table, error) {
		return Read(context.Background(), filepath.Join(dir, name), s)
	}
	for _, name := range []string{"f2", "f4", "f8", "bigf4", "bigf8", "fortran", "plain"} {
		table, err := read("x_"+name+".npz", Schema{})
		if err != nil {
			t.Error(name, err)
			continue
		}
		want, features := "1|2.5|benign/_|_|threat/3|0.001|threat/", "a b"
		if name == "f2" {
			want = "1|2.5|benign/_|_|threat/3|0.0010004044|threat/"
		}
		if name == "plain" {
			features = "x0 x1"
		}
		if got := show(table); got != want || strings.Join(table.FeatureNames(), " ") != features {
			t.Errorf("%s: got %s of %v", name, got, table.FeatureNames())
		}
		var chunks []*Table
		if err := Scan(context.Background(), filepath.Join(dir, "x_"+name+".npz"), Schema{}, func(c *Table) error { chunks = append(chunks, c); return nil }); err != nil || len(chunks) != 1 || show(chunks[0]) != want {
			t.Errorf("%s: Scan: %v", name, err)
		}
	}
	table, err := read("columns.npz", Schema{Time: "when"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range table.Columns {
		c := &table.Columns[i]
		if strings.HasPrefix(c.Name, "c_") && !slices.Equal(c.Num, []float32{1, 0, 1}) {
			t.Errorf("%s is %v", c.Name, c.Num)
		}
	}
	if c := table.Column("proto"); c.Value(0) != "tcp" || c.Code[1] != Missing || c.Value(2) != "日本" {
		t.Errorf("proto is %v", c)
	}
	if c := table.Column("raw"); c.Value(1) != "yy" || c.Code[2] != Missing {
		t.Errorf("raw is %v", c)
	}
	if !slices.Equal(table.Time, []int64{1704067200e9, NoTime, 1704164645e9}) {
		t.Errorf("times %v", table.Time)
	}
	for name, want := range map[string]string{
		"object.npz": "astype(str)", "range.npz": "row 2", "matrix.npz": "name the matrix of features X", "cube.npz": "3 dimensions", "ragged.npz": `"b"`,
		"complex.npz": "<c16", "record.npz": "records", "names.npz": "1 names for the 2 columns", "empty.npz": "no rows", "scalar.npz": `"lr"`,
	} {
		_, err := read(name, Schema{})
		checkMessage(t, err, nil, []string{want})
	}
	if _, err := read("scalar.npz", Schema{Drop: []string{"lr"}}); err != nil {
		t.Error("a dropped array is still read:", err)
	}
}

func TestArrowReadsWhatWeWrite(t *testing.T) {
	table := mixedTable(t, 70_000, Schema{Label: "class", Family: "kind", Group: "host", Time: "when"})
	var b bytes.Buffer
	if err := WriteParquet(&b, table); err != nil {
		t.Fatal(err)
	}
	const script = `
import pyarrow.parquet as pq, pyarrow as pa
f = pq.ParquetFile("t.parquet")
assert [c.name for c in f.schema] == ["plain", "pro,to", "second", "kind", "host", "class", "when"], f.schema
assert f.schema_arrow.field("plain").type == pa.float32() and not f.schema_arrow.field("plain").nullable, f.schema
assert f.schema_arrow.field("class").type == pa.int32() and f.schema_arrow.field("when").type == pa.timestamp("ns", "UTC"), f.schema_arrow
t = f.read()
assert t.num_rows == 70000
pq.write_table(t, "again.parquet", compression="zstd", data_page_version="1.0", use_dictionary=True, row_group_size=999)
pq.write_table(t, "plain.parquet", compression="none", use_dictionary=False, version="1.0", coerce_timestamps="us", allow_truncated_timestamps=True)
`
	_, dir := python(t, "pyarrow.parquet", script, map[string][]byte{"t.parquet": b.Bytes()})
	for _, name := range []string{"again.parquet", "plain.parquet"} {
		got, err := Read(context.Background(), filepath.Join(dir, name), table.Schema)
		if err != nil {
			t.Fatal(name, err)
		}
		if name == "plain.parquet" {
			for i := range got.Time {
				if table.Time[i] != NoTime && got.Time[i] == table.Time[i]/1000*1000 {
					got.Time[i] = table.Time[i]
				}
			}
		}
		checkSame(t, got, table)
	}
}

func TestWeReadWhatArrowWrites(t *testing.T) {
	const script = `
import pyarrow as pa, pyarrow.parquet as pq, datetime as dt, decimal
ints = [1, None, 3]
cols = {t: pa.array(ints, getattr(pa, t)()) for t in "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64".split()}
cols["flag"] = pa.array([True, None, False])
cols["text"] = pa.array(["tcp", None, "udp"])
cols["coded"] = pa.array(["a", "b", None]).dictionary_encode()
cols["dec"] = pa.array([decimal.Decimal("1.25"), None, decimal.Decimal("-3.50")], pa.decimal128(9, 2))
cols["label"] = pa.array([False, True, True])
when = [dt.datetime(2024, 1, 1, 0, 0, 1), None, dt.datetime(2024, 1, 2)]
pq.write_table(pa.table({**cols, "when": pa.array(when, pa.timestamp("ms"))}), "ms.parquet", store_decimal_as_integer=True)
pq.write_table(pa.table({**cols, "when": pa.array(when, pa.timestamp("ns"))}), "int96.parquet", use_deprecated_int96_timestamps=True, store_decimal_as_integer=True)
nested = pa.table({"a": [1.0], "list": [[1, 2]], "pair": [{"x": 1}]})
pq.write_table(nested, "nested.parquet")
pq.write_table(pa.table({"a": pa.array([], pa.float32())}), "empty.parquet")
pq.write_table(pa.table({"a": [1.0, 2.0, 1e39]}), "range.parquet")
pq.write_table(pa.table({"day": pa.array([dt.date(2024, 1, 1)]), "a": [1.0]}), "day.parquet")
`
	_, dir := python(t, "pyarrow.parquet", script, nil)
	read := func(name string, s Schema) (*Table, error) {
		return Read(context.Background(), filepath.Join(dir, name), s)
	}
	for _, name := range []string{"ms.parquet", "int96.parquet"} {
		table, err := read(name, Schema{Label: "label", Time: "when"})
		if err != nil {
			t.Fatal(name, err)
		}
		want := strings.Repeat("1|", 10) + "1|tcp|a|1.25|benign/" + strings.Repeat("_|", 11) + "_|b|_|threat/" + strings.Repeat("3|", 10) + "0|udp|_|-3.5|threat/"
		if got := show(table); got != want {
			t.Errorf("%s: got  %s\nwant %s", name, got, want)
		}
		if !slices.Equal(table.Time, []int64{1704067201e9, NoTime, 1704153600e9}) {
			t.Errorf("%s: times %v", name, table.Time)
		}
	}
	_, err := read("nested.parquet", Schema{})
	checkMessage(t, err, ErrFormat, []string{"flat columns", `"list"`, `"pair"`, "drop"})
	if table, err := read("nested.parquet", Schema{Drop: []string{"list", "pair"}}); err != nil || show(table) != "1|/" {
		t.Errorf("nested columns that are dropped: %v", err)
	}
	_, err = read("empty.parquet", Schema{})
	checkMessage(t, err, ErrFormat, []string{"no rows"})
	_, err = read("range.parquet", Schema{})
	checkMessage(t, err, ErrRange, []string{"row 3", `"a"`, "1e+39"})
	if table, err := read("day.parquet", Schema{Time: "day"}); err != nil || table.Time[0] != 1704067200e9 {
		t.Errorf("a date as time: %v", err)
	}
}

// arrowKinds are the types of TestWeReadEveryPageOfArrow: Arrow's name, and the text of row i where it has a value.
var arrowKinds = []struct {
	name string
	text func(i int) string
}{
	{"int8", arrowInteger}, {"int16", arrowInteger}, {"int32", arrowInteger}, {"int64", arrowInteger},
	{"uint8", arrowNatural}, {"uint16", arrowNatural}, {"uint32", arrowNatural}, {"uint64", arrowNatural},
	{"float32", arrowFraction}, {"float64", arrowFraction},
	{"bool_", func(i int) string { return strconv.FormatBool(i%5 < 2) }},
	{"string", func(i int) string { return "w" + strconv.Itoa(i*37%101) }},
}

func arrowInteger(i int) string  { return strconv.Itoa(i*37%101 - 50) }
func arrowNatural(i int) string  { return strconv.Itoa(i * 37 % 101) }
func arrowFraction(i int) string { return strconv.FormatFloat(float64(i*37%101-50)/4, 'g', -1, 64) }

// arrowRows is the number of rows, in three row groups and many pages.
const arrowRows = 2500

// TestWeReadEveryPageOfArrow reads files that Arrow wrote of every type, required and optional, without, with some and
// with only nulls, in every encoding, codec and version of page that it has, as numbers and as categories.
func TestWeReadEveryPageOfArrow(t *testing.T) {
	const script = `
import pyarrow as pa, pyarrow.parquet as pq
n = 2500
integer, natural = [i * 37 % 101 - 50 for i in range(n)], [i * 37 % 101 for i in range(n)]
kinds = {k: integer for k in "int8 int16 int32 int64".split()} | {k: natural for k in "uint8 uint16 uint32 uint64".split()}
kinds |= {k: [v / 4 for v in integer] for k in ("float32", "float64")}
kinds |= {"bool_": [i % 5 < 2 for i in range(n)], "string": ["w%d" % v for v in natural]}
arrays, fields = [], []
for kind, values in kinds.items():
    for nulls in "required none some many all".split():
        def null(i): return nulls == "all" or nulls == "some" and i % 97 == 3 or nulls == "many" and i % 3 != 0
        arrays.append(pa.array([None if null(i) else v for i, v in enumerate(values)], getattr(pa, kind)()))
        fields.append(pa.field(kind + " " + nulls, arrays[-1].type, nullable=nulls != "required"))
table = pa.table(arrays, pa.schema(fields))
delta = {}
for f in fields:
    if pa.types.is_integer(f.type): delta[f.name] = "DELTA_BINARY_PACKED"
    elif pa.types.is_floating(f.type): delta[f.name] = "BYTE_STREAM_SPLIT"
    elif f.type == pa.bool_(): delta[f.name] = "RLE"
    else: delta[f.name] = "DELTA_LENGTH_BYTE_ARRAY" if "some" in f.name else "DELTA_BYTE_ARRAY"
for codec in "none snappy zstd".split():
    for version in "1.0 2.0".split():
        for name, how in {"plain": dict(use_dictionary=False), "dictionary": {}, "overflow": dict(dictionary_pagesize_limit=200),
                          "delta": dict(use_dictionary=False, column_encoding=delta)}.items():
            pq.write_table(table, "%s-%s-%s.parquet" % (name, codec, version), compression=codec, data_page_version=version, data_page_size=300,
                           write_batch_size=50, row_group_size=1000, write_page_checksum=version == "2.0", **how)
`
	_, dir := python(t, "pyarrow.parquet", script, nil)
	files, err := filepath.Glob(filepath.Join(dir, "*.parquet"))
	if err != nil || len(files) != 24 {
		t.Fatal(err, files)
	}
	var all []string
	for _, k := range arrowKinds {
		for _, nulls := range []string{"required", "none", "some", "many", "all"} {
			all = append(all, k.name+" "+nulls)
		}
	}
	for _, file := range files {
		for _, s := range []Schema{{}, {Categorical: all}} {
			table, err := Read(context.Background(), file, s)
			if err != nil {
				t.Fatal(filepath.Base(file), err)
			}
			for _, k := range arrowKinds {
				for _, nulls := range []string{"required", "none", "some", "many", "all"} {
					checkArrow(t, filepath.Base(file), table.Column(k.name+" "+nulls), nulls, k.text)
				}
			}
		}
	}
}

// checkArrow compares a column with what the script of TestWeReadEveryPageOfArrow wrote.
func checkArrow(t *testing.T, file string, c *Column, nulls string, text func(i int) string) {
	t.Helper()
	if c == nil || c.Len() != arrowRows {
		t.Fatalf("%s: column %v", file, c)
	}
	for i := range arrowRows {
		want := text(i)
		if c.Kind == Numeric && (want == "true" || want == "false") {
			want = map[string]string{"true": "1", "false": "0"}[want]
		}
		if nulls == "all" || nulls == "some" && i%97 == 3 || nulls == "many" && i%3 != 0 {
			want = ""
		}
		if got := c.Value(i); got != want {
			t.Fatalf("%s: %s row %d: got %q, want %q", file, c.Name, i, got, want)
		}
	}
}
