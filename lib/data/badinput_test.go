package data

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/zstd"
)

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(text))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zstandard(t *testing.T, text string) string {
	t.Helper()
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(enc.EncodeAll([]byte(text), nil))
}

func utf16LE(text string) string {
	b := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

// TestBadInput gives each kind of bad file to Read and to Scan and wants one clear line: what, where, and the way out.
func TestBadInput(t *testing.T) {
	const good = "a,b,label\n1,2,0\n3,4,1\n"
	labelled := Schema{Label: "label"}
	tests := []struct {
		name, file, content string
		schema              Schema
		is                  error    // nil: any
		want                []string // parts of the message
	}{
		{"missing file", "", "", labelled, fs.ErrNotExist, []string{"there is no file", "absent.csv"}},
		{"folder", ".", "", labelled, ErrFormat, []string{"is a folder"}},
		{"empty", "t.csv", "", labelled, ErrFormat, []string{"empty"}},
		{"empty gzip content", "t.csv.gz", gzipped(t, ""), labelled, ErrFormat, []string{"empty"}},
		{"empty file named gz", "t.csv.gz", "", labelled, ErrFormat, []string{"not gzip", "empty"}},
		{"only a byte order mark", "t.csv", "\xEF\xBB\xBF", labelled, ErrFormat, []string{"empty"}},
		{"only blank lines", "t.csv", "\n\r\n\n", labelled, ErrFormat, []string{"blank lines"}},
		{"header only", "t.csv", "a,b,label\n", labelled, ErrFormat, []string{"header and no rows"}},
		{"header without line end", "t.csv", "a,b,label", labelled, ErrFormat, []string{"header and no rows"}},
		{"header and blank lines", "t.csv", "a,b,label\n\n\r\n", labelled, ErrFormat, []string{"no rows"}},
		{"short row", "t.csv", good + "5,6\n", labelled, ErrFormat, []string{"t.csv:4:", "2 fields where the header has 3"}},
		{"long row", "t.csv", good + "5,6,1,9\n", labelled, ErrFormat, []string{"t.csv:4:", "4 fields where the header has 3", "comma not quoted"}},
		{"text shifted into a number is ragged", "t.csv", good + "5,x,y,1\n", labelled, ErrFormat, []string{"t.csv:4:", "4 fields"}},
		{"ragged in tolerant mode too", "t.csv", good + "5,x,y,1\n", Schema{Label: "label", BadCell: BadCellMissing}, ErrFormat, []string{"4 fields"}},
		{"duplicate column", "t.csv", "a,b,a\n1,2,3\n", Schema{}, ErrSchema, []string{"columns 1 and 3", `"a"`, "drop"}},
		{"duplicate label", "t.csv", "a,y,y\n1,0,1\n", Schema{Label: "y"}, ErrSchema, []string{"columns 2 and 3", `"y"`}},
		{"empty column name", "t.csv", ",a\n0,1\n", Schema{}, ErrSchema, []string{"column 1 has no name", "drop"}},
		{"two empty column names", "t.csv", "a,,\n0,1,2\n", Schema{}, ErrSchema, []string{"column 2 has no name"}},
		{"no feature left", "t.csv", "label\n1\n0\n", labelled, ErrSchema, []string{"no feature column", "label"}},
		{"missing columns", "t.csv", good, Schema{Columns: []ColumnSpec{{"a", Numeric}, {"x", Numeric}, {"z", Categorical}}}, ErrSchema,
			[]string{"lacks 2", `"x", "z"`, `it has "a", "b", "label"`}},
		{"misspelt categorical", "t.csv", good, Schema{Categorical: []string{"prto"}}, ErrSchema, []string{`"prto"`, "lacks"}},
		{"wrong delimiter", "t.csv", "a;b;label\n1;2;0\n", Schema{Columns: []ColumnSpec{{"a", Numeric}}}, ErrSchema, []string{`separated by ";"`}},
		{"text in a numeric column", "t.csv", numericThen("x7", 12000), labelled, ErrNumber, []string{"t.csv:12002:2", `"b"`, `"x7"`, "categorical"}},
		{"text in a declared numeric column", "t.csv", "a,b\n1,2\n1,tcp\n", Schema{Numeric: []string{"b"}}, ErrNumber, []string{"t.csv:3:2", `"tcp" is not a number`}},
		{"a dash in a numeric column", "t.csv", "a,b\n1,2\n1,-\n", Schema{Numeric: []string{"b"}}, ErrNumber, []string{"missing words"}},
		{"1e400", "t.csv", "a,b\n1,2\n1,1e400\n", Schema{}, ErrRange, []string{"t.csv:3:2", `"1e400"`, "too large"}},
		{"-1e39 is beyond float32", "t.csv", "a,b\n1,2\n1,-1e39\n", Schema{}, ErrRange, []string{"t.csv:3:2"}},
		{"line number after quoted line ends", "t.csv", "a,b\n\"x\ny\",2\n\nz,1e400\n", Schema{}, ErrRange, []string{"t.csv:5:2"}},
		{"NUL byte", "t.csv", good + "1,\x00,0\n", labelled, ErrFormat, []string{"t.csv:4:", "NUL"}},
		{"UTF-16 with mark", "t.csv", utf16LE(good), labelled, ErrFormat, []string{"UTF-16"}},
		{"UTF-16 without mark", "t.csv", utf16LE(good)[2:], labelled, ErrFormat, []string{"NUL", "UTF-16"}},
		{"unclosed quote", "t.csv", good + "\"5,6,1\n7,8,0\n", labelled, ErrFormat, []string{"t.csv:4:1:", "never closed"}},
		{"unclosed quote in the header", "t.csv", "a,\"b,label\n1,2,0\n", labelled, ErrFormat, []string{"t.csv:1:2:", "never closed"}},
		{"unclosed quote in a large file", "t.csv", good + "5,\"6,1\n" + strings.Repeat("7,8,0\n", 3<<20), labelled, ErrFormat, []string{"t.csv:4:", "not closed within 16 MiB"}},
		{"bare quote", "t.csv", good + "5,6\"6,1\n", labelled, ErrFormat, []string{"t.csv:4:2:", "inside an unquoted field"}},
		{"text after a quote", "t.csv", good + "5,\"6\"6,1\n", labelled, ErrFormat, []string{"t.csv:4:2:", "after the closing quote"}},
		{"line of 20 MB", "t.csv", good + strings.Repeat("7", 20<<20) + ",8,0\n", labelled, ErrFormat, []string{"t.csv:4:", "longer than 16 MiB"}},
		{"line of 10 MB with too many fields", "t.csv", good + strings.Repeat("7,", 5<<20) + "0\n", labelled, ErrFormat, []string{"t.csv:4:", "5242881 fields"}},
		{"truncated gzip", "t.csv.gz", cut(gzipped(t, noise(200_000)), 0.5), Schema{}, ErrFormat, []string{"t.csv.gz", "gzip", "cut off"}},
		{"gzip cut in its trailer", "t.csv.gz", cut(gzipped(t, good), 0.98), labelled, ErrFormat, []string{"cut off"}},
		{"gzip of two bytes", "t.csv.gz", "\x1f\x8b", labelled, ErrFormat, []string{"cut off"}},
		{"damaged gzip", "t.csv.gz", damaged(gzipped(t, good)), labelled, ErrFormat, []string{"damaged"}},
		{"gz that is none", "t.csv.gz", good, labelled, ErrFormat, []string{"not gzip", "rename"}},
		{"gz that is zip", "t.csv.gz", "PK\x03\x04....", labelled, ErrFormat, []string{"looks like a zip"}},
		{"zst that is none", "t.csv.zst", good, labelled, ErrFormat, []string{"not Zstandard"}},
		{"truncated zst", "t.csv.zst", cut(zstandard(t, noise(200_000)), 0.5), Schema{}, ErrFormat, []string{"zstd", "cut off"}},
		{"csv that is gzip", "t.csv", gzipped(t, good), labelled, ErrFormat, []string{"gzip", "name the file"}},
		{"csv that is Parquet", "t.csv", "PAR1 a b c", labelled, ErrFormat, []string{"Parquet"}},
		{"csv that is a workbook", "t.csv", "PK\x03\x04 a b", labelled, ErrFormat, []string{"zip archive"}},
		{"unknown extension", "t.xlsx", good, labelled, ErrFormat, []string{`".xlsx"`, ".parquet"}},
		{"compressed Parquet", "t.parquet.gz", "x", labelled, ErrFormat, []string{"compressed inside"}},
		{"Parquet that is text", "t.parquet", good, labelled, ErrFormat, []string{"not a Parquet file"}},
		{"truncated Parquet", "t.parquet", "PAR1 and then nothing", labelled, ErrFormat, []string{"damaged or cut off"}},
		{"npz that is text", "t.npz", good, labelled, ErrFormat, []string{"not an .npz archive"}},
		{"truncated npz", "t.npz", "PK\x03\x04 and then nothing", labelled, ErrFormat, []string{"damaged or cut off"}},
		{"label without value", "t.csv", "a,label\n1,0\n2,\n", labelled, ErrSchema, []string{"t.csv:3:", `"label" has no value`}},
		{"more than two label values", "t.csv", "a,label\n1,normal\n2,dos\n3,probe\n", labelled, ErrSchema,
			[]string{"t.csv:3:", `"dos" is neither of two classes`, "multiclass", `"dos", "normal", "probe"`}},
		{"label in neither list", "t.csv", "a,label\n1,x\n2,y\n3,z\n", Schema{Label: "label", Positive: []string{"x"}, Negative: []string{"y"}}, ErrSchema,
			[]string{"t.csv:4:", `"z"`, "positive", "negative"}},
		{"header of another width", "t.csv", "1,2,3\n", Schema{Header: []string{"a", "b"}}, ErrSchema, []string{"t.csv:1:", "3 fields", "names 2 columns"}},
		{"bad time", "t.csv", "a,when\n1,2024-01-01\n2,yesterday\n", Schema{Time: "when"}, ErrTime, []string{"t.csv:3:2", `"yesterday"`, "RFC 3339"}},
		{"schema against itself", "t.csv", good, Schema{BadCell: "ignore"}, ErrSchema, []string{`"ignore"`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "absent.csv")
			if test.file != "" {
				path = filepath.Join(filepath.Dir(path), test.file)
			}
			if test.file != "" && test.file != "." {
				if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := Read(context.Background(), path, test.schema)
			checkMessage(t, err, test.is, test.want)
			scanErr := Scan(context.Background(), path, test.schema, func(*Table) error { return nil })
			if scanErr == nil || err != nil && scanErr.Error() != err.Error() {
				t.Errorf("Scan says %q, Read %q", scanErr, err)
			}
		})
	}
}

// checkMessage wants an error of one line of bearable length with all the parts.
func checkMessage(t *testing.T, err, is error, parts []string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	if is != nil && !errors.Is(err, is) {
		t.Errorf("error %q is not %v", err, is)
	}
	text := err.Error()
	if !strings.HasPrefix(text, "data: ") || strings.ContainsAny(text, "\n\r") || len(text) > 600 {
		t.Errorf("not a clear line: %q", text)
	}
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("message %q lacks %q", text, p)
		}
	}
}

// numericThen is a file whose first rows are numeric and whose last row is not.
func numericThen(last string, rows int) string {
	return "a,b,label\n" + strings.Repeat("1,2,0\n", rows) + "1," + last + ",1\n"
}

// noise is text that does not compress to nothing.
func noise(rows int) string {
	var b strings.Builder
	b.WriteString("a,b\n")
	x := uint32(1)
	for range rows {
		x = x*1664525 + 1013904223
		for range 3 {
			b.WriteByte('0' + byte(x>>24)%10)
			x = x*1664525 + 1013904223
		}
		b.WriteString(",1\n")
	}
	return b.String()
}

func cut(s string, share float64) string { return s[:int(float64(len(s))*share)] }

func damaged(s string) string {
	b := []byte(s)
	b[len(b)/2] ^= 0xFF
	return string(b)
}

// TestBadCellsCanBeCounted checks the lenient mode, also at the position where numbers end lines.
func TestBadCellsCanBeCounted(t *testing.T) {
	const text = "a,when,b\n1,2024-01-01,x\ny,never,1e400\n3,1700000000,-\n4,,5\n"
	s := Schema{Time: "when", Numeric: []string{"a", "b"}, BadCell: BadCellMissing, Missing: []string{"-"}}
	table, err := ParseCSV(context.Background(), strings.NewReader(text), "t.csv", s)
	if err != nil {
		t.Fatal(err)
	}
	if table.BadCells["a"] != 1 || table.BadCells["b"] != 2 || table.BadCells["when"] != 1 {
		t.Errorf("counted %v", table.BadCells)
	}
	a, b := table.Column("a").Num, table.Column("b").Num
	if a[1] == a[1] || b[0] == b[0] || b[1] == b[1] || b[2] == b[2] || b[3] != 5 || table.Time[1] != NoTime || table.Time[3] != NoTime {
		t.Errorf("got a %v, b %v, time %v", a, b, table.Time)
	}
}

func TestCheckTrainable(t *testing.T) {
	read := func(text string, s Schema) *Table {
		t.Helper()
		table, err := ParseCSV(context.Background(), strings.NewReader(text), "t.csv", s)
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	two := "a,y\n" + strings.Repeat("1,0\n2,1\n", 10)
	for _, test := range []struct {
		name, text string
		schema     Schema
		want       []string
	}{
		{"no label in the schema", two, Schema{}, []string{"no labels", `"a", "y"`}},
		{"label column absent", two, Schema{Label: "target"}, []string{`no label column "target"`, `"a", "y"`}},
		{"one class", "a,y\n" + strings.Repeat("1,0\n", 20), Schema{Label: "y"}, []string{"20 rows", `"benign"`}},
		{"few rows", "a,y\n1,0\n2,1\n", Schema{Label: "y"}, []string{"2 rows", "at least 10"}},
		{"class of one row", "a,y\n" + strings.Repeat("1,0\n", 20) + "1,1\n", Schema{Label: "y"}, []string{`"threat" has a single row`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			checkMessage(t, read(test.text, test.schema).CheckTrainable(), ErrSchema, test.want)
		})
	}
	if err := read(two, Schema{Label: "y"}).CheckTrainable(); err != nil {
		t.Errorf("a good table is refused: %v", err)
	}
}

func TestReadHintsAtTheCompressedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(path+".gz", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Read(context.Background(), path, Schema{})
	checkMessage(t, err, fs.ErrNotExist, []string{"(there is " + path + ".gz)"})
}
