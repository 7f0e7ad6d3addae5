package data

import (
	"bytes"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// mixedTable has everything that a table can have, with awkward values in each place.
func mixedTable(t *testing.T, rows int, s Schema) *Table {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 8))
	floats := []float32{0, float32(math.Copysign(0, -1)), 1, 0.1, -1e-30, 3.4028235e38, 1.4e-45, 16777217, 123456.789, missingFloat}
	words := []string{"tcp", "u,dp", `say "hi"`, "two\nlines", " padded ", "NA", "None", "?", "-", "ünï", "1", "0", "a\rb", "x\r", "\"", "日本"}
	table := &Table{Name: "mixed", Schema: s}
	num, cat := make([]float32, rows), make([]int32, rows)
	second := make([]float32, rows)
	dict := slices.Clone(words)
	for i := range rows {
		num[i], second[i] = floats[r.IntN(len(floats))], math.Float32frombits(r.Uint32())
		if second[i]-second[i] != 0 {
			second[i] = missingFloat
		}
		cat[i] = int32(r.IntN(len(words)+1)) - 1
	}
	table.Columns = []Column{{Name: "plain", Kind: Numeric, Num: num}, {Name: "pro,to", Kind: Categorical, Code: cat, Dict: dict},
		{Name: "second", Kind: Numeric, Num: second}}
	table.Schema.Columns = []ColumnSpec{{"plain", Numeric}, {"pro,to", Categorical}, {"second", Numeric}}
	table.Classes = []string{Benign, Threat}
	if s.Multiclass {
		table.Classes = []string{"A", "b c", "d,e"}
	}
	for range rows {
		table.Label = append(table.Label, int32(r.IntN(len(table.Classes))))
		table.Time = append(table.Time, 1700000000_000000000+int64(r.IntN(1e9)))
		table.Group = append(table.Group, int32(r.IntN(3)))
		table.Family = append(table.Family, int32(r.IntN(4))-1)
	}
	table.Time[rows/2] = NoTime
	table.Groups = []string{"10.0.0.1", "10.0.0.2", "::1"}
	table.Families = []string{"normal", "dos", "r2l"}
	return table
}

func TestWriteReadGivesTheSameTable(t *testing.T) {
	roles := Schema{Label: "class", Family: "kind", Group: "host", Time: "when"}
	withPositive, withBoth, multi := roles, roles, roles
	withPositive.Positive = []string{"evil"}
	withBoth.Positive, withBoth.Negative = []string{"evil", "bad"}, []string{"fine"}
	multi.Multiclass = true
	for _, name := range []string{"t.csv", "t.tsv", "t.txt.gz", "t.csv.zst", "t.parquet", "t.npz"} {
		for _, s := range []struct {
			name   string
			schema Schema
		}{{"default", roles}, {"positive", withPositive}, {"both", withBoth}, {"multiclass", multi}} {
			t.Run(name+"/"+s.name, func(t *testing.T) {
				want := mixedTable(t, 5000, s.schema)
				path := filepath.Join(t.TempDir(), name)
				if err := Write(path, want); err != nil {
					t.Fatal(err)
				}
				got, err := Read(context.Background(), path, want.Schema)
				if err != nil {
					t.Fatal(err)
				}
				if got.Fingerprint() != want.Fingerprint() {
					t.Error("fingerprint differs")
				}
				checkSame(t, got, want)

				var chunks []*Table
				if err := Scan(context.Background(), path, want.Schema, func(c *Table) error { chunks = append(chunks, c); return nil }); err != nil {
					t.Fatal(err)
				}
				whole := chunks[0]
				for _, c := range chunks[1:] {
					if whole, err = Concat(whole, c); err != nil {
						t.Fatal(err)
					}
				}
				checkSame(t, whole, want)
			})
		}
	}
}

// checkSame compares tables value by value, independently of Fingerprint.
func checkSame(t *testing.T, got, want *Table) {
	t.Helper()
	if got.Rows() != want.Rows() || len(got.Columns) != len(want.Columns) {
		t.Fatalf("got %d x %d, want %d x %d", got.Rows(), len(got.Columns), want.Rows(), len(want.Columns))
	}
	for i := range want.Columns {
		g, w := &got.Columns[i], &want.Columns[i]
		if g.Name != w.Name || g.Kind != w.Kind {
			t.Fatalf("column %d is %q %v, want %q %v", i, g.Name, g.Kind, w.Name, w.Kind)
		}
		for row := range want.Rows() {
			if w.Kind == Numeric && math.Float32bits(g.Num[row]) != math.Float32bits(w.Num[row]) {
				t.Fatalf("%s row %d: got %x, want %x", w.Name, row, g.Num[row], w.Num[row])
			}
			if w.Kind == Categorical && (g.Value(row) != w.Value(row) || g.Code[row] == Missing != (w.Code[row] == Missing)) {
				t.Fatalf("%s row %d: got %q, want %q", w.Name, row, g.Value(row), w.Value(row))
			}
		}
	}
	text := func(code []int32, dict []string, row int) string {
		if code == nil {
			return "none"
		}
		if code[row] == Missing {
			return "missing"
		}
		return "value " + dict[code[row]]
	}
	for row := range want.Rows() {
		for _, p := range [][2]string{
			{text(got.Label, got.Classes, row), text(want.Label, want.Classes, row)},
			{text(got.Family, got.Families, row), text(want.Family, want.Families, row)},
			{text(got.Group, got.Groups, row), text(want.Group, want.Groups, row)},
		} {
			if p[0] != p[1] {
				t.Fatalf("row %d: got %q, want %q", row, p[0], p[1])
			}
		}
	}
	if !slices.Equal(got.Time, want.Time) {
		t.Fatal("times differ")
	}
}

func TestWriteIsReproducible(t *testing.T) {
	table := mixedTable(t, 300, Schema{Label: "class", Family: "kind", Group: "host", Time: "when"})
	for name, write := range map[string]func(*bytes.Buffer) error{
		"csv":     func(b *bytes.Buffer) error { return WriteCSV(b, table) },
		"parquet": func(b *bytes.Buffer) error { return WriteParquet(b, table) },
		"npz":     func(b *bytes.Buffer) error { return WriteNPZ(b, table) },
	} {
		var a, b bytes.Buffer
		if err := errors.Join(write(&a), write(&b)); err != nil {
			t.Fatal(name, err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s: two writes differ", name)
		}
	}
}

// TestWriteDoesNotChangeTheTable guards against writers that quote or recode in place.
func TestWriteDoesNotChangeTheTable(t *testing.T) {
	table := mixedTable(t, 200, Schema{Label: "class", Family: "kind", Group: "host", Time: "when"})
	before := table.Fingerprint()
	var b bytes.Buffer
	if err := errors.Join(WriteCSV(&b, table), WriteParquet(&b, table), WriteNPZ(&b, table)); err != nil {
		t.Fatal(err)
	}
	if table.Fingerprint() != before {
		t.Error("writing changed the table")
	}
}

// failingWriter is a disk that becomes full after some bytes.
type failingWriter struct{ left int }

var errFull = errors.New("no space left on device")

func (w *failingWriter) Write(p []byte) (int, error) {
	if len(p) > w.left {
		n := w.left
		w.left = 0
		return n, errFull
	}
	w.left -= len(p)
	return len(p), nil
}

func TestWritersReportAFullDisk(t *testing.T) {
	table := mixedTable(t, 20000, Schema{Label: "class", Family: "kind", Group: "host", Time: "when"})
	for _, space := range []int{0, 10, 5000, 300_000} {
		for name, write := range map[string]func(*failingWriter) error{
			"csv":     func(w *failingWriter) error { return WriteCSV(w, table) },
			"parquet": func(w *failingWriter) error { return WriteParquet(w, table) },
			"npz":     func(w *failingWriter) error { return WriteNPZ(w, table) },
		} {
			if err := write(&failingWriter{space}); !errors.Is(err, errFull) {
				t.Errorf("%s with room for %d bytes: got %v", name, space, err)
			}
		}
	}
}

func TestWriteLeavesTheOldFileOnError(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "t.csv")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	bad := mixedTable(t, 10, Schema{Label: "plain", Family: "kind", Group: "host", Time: "when"}) // two columns "plain"
	err := Write(path, bad)
	if !errors.Is(err, ErrSchema) || !strings.Contains(err.Error(), `"plain"`) {
		t.Errorf("got %v", err)
	}
	if text, _ := os.ReadFile(path); string(text) != "old" {
		t.Errorf("the file was changed to %q", text)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("temporary files are left: %v", entries)
	}
	for _, p := range []string{filepath.Join(dir, "t.xlsx"), filepath.Join(dir, "t.parquet.gz"), dir + "/no/such/t.csv"} {
		if err := Write(p, mixedTable(t, 10, Schema{})); err == nil {
			t.Errorf("%s was written", p)
		}
	}
}

func TestSchemaWithHeaderReadsWhatWasWritten(t *testing.T) {
	const original = "0,tcp,5,normal\n1,udp,6,smurf\n2,tcp,7,normal\n"
	s := Schema{Header: []string{"duration", "proto", "bytes", "label"}, Label: "label", Negative: []string{"normal"}, Family: "label", Drop: []string{"bytes"}}
	want, err := ParseCSV(context.Background(), strings.NewReader(original), "kdd.txt", s)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"t.csv", "t.parquet", "t.npz"} {
		path := filepath.Join(t.TempDir(), name)
		if err := Write(path, want); err != nil {
			t.Fatal(err)
		}
		got, err := Read(context.Background(), path, s)
		if err != nil {
			t.Fatal(name, err)
		}
		checkSame(t, got, want)
		if got.Fingerprint() != want.Fingerprint() {
			t.Error(name, "fingerprint differs")
		}
	}
}

func TestWriteCSVOfOneEmptyColumnKeepsItsRows(t *testing.T) {
	want := &Table{Schema: Schema{Numeric: []string{"a"}}, Columns: []Column{{Name: "a", Kind: Numeric, Num: []float32{1, missingFloat, 3}}}}
	var b bytes.Buffer
	if err := WriteCSV(&b, want); err != nil {
		t.Fatal(err)
	}
	got, err := ParseCSV(context.Background(), &b, "t.csv", want.Schema)
	if err != nil {
		t.Fatal(err)
	}
	checkSame(t, got, want)
}

func TestTimesAreWrittenToTheNanosecond(t *testing.T) {
	at := time.Date(2024, 2, 29, 23, 59, 59, 123456789, time.UTC)
	want := &Table{Schema: Schema{Time: "when"}, Columns: []Column{{Name: "a", Kind: Numeric, Num: []float32{1}}}, Time: []int64{at.UnixNano()}}
	var b bytes.Buffer
	if err := WriteCSV(&b, want); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != "a,when\n1,2024-02-29T23:59:59.123456789Z\n" {
		t.Errorf("got %q", got)
	}
}
