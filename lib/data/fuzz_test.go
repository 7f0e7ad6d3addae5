package data

import (
	"bytes"
	"context"
	"encoding/csv"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzParseCSV reads any bytes. Nothing may panic, and what is accepted must be what encoding/csv reads, field by field.
// Conversely what encoding/csv reads and holds a table with distinct names must be accepted.
func FuzzParseCSV(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "a,b\r\n1,x\r\n\r\n2,\"y\r\nz\"\r\n", "a\n\"\"\n\"\"\"\"\n", "a,b\n1,\"2", "a,b\n1,2,3\n", "\xEF\xBB\xBFa,b\n1,2",
		"a,b\n\"x\"y,1\n", "a,b\nx\"y,1\n", "a,b\n1e400,1\n", "a,b\n NaN , ? \n", "\"a\nb\",c\n1,2\r", "a\n\r\r\n1\n", "a,b\n12345678901234567890,0.1\n",
		"a,b\n\",\",\"\n\"\n", "a,a\n1,2\n", ",\n1,2\n", "a\x00b\n1\n", "\n\n\na\n1\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		table, err := ParseCSV(context.Background(), bytes.NewReader(text), "fuzz.csv", Schema{BadCell: BadCellMissing})
		if err != nil && (!strings.HasPrefix(err.Error(), "data: ") || strings.ContainsAny(err.Error(), "\n\r")) {
			t.Fatalf("not a clear line: %q", err)
		}
		r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))))
		records, wantErr := r.ReadAll()
		if err == nil && wantErr != nil {
			t.Fatalf("accepted what encoding/csv refuses: %v", wantErr)
		}
		if err != nil {
			if wantErr == nil && len(records) > 1 && plainTable(text, records) {
				t.Fatalf("refused what encoding/csv reads: %v", err)
			}
			return
		}
		if table.Rows() != len(records)-1 {
			t.Fatalf("%d rows, encoding/csv has %d", table.Rows(), len(records)-1)
		}
		checkSmallBlocks(t, text, table)
		for i := range table.Columns {
			for row, record := range records[1:] {
				checkCell(t, &table.Columns[i], row, record[i])
			}
		}
	})
}

// checkSmallBlocks reads the text again in blocks of a few bytes, so that they end at every kind of place.
func checkSmallBlocks(t *testing.T, text []byte, want *Table) {
	for _, size := range []int{1, 5, 64} {
		cs, err := openBlocks(bytes.NewReader(text), want.Name, want.Schema, size)
		if err != nil {
			t.Fatalf("blocks of %d: %v", size, err)
		}
		got, err := collect(context.Background(), &csvSource{csvStream: cs})
		if err != nil {
			t.Fatalf("blocks of %d: %v", size, err)
		}
		if got.Fingerprint() != want.Fingerprint() {
			t.Fatalf("blocks of %d give another table", size)
		}
	}
}

// plainTable reports whether there is no reason of our own to refuse the records.
func plainTable(text []byte, records [][]string) bool {
	names := make([]string, len(records[0]))
	for i, n := range records[0] {
		names[i] = strings.ToValidUTF8(strings.Trim(n, " \t"), "\uFFFD") // quoted names keep their blanks, which is no reason either
	}
	if slices.Contains(names, "") || repeated(names) != "" || bytes.IndexByte(text, 0) >= 0 {
		return false
	}
	for _, magic := range []string{magicGzip, magicZip, magicParquet, magicZstd, "\xFF\xFE", "\xFE\xFF"} {
		if bytes.HasPrefix(bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF")), []byte(magic)) {
			return false
		}
	}
	return true
}

// checkCell compares a value with the field that it was read from. Whether the field was quoted is not known here, so
// blanks around it and words for "missing" are allowed both ways.
func checkCell(t *testing.T, c *Column, row int, field string) {
	trimmed := strings.Trim(field, " \t")
	if c.Kind == Categorical {
		valid := func(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
		got := c.Value(row)
		missing := c.Code[row] == Missing && (&layout{}).isMissing([]byte(trimmed))
		if !missing && got != valid(field) && got != valid(trimmed) {
			t.Fatalf("%q row %d: got %q from %q", c.Name, row, got, field)
		}
		if !utf8.ValidString(got) {
			t.Fatalf("%q row %d: %q is not UTF-8", c.Name, row, got)
		}
		return
	}
	want, err := strconv.ParseFloat(trimmed, 32)
	if err != nil || want-want != 0 || strings.ContainsAny(trimmed, "_xX") {
		want = math.NaN()
	}
	if got := c.Num[row]; math.Float32bits(got) != math.Float32bits(float32(want)) && !(got != got && want != want) {
		t.Fatalf("%q row %d: got %v from %q", c.Name, row, got, field)
	}
}

// FuzzReadNPY gives any bytes to the array reader.
func FuzzReadNPY(f *testing.F) {
	f.Add([]byte(npyPreamble("<f4", []int{2, 3}) + strings.Repeat("\x00\x00\x80\x3f", 6)))
	f.Add([]byte(npyPreamble("<U3", []int{2}) + strings.Repeat("a\x00\x00\x00", 6)))
	f.Add([]byte("\x93NUMPY\x02\x00\x20\x00\x00\x00{'descr': '|O', 'shape': (1,)}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		h, err := readNPYHeader(r)
		if err != nil {
			return
		}
		element := make([]byte, h.dtype.size)
		if _, err := r.Read(element); err != nil || h.dtype.size == 0 {
			return
		}
		l := &layout{}
		h.dtype.number(l, element)
		h.dtype.text8(nil, element)
		h.dtype.time(l, element)
	})
}
