package data

import (
	"archive/zip"
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
)

func writeTemp(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestParquetTypes(t *testing.T) {
	type row struct {
		I32   int32    `parquet:"i32"`
		I64   *int64   `parquet:"i64,optional"`
		U32   uint32   `parquet:"u32"`
		F64   *float64 `parquet:"f64,optional"`
		F32   *float32 `parquet:"f32,optional"`
		Flag  bool     `parquet:"flag"`
		Text  *string  `parquet:"text,optional,dict"`
		Raw   []byte   `parquet:"raw"`
		Milli int64    `parquet:"milli,timestamp(millisecond)"`
		Label int32    `parquet:"label"`
	}
	ptr := func(v float64) *float64 { return &v }
	text, f32, i64 := "tcp", float32(0.1), int64(-5)
	rows := []row{
		{1, &i64, 4294967295, ptr(0.1), &f32, true, &text, []byte("NA"), 1704067201000, 0},
		{-2, nil, 0, nil, nil, false, nil, []byte(""), 1704067202000, 1},
	}
	var b bytes.Buffer
	if err := parquet.Write(&b, rows); err != nil {
		t.Fatal(err)
	}
	path := writeTemp(t, "t.parquet", b.Bytes())
	table, err := Read(context.Background(), path, Schema{Label: "label", Time: "milli"})
	if err != nil {
		t.Fatal(err)
	}
	if got := show(table); got != "1|-5|4.2949673e+09|0.1|0.1|1|tcp|NA|benign/-2|_|0|_|_|0|_|_|threat/" {
		t.Error(got)
	}
	if !slices.Equal(table.Time, []int64{1704067201e9, 1704067202e9}) {
		t.Errorf("times %v", table.Time)
	}
	// Numbers as categories, texts as numbers.
	table, err = Read(context.Background(), path, Schema{Categorical: []string{"i32", "f64"}, Numeric: []string{"text"}, Drop: []string{"raw"}, BadCell: BadCellMissing})
	if err != nil {
		t.Fatal(err)
	}
	if c := table.Column("i32"); c.Value(0) != "1" || c.Value(1) != "-2" || table.Column("f64").Value(0) != "0.1" || table.BadCells["text"] != 1 {
		t.Errorf("got %s, bad cells %v", show(table), table.BadCells)
	}
	_, err = Read(context.Background(), path, Schema{Numeric: []string{"text"}, Drop: []string{"raw"}})
	checkMessage(t, err, ErrNumber, []string{"row 1", `"text"`, `"tcp"`})
}

func TestParquetNested(t *testing.T) {
	type row struct {
		A    float32   `parquet:"a"`
		List []float32 `parquet:"list"`
		Pair struct {
			X int32 `parquet:"x"`
		} `parquet:"pair"`
	}
	var b bytes.Buffer
	if err := parquet.Write(&b, []row{{A: 1, List: []float32{1, 2}}, {A: 2}}); err != nil {
		t.Fatal(err)
	}
	path := writeTemp(t, "t.parquet", b.Bytes())
	_, err := Read(context.Background(), path, Schema{})
	checkMessage(t, err, ErrFormat, []string{`"list"`, `"pair"`, "flat columns"})
	table, err := Read(context.Background(), path, Schema{Columns: []ColumnSpec{{"a", Numeric}}})
	if err != nil || show(table) != "1|/2|/" {
		t.Errorf("nested columns that are not asked for: %v", err)
	}
}

// TestManyRowsInFewBytes reads a file that run-length coding makes far smaller than its table, which takes the way for
// files whose word on their size is not believed.
func TestManyRowsInFewBytes(t *testing.T) {
	const rows = 3 << 20
	type row struct {
		A float32 `parquet:"a,dict"`
		B string  `parquet:"b,dict"`
	}
	var b bytes.Buffer
	w := parquet.NewGenericWriter[row](&b)
	batch := slices.Repeat([]row{{1.5, "tcp"}}, 1<<16)
	for range rows / len(batch) {
		if _, err := w.Write(batch); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	table, err := Read(context.Background(), writeTemp(t, "t.parquet", b.Bytes()), Schema{})
	if err != nil {
		t.Fatal(err)
	}
	if b.Len() > 100_000 || table.Rows() != rows || slices.Min(table.Columns[0].Num) != 1.5 || slices.Max(table.Columns[0].Num) != 1.5 || slices.Max(table.Columns[1].Code) != 0 {
		t.Errorf("%d bytes give %d rows", b.Len(), table.Rows())
	}
}

// TestDamagedBinaryFiles cuts and changes good files at many places: every outcome but a panic or a hang is allowed, and
// an error must be a clear line.
func TestDamagedBinaryFiles(t *testing.T) {
	table := mixedTable(t, 300, Schema{Label: "class", Family: "kind", Group: "host", Time: "when"})
	r := rand.New(rand.NewPCG(3, 4))
	for name, write := range map[string]func(*bytes.Buffer) error{
		"t.parquet": func(b *bytes.Buffer) error { return WriteParquet(b, table) },
		"t.npz":     func(b *bytes.Buffer) error { return WriteNPZ(b, table) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		path := writeTemp(t, name, nil)
		failed := 0
		for i := range 300 {
			content := slices.Clone(b.Bytes())
			if i%2 == 0 {
				content = content[:r.IntN(len(content))]
			} else {
				for range 1 + r.IntN(4) {
					// Mostly in the directory or footer, where the structure is.
					at := r.IntN(len(content))
					if i%4 == 1 {
						at = len(content) - 1 - r.IntN(min(len(content), 1500))
					}
					content[at] ^= 1 << r.IntN(8)
				}
			}
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Read(context.Background(), path, table.Schema)
			if err == nil {
				continue
			}
			failed++
			if text := err.Error(); !strings.HasPrefix(text, "data: ") || strings.Contains(text, "goroutine") {
				t.Errorf("%s: not a clear line: %q", name, text)
			}
		}
		if failed < 100 {
			t.Errorf("%s: only %d of 300 damaged files were refused", name, failed)
		}
	}
}

// archive makes an .npz of arrays given as header and content.
func archive(t *testing.T, arrays ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(arrays); i += 2 {
		w, err := z.Create(arrays[i])
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte(arrays[i+1]))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestNPZErrors(t *testing.T) {
	f4 := func(shape ...int) string {
		n := 4
		for _, d := range shape {
			n *= d
		}
		return npyPreamble("<f4", shape) + strings.Repeat("\x00", n)
	}
	for _, test := range []struct {
		name    string
		content []byte
		want    []string
	}{
		{"no array", archive(t, "readme.txt", "hello"), []string{"readme.txt", "no .npy"}},
		{"nothing", archive(t), []string{"no feature column"}},
		{"not an array", archive(t, "a.npy", "hello world"), []string{`"a"`, "NumPy array"}},
		{"object", archive(t, "a.npy", npyPreamble("|O", []int{2})+"xx"), []string{`"a"`, "Python objects", "astype"}},
		{"cut off", archive(t, "a.npy", f4(1000)[:2000]), []string{`"a"`, "cut off"}},
		{"claims too much", archive(t, "X.npy", npyPreamble("<f4", []int{2147483647, 100})), []string{"cut off"}},
		{"two lengths", archive(t, "a.npy", f4(3), "b.npy", f4(4)), []string{`"b"`, "one element per row (3 here)"}},
		{"X of one dimension", archive(t, "X.npy", f4(3)), []string{"1 dimensions"}},
		{"names", archive(t, "X.npy", f4(3, 2), "feature_names.npy", npyPreamble("<U1", []int{1})+"a\x00\x00\x00"), []string{"1 names for the 2 columns"}},
		{"numeric names", archive(t, "X.npy", f4(3, 2), "feature_names.npy", f4(2)), []string{"of texts"}},
		{"code outside", archive(t, "p.code.npy", npyPreamble("<i4", []int{1})+"\x05\x00\x00\x00", "p.dict.npy", npyPreamble("<U1", []int{1})+"a\x00\x00\x00"), []string{"row 1", "code 5", `"p"`}},
		{"float codes", archive(t, "p.code.npy", f4(1), "p.dict.npy", npyPreamble("<U1", []int{1})+"a\x00\x00\x00"), []string{"signed integer"}},
		{"same array twice", archive(t, "a.npy", f4(3), "a.npy", f4(3)), []string{"twice"}},
		{"version", archive(t, "a.npy", "\x93NUMPY\x09\x00\x10\x00"), []string{"version 9.0"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Read(context.Background(), writeTemp(t, "t.npz", test.content), Schema{})
			checkMessage(t, err, nil, test.want)
		})
	}
}

func TestHalfFloat(t *testing.T) {
	for bits, want := range map[uint16]float64{0: 0, 1: 5.9604644775390625e-08, 0x03ff: 6.097555160522461e-05, 0x0400: 6.103515625e-05,
		0x3555: 0.333251953125, 0x3c00: 1, 0xc000: -2, 0x7bff: 65504} {
		if got := halfToFloat(bits); got != want {
			t.Errorf("%04x: got %v, want %v", bits, got, want)
		}
	}
	if v := halfToFloat(0xfc00); v == v {
		t.Errorf("infinity is %v", v)
	}
}
