//go:build !noparquet

package data

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	codecs "github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"
	"pgregory.net/rapid"
)

// valueSource reads a Parquet file as parquetSource does, but every value as the parquet.Value that the library makes of
// it: slowly, and without any knowledge of pages.
type valueSource struct{ *parquetSource }

func (v valueSource) run(_ context.Context, _ int, emit func(*rawChunk) error) error {
	l, n := v.l, v.n
	c := &rawChunk{rows: n, stride: n, num: make([]float32, n*l.numbers), text: make([]rawText, l.texts), bad: make([]int, len(l.fields))}
	if l.time >= 0 {
		c.time = make([]int64, n)
	}
	columns := newInterners(l.texts)
	errs := make([]error, len(l.fields))
	for i, f := range l.fields {
		if f.do != doSkip {
			errs[i] = guard(l.file, func() error { return v.column(c, i, columns) })
		}
	}
	if err := firstInFile(errs); err != nil {
		return err
	}
	return emit(c)
}

func (v valueSource) column(c *rawChunk, i int, columns []interner) error {
	l, f, p := v.l, v.l.fields[i], &v.columns[i]
	values, err := v.read(i, c.rows)
	if err != nil {
		return err
	}
	var code []int32
	for row, value := range values {
		var err error
		switch f.do {
		case doNumber:
			at := &c.num[f.slot*c.stride+row]
			if *at, err = p.number(l, value); err != nil {
				*at = missingFloat
			}
		case doTime:
			if c.time[row], err = p.time(l, value); err != nil {
				c.time[row] = NoTime
			}
		default:
			code = append(code, Missing)
			if !value.IsNull() {
				code[row] = columns[f.slot].verbatim(p.text(nil, value), l)
			}
		}
		if err != nil && !l.tolerant {
			return l.cellError(row+1, i, value.String(), err)
		}
		if err != nil {
			c.bad[i]++
		}
	}
	if f.do == doText {
		c.text[f.slot] = rawText{code: code, values: columns[f.slot].values}
	}
	return nil
}

// read returns the first n values of a field.
func (v valueSource) read(field, n int) (values []parquet.Value, err error) {
	for _, g := range v.parquet.RowGroups() {
		pages := g.ColumnChunks()[v.columns[field].index].Pages()
		defer pages.Close()
		for len(values) < n {
			page, err := pages.ReadPage()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, err
			}
			buffer := make([]parquet.Value, page.NumValues())
			for got, r := 0, page.Values(); got < len(buffer); {
				k, _ := r.ReadValues(buffer[got:])
				if k == 0 {
					return nil, fmt.Errorf("a page of column %q ends early: %w", v.l.fields[field].name, io.ErrUnexpectedEOF)
				}
				got += k
			}
			for _, value := range buffer {
				values = append(values, value.Clone())
			}
			parquet.Release(page)
		}
	}
	if len(values) < n {
		return nil, fmt.Errorf("column %q ends early: %w", v.l.fields[field].name, io.ErrUnexpectedEOF)
	}
	return values[:n], nil
}

// readByValue reads a file through valueSource.
func readByValue(path string, s Schema) (*Table, error) {
	src, err := openParquet(path, s)
	if err != nil {
		return nil, err
	}
	defer src.close()
	return collect(context.Background(), valueSource{src.(*parquetSource)})
}

// readInChunks reads a file in chunks of so many rows.
func readInChunks(path string, s Schema, rows int) (whole *Table, err error) {
	src, err := openParquet(path, s)
	if err != nil {
		return nil, err
	}
	defer src.close()
	a := newAssembler(src.layout())
	err = src.run(context.Background(), rows, func(c *rawChunk) error {
		part, err := a.table(c)
		if err != nil {
			return err
		}
		if whole == nil {
			whole = emptyLike(part)
		}
		whole.append(part, 0)
		return nil
	})
	if err == nil && whole.Schema.Multiclass {
		whole.sortClasses()
	}
	return whole, err
}

// numbersOfAllKinds are awkward values; each kind takes of them what it can hold.
var numbersOfAllKinds = []float64{0, math.Copysign(0, -1), 1, -1, 7, 255, 256, -2.5, 0.1, 16777217, 4294967295, 1e15, -1e15, 3.4e38, 1e-300, math.NaN(), math.Inf(1), math.Inf(-1)}

// randomColumn is a column of a random file: its node and the next value.
type randomColumn struct {
	name  string
	node  parquet.Node
	value func(r *rand.Rand) parquet.Value
}

// drawColumn draws type, encoding, nulls and distinct values of a column.
func drawColumn(t *rapid.T, name string) randomColumn {
	kind := rapid.SampledFrom([]string{"float", "double", "int32", "int64", "uint32", "uint64", "bool", "string", "fixed", "int96", "decimal", "milli", "date"}).Draw(t, name)
	tooLarge := rapid.IntRange(0, 3).Draw(t, "too large") == 0
	integer := func(r *rand.Rand) int64 {
		v := numbersOfAllKinds[r.IntN(13)]
		if kind == "milli" || r.IntN(2) == 0 {
			v = float64(r.IntN(300))
		}
		return int64(v)
	}
	number := func(r *rand.Rand) float64 {
		if tooLarge && r.IntN(50) == 0 {
			return 1e39
		}
		if r.IntN(2) == 0 {
			return float64(r.Float32())
		}
		return numbersOfAllKinds[r.IntN(len(numbersOfAllKinds))]
	}
	words := []string{"tcp", "", "NA", "?", "12.5", "x", "\xff\xfe", "2024-01-02", "1704067200"}
	var node parquet.Node
	var value func(r *rand.Rand) parquet.Value
	encodings := []encoding.Encoding{&parquet.Plain, &parquet.RLEDictionary, &parquet.DeltaBinaryPacked}
	switch kind {
	case "float":
		node, value = parquet.Leaf(parquet.FloatType), func(r *rand.Rand) parquet.Value { return parquet.FloatValue(float32(number(r))) }
		encodings[2] = &parquet.ByteStreamSplit
	case "double":
		node, value = parquet.Leaf(parquet.DoubleType), func(r *rand.Rand) parquet.Value { return parquet.DoubleValue(number(r)) }
		encodings[2] = &parquet.ByteStreamSplit
	case "int32", "date", "uint32":
		node = map[string]parquet.Node{"int32": parquet.Int(32), "date": parquet.Date(), "uint32": parquet.Uint(32)}[kind]
		value = func(r *rand.Rand) parquet.Value { return parquet.Int32Value(int32(integer(r))) }
	case "int64", "milli", "uint64", "decimal":
		node = map[string]parquet.Node{"int64": parquet.Int(64), "milli": parquet.Timestamp(parquet.Millisecond), "uint64": parquet.Uint(64),
			"decimal": parquet.Decimal(2, 18, parquet.Int64Type)}[kind]
		value = func(r *rand.Rand) parquet.Value { return parquet.Int64Value(integer(r)) }
	case "bool":
		node, value = parquet.Leaf(parquet.BooleanType), func(r *rand.Rand) parquet.Value { return parquet.BooleanValue(r.IntN(2) == 0) }
		encodings = []encoding.Encoding{&parquet.Plain, &parquet.RLE}
	case "string":
		node, value = parquet.String(), func(r *rand.Rand) parquet.Value { return parquet.ByteArrayValue([]byte(words[r.IntN(len(words))])) }
		encodings[2] = &parquet.DeltaByteArray
	case "fixed":
		node, value = parquet.Leaf(parquet.FixedLenByteArrayType(3)), func(r *rand.Rand) parquet.Value { return parquet.FixedLenByteArrayValue([]byte{byte(r.IntN(3)), 2, 3}) }
		encodings = encodings[:2]
	case "int96":
		node, value = parquet.Leaf(parquet.Int96Type), func(r *rand.Rand) parquet.Value {
			return parquet.Int96Value(deprecated.Int96{r.Uint32(), 1, 2440588 + uint32(r.IntN(1000))})
		}
		encodings = encodings[:2]
	}
	node = parquet.Encoded(node, rapid.SampledFrom(encodings).Draw(t, "encoding"))
	codec := rapid.SampledFrom([]codecs.Codec{&parquet.Uncompressed, &parquet.Uncompressed, &parquet.Snappy, &parquet.Zstd}).Draw(t, "codec")
	node = parquet.Compressed(node, codec)
	if rapid.Bool().Draw(t, "required") {
		return randomColumn{name, node, value}
	}
	nulls := rapid.SampledFrom([]int{0, 1, 50, 99, 100}).Draw(t, "nulls %")
	return randomColumn{name, parquet.Optional(node), func(r *rand.Rand) parquet.Value {
		if r.IntN(100) < nulls {
			return parquet.NullValue()
		}
		return value(r)
	}}
}

// writeRandom writes a file of the columns.
func writeRandom(t *rapid.T, columns []randomColumn, rows int) []byte {
	root := &orderedGroup{}
	for _, c := range columns {
		root.add(c.name, c.node)
	}
	var b bytes.Buffer
	w := parquet.NewGenericWriter[any](&b, parquet.NewSchema("table", root), parquet.DataPageVersion(rapid.IntRange(1, 2).Draw(t, "version")),
		parquet.PageBufferSize(rapid.SampledFrom([]int{64, 1000, 1 << 20}).Draw(t, "page")), parquet.DataPageStatistics(rapid.Bool().Draw(t, "statistics")))
	r := rand.New(rand.NewPCG(uint64(rapid.IntRange(0, 1<<30).Draw(t, "seed")), 1))
	group := rapid.IntRange(1, rows).Draw(t, "row group")
	for from := 0; from < rows; from += group {
		for i, c := range columns {
			for range min(group, rows-from) {
				v := c.value(r)
				defined := 0
				if c.node.Optional() && !v.IsNull() {
					defined = 1
				}
				if _, err := w.ColumnWriters()[i].WriteRowValues([]parquet.Value{v.Level(0, defined, i)}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestParquetPagesAgainstValues reads random files page by page and value by value: every type, encoding, codec and
// version of page, every kind of column in the table, bad cells refused and counted. Tables and errors must be the same.
func TestParquetPagesAgainstValues(t *testing.T) {
	path := filepath.Join(t.TempDir(), "t.parquet")
	rapid.Check(t, func(t *rapid.T) {
		var columns []randomColumn
		s := Schema{Missing: []string{"7"}}
		for i := range rapid.IntRange(1, 4).Draw(t, "columns") {
			name := fmt.Sprintf("c%d", i)
			columns = append(columns, drawColumn(t, name))
			switch rapid.SampledFrom([]string{"", "", "numeric", "categorical", "time", "group"}).Draw(t, "use") {
			case "numeric":
				s.Numeric = append(s.Numeric, name)
			case "categorical":
				s.Categorical = append(s.Categorical, name)
			case "time":
				s.Time = name
			case "group":
				s.Group = name
			}
		}
		if rapid.Bool().Draw(t, "tolerant") {
			s.BadCell = BadCellMissing
		}
		rows := rapid.IntRange(1, 700).Draw(t, "rows")
		if err := os.WriteFile(path, writeRandom(t, columns, rows), 0o600); err != nil {
			t.Fatal(err)
		}
		want, wantErr := readByValue(path, s)
		check := func(got *Table, err error) {
			if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
				t.Fatalf("got error %v, want %v", err, wantErr)
			}
			if err == nil {
				checkEqual(t, got, want)
			}
		}
		check(Read(context.Background(), path, s))
		check(readInChunks(path, s, rapid.IntRange(1, rows).Draw(t, "chunk")))
	})
}

// checkEqual compares all that a Parquet file can give, to the bit.
func checkEqual(t interface{ Fatalf(string, ...any) }, got, want *Table) {
	if len(got.Columns) != len(want.Columns) || got.Rows() != want.Rows() {
		t.Fatalf("got %d x %d, want %d x %d", got.Rows(), len(got.Columns), want.Rows(), len(want.Columns))
	}
	for i := range want.Columns {
		g, w := &got.Columns[i], &want.Columns[i]
		bits := func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }
		if !slices.EqualFunc(g.Num, w.Num, bits) || !slices.Equal(g.Code, w.Code) || !slices.Equal(g.Dict, w.Dict) {
			t.Fatalf("column %q differs:\n%v %v %q\n%v %v %q", w.Name, g.Num, g.Code, g.Dict, w.Num, w.Code, w.Dict)
		}
	}
	if !slices.Equal(got.Time, want.Time) || !slices.Equal(got.Group, want.Group) || !slices.Equal(got.Groups, want.Groups) {
		t.Fatalf("times or groups differ")
	}
	for name, n := range want.BadCells {
		if got.BadCells[name] != n {
			t.Fatalf("%d bad cells in %q, want %d", got.BadCells[name], name, n)
		}
	}
	if len(got.BadCells) != len(want.BadCells) {
		t.Fatalf("bad cells %v, want %v", got.BadCells, want.BadCells)
	}
}

func TestSpread(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		present := rapid.SliceOfN(rapid.SampledFrom([]byte{1, 1, 1, 0, 2}), 0, 200).Draw(t, "levels")
		if rapid.Bool().Draw(t, "a long run") {
			present = append(present, bytes.Repeat([]byte{1}, 40)...)
		}
		dst, want, n := make([]int32, len(present)), []int32{}, 0
		for _, level := range present {
			if level != 1 {
				want = append(want, Missing)
				continue
			}
			dst[n] = int32(n)
			want = append(want, int32(n))
			n++
		}
		spread(dst, present, n, Missing)
		if !slices.Equal(dst, want) {
			t.Fatalf("got %v, want %v", dst, want)
		}
	})
}

// floatFile writes rows of two required float columns as WriteParquet does.
func floatFile(t *testing.T, rows int) (path string, table *Table) {
	t.Helper()
	table = &Table{Name: "floats"}
	r := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"a", "b"} {
		num := make([]float32, rows)
		for i := range num {
			num[i] = r.Float32()
		}
		num[rows/2], num[rows/3] = float32(math.Inf(-1)), missingFloat
		table.Columns = append(table.Columns, Column{Name: name, Kind: Numeric, Num: num})
	}
	path = filepath.Join(t.TempDir(), "t.parquet")
	if err := Write(path, table); err != nil {
		t.Fatal(err)
	}
	for i := range table.Columns {
		missInfinities(table.Columns[i].Num)
	}
	return path, table
}

// TestPlainFloats makes sure that what WriteParquet writes is what plainFloats reads, whole and in parts of pages.
func TestPlainFloats(t *testing.T) {
	path, want := floatFile(t, 100_000)
	src, err := openParquet(path, Schema{})
	if err != nil {
		t.Fatal(err)
	}
	defer src.close()
	pf := src.(*parquetSource).parquet
	for group := range pf.RowGroups() {
		rows := int(pf.RowGroups()[group].NumRows())
		p, dst := newPlainFloats(pf, group, 1), make([]float32, rows)
		for n := 0; n < rows; {
			got, ok := p.read(dst[n:min(rows, n+7777)])
			if !ok || got == 0 {
				t.Fatalf("group %d: the library has to read from row %d on", group, n)
			}
			n += got
		}
		if got, ok := p.read(dst); got != 0 || !ok || !slices.Equal(dst[:100], want.Columns[1].Num[group*parquetGroupRows:][:100]) {
			t.Errorf("group %d: %d values behind the end", group, got)
		}
	}
	for _, rows := range []int{1000, 32 << 10, 50_000, 100_000} {
		got, err := readInChunks(path, Schema{}, rows)
		if err != nil {
			t.Fatal(err)
		}
		checkEqual(t, got, want)
	}
}

// TestPlainFloatsDamaged changes single bytes of the pages: reading must end as it does through the library, and a value
// that changed must never get through the checksum, whole file or chunk.
func TestPlainFloatsDamaged(t *testing.T) {
	path, _ := floatFile(t, 3000)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 400 {
		content := slices.Clone(good)
		at := 4 + r.IntN(3000*8)
		if i%2 == 0 {
			at = 4 + r.IntN(40) // the header of the first page
		}
		content[at] ^= 1 << r.IntN(8)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		want, wantErr := readByValue(path, Schema{})
		for _, rows := range []int{3000, 1100} {
			got, err := readInChunks(path, Schema{}, rows)
			if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
				t.Fatalf("byte %d: got error %v, want %v", at, err, wantErr)
			}
			if err == nil {
				checkEqual(t, got, want)
			}
		}
		if i%2 == 1 && at > 100 && wantErr == nil {
			t.Errorf("byte %d: a changed value was read", at)
		}
	}
}

// usesLZ4 reports whether a chunk of a file claims to be compressed with LZ4. parquet-go v0.32 doubles the memory for such
// a page until it fits, and for a damaged one that is all the memory there is.
func usesLZ4(path string) bool {
	src, err := openParquet(path, Schema{})
	if err != nil {
		return false
	}
	defer src.close()
	for _, g := range src.(*parquetSource).parquet.Metadata().RowGroups {
		for _, c := range g.Columns {
			if c.MetaData.Codec == format.Lz4Raw {
				return true
			}
		}
	}
	return false
}

// TestDamagedFooter puts a few values, of which one makes a list of a column, in the place of every byte of a small file:
// no panic may get through, and what is accepted is what can be read value by value.
func TestDamagedFooter(t *testing.T) {
	table := &Table{Name: "seed", Columns: []Column{{Name: "x", Kind: Numeric, Num: []float32{1, 2, missingFloat}},
		{Name: "y", Kind: Categorical, Code: []int32{0, 1, Missing}, Dict: []string{"tcp", "udp"}}}}
	var b bytes.Buffer
	if err := WriteParquet(&b, table); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "t.parquet")
	refused := 0
	for at := range b.Len() {
		for _, value := range []byte{0, 0x1c, 0x3c} {
			content := slices.Clone(b.Bytes())
			content[at] = value
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			if usesLZ4(path) {
				continue
			}
			_, err := Read(context.Background(), path, Schema{})
			_, wantErr := readByValue(path, Schema{})
			if (err == nil) != (wantErr == nil) {
				t.Errorf("byte %d is %#x: got error %v, value by value %v", at, value, err, wantErr)
			}
			if err != nil {
				refused++
			}
		}
	}
	if refused < b.Len() {
		t.Errorf("only %d of %d damaged files were refused", refused, 3*b.Len())
	}
	// A footer that is said to take 4 GB must not be given them.
	if err := os.WriteFile(path, []byte("PAR1\xf0\xff\xff\xffPAR1"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Read(context.Background(), path, Schema{})
	checkMessage(t, err, ErrFormat, []string{"larger than the file"})
}

// FuzzReadParquet gives any bytes to the reader. Nothing may panic, an error is one clear line, and what is accepted is what
// can be read value by value. The values themselves are not compared: from a page that has fewer than it says the library
// gives what its memory held before, where no checksum prevents it.
func FuzzReadParquet(f *testing.F) {
	table := &Table{Name: "seed", Columns: []Column{{Name: "x", Kind: Numeric, Num: []float32{1, 2, missingFloat}},
		{Name: "y", Kind: Categorical, Code: []int32{0, 1, Missing}, Dict: []string{"tcp", "udp"}}}}
	var b bytes.Buffer
	if err := WriteParquet(&b, table); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	type row struct {
		D *float64 `parquet:"d,optional,dict"`
		I *int64   `parquet:"i,optional,snappy"`
		B bool     `parquet:"b"`
		S *string  `parquet:"s,optional"`
	}
	one, two, word := 0.5, int64(300), "word"
	for _, version := range []int{1, 2} {
		b.Reset()
		w := parquet.NewGenericWriter[row](&b, parquet.DataPageVersion(version))
		if _, err := w.Write([]row{{&one, &two, true, &word}, {}, {&one, &two, false, &word}}); err != nil {
			f.Fatal(err)
		}
		if err := w.Close(); err != nil {
			f.Fatal(err)
		}
		f.Add(slices.Clone(b.Bytes()))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		path := filepath.Join(t.TempDir(), "t.parquet")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if usesLZ4(path) {
			t.Skip("LZ4")
		}
		got, err := Read(context.Background(), path, Schema{})
		if err != nil && (!strings.HasPrefix(err.Error(), "data: ") || strings.ContainsAny(err.Error(), "\n\r")) {
			t.Fatalf("not a clear line: %q", err)
		}
		want, wantErr := readByValue(path, Schema{})
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("got error %v, value by value %v", err, wantErr)
		}
		if err == nil && got.Rows() != want.Rows() {
			t.Fatalf("got %d rows, value by value %d", got.Rows(), want.Rows())
		}
	})
}
