package data

import (
	"context"
	"io"
	"math"
	"path/filepath"
	"slices"
)

// scanCells is the number of cells of a chunk where the file does not suggest one: 4 MB of numbers.
const scanCells = 1 << 20

// scanRows returns the number of rows of a chunk.
func (l *layout) scanRows() int { return max(64, scanCells/max(1, l.numbers+l.texts)) }

// source is an open file of any format.
type source interface {
	layout() *layout
	// rows returns the number of rows and whether it is exact or an estimate; 0 when nothing is known.
	rows() (n int, exact bool)
	// run delivers the rows in file order in chunks of about chunk rows (text files choose their own).
	run(ctx context.Context, chunk int, emit func(*rawChunk) error) error
	// recycle takes back a chunk whose content has been copied.
	recycle(*rawChunk)
	close()
}

// Read reads a whole file into a table. The extension says how: .csv, .txt (comma-separated) and .tsv (tab-separated),
// each also with .gz or .zst behind it, .parquet, and .npz.
//
// The schema says what the columns mean; the zero Schema takes every column as a feature. The table's own Schema has
// Columns filled in: reading another file with that schema gives the same features in the same order.
//
// Errors: a bad cell is a *CellError; a file that does not fit the schema is ErrSchema; a damaged or wrongly named one
// ErrFormat; fs.ErrNotExist when there is none; ctx.Err() when ctx ends first. The first problem in file order is
// reported, and the result does not depend on the number of processors.
func Read(ctx context.Context, path string, s Schema) (*Table, error) {
	return read(ctx, path, s, open)
}

// ReadCSV reads delimited text whatever the extension, apart from .gz and .zst, which are decompressed.
func ReadCSV(ctx context.Context, path string, s Schema) (*Table, error) {
	return read(ctx, path, s, openTextSource)
}

// ReadParquet reads a Parquet file whatever the extension: flat columns of any primitive type, required or optional.
func ReadParquet(ctx context.Context, path string, s Schema) (*Table, error) {
	return read(ctx, path, s, openParquet)
}

// ReadNPZ reads a NumPy archive whatever the extension. It holds X [rows, features] with optional feature_names [features]
// and y [rows], or one-dimensional arrays that are columns by their own names, or both; WriteNPZ documents the rest.
func ReadNPZ(ctx context.Context, path string, s Schema) (*Table, error) {
	return read(ctx, path, s, openNPZ)
}

// ParseCSV reads delimited text from r to its end. name stands for the file in messages; if it ends in .tsv the fields
// are separated by tabs. When ctx ends, ParseCSV returns at once even if r blocks; r may then still be read from until
// its current Read returns.
func ParseCSV(ctx context.Context, r io.Reader, name string, s Schema) (*Table, error) {
	src, err := openStream(ctx, r, name, s)
	if err != nil {
		return nil, err
	}
	return collect(ctx, src)
}

// Scan reads a file like Read, but hands it over in chunks of consecutive rows, so that memory does not grow with the
// file. The chunks are fn's to keep. Codes mean the same in all chunks of one Scan: dictionaries only grow, and each
// chunk carries the dictionary so far. With Schema.Multiclass the classes are in order of first appearance, because
// their alphabetical order is only known at the end. An error of fn ends the scan and is returned as it is.
//
// Dictionaries do grow with the number of distinct texts: drop identifiers that differ in every row.
func Scan(ctx context.Context, path string, s Schema, fn func(chunk *Table) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	src, err := open(path, s)
	if err != nil {
		return err
	}
	defer src.close()
	return scan(ctx, src, fn)
}

// ScanCSV is Scan for delimited text from a stream, such as standard input. For name and ctx see ParseCSV.
func ScanCSV(ctx context.Context, r io.Reader, name string, s Schema, fn func(chunk *Table) error) error {
	src, err := openStream(ctx, r, name, s)
	if err != nil {
		return err
	}
	return scan(ctx, src, fn)
}

func scan(ctx context.Context, src source, fn func(chunk *Table) error) error {
	a, rows := newAssembler(src.layout()), 0
	err := src.run(ctx, src.layout().scanRows(), func(c *rawChunk) error {
		t, err := a.table(c)
		if err != nil || t.Rows() == 0 {
			return err
		}
		rows += t.Rows()
		return fn(t)
	})
	if err == nil && rows == 0 {
		return noRows(src.layout().file)
	}
	return err
}

func noRows(path string) error { return formatErrorf("%s: the file has no rows", path) }

// open chooses the reader by extension.
func open(path string, s Schema) (source, error) {
	plain := trimCompression(path)
	compressed := len(plain) != len(path)
	switch ext := filepath.Ext(plain); ext {
	case ".csv", ".txt", ".tsv":
		return openTextSource(path, s)
	case ".parquet", ".npz":
		if compressed {
			return nil, formatErrorf("%s: %s files are compressed inside and are not read through %s; decompress it first",
				path, ext, filepath.Ext(path))
		}
		if ext == ".npz" {
			return openNPZ(path, s)
		}
		return openParquet(path, s)
	default:
		// A folder or a missing file is the better message.
		f, _, err := openFile(path)
		if err != nil {
			return nil, err
		}
		f.Close()
		return nil, formatErrorf("%s: the extension %q is unknown; give .csv, .txt or .tsv (also with .gz or .zst), .parquet or .npz",
			path, filepath.Ext(path))
	}
}

func read(ctx context.Context, path string, s Schema, open func(string, Schema) (source, error)) (*Table, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	src, err := open(path, s)
	if err != nil {
		return nil, err
	}
	defer src.close()
	return collect(ctx, src)
}

// csvSource is a text file or stream.
type csvSource struct {
	*csvStream
	file *textFile // nil for a stream
}

func openTextSource(path string, s Schema) (source, error) {
	f, err := openText(path)
	if err != nil {
		return nil, err
	}
	cs, err := openCSV(f, path, s)
	if err != nil {
		f.close()
		f.release()
		return nil, err
	}
	return &csvSource{cs, f}, nil
}

func (c *csvSource) layout() *layout { return c.l }

func (c *csvSource) rows() (int, bool) {
	if c.file == nil || c.file.size <= 0 {
		return 0, false
	}
	// One per cent more, because growing costs a copy.
	return int(float64(c.file.size)*c.perByte*1.01) + 1, false
}

func (c *csvSource) run(ctx context.Context, _ int, emit func(*rawChunk) error) error {
	return c.csvStream.run(ctx, emit)
}

func (c *csvSource) close() {
	if c.file != nil {
		c.file.close()
		c.wait()
		c.file.release()
	}
}

// collect joins all chunks of a source into one table.
func collect(ctx context.Context, src source) (*Table, error) {
	a := newAssembler(src.layout())
	n, exact := src.rows()
	chunk := src.layout().scanRows()
	if exact {
		chunk = n // one chunk, which then is the table
	}
	var t *Table
	err := src.run(ctx, chunk, func(c *rawChunk) error {
		part, err := a.table(c)
		switch {
		case err != nil:
			return err
		case t == nil && exact && part.Rows() == n:
			t = part
			return nil
		case t == nil:
			t = emptyLike(part)
		}
		t.append(part, n)
		src.recycle(c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if t == nil || t.Rows() == 0 {
		return nil, noRows(src.layout().file)
	}
	if t.Schema.Multiclass && t.Label != nil {
		t.sortClasses()
	}
	return t, nil
}

// emptyLike returns a table with the columns of t and no rows.
func emptyLike(t *Table) *Table {
	e := *t
	e.Columns = slices.Clone(t.Columns)
	for i := range e.Columns {
		c := &e.Columns[i]
		c.Num, c.Code = none(c.Num), none(c.Code)
	}
	e.Label, e.Family, e.Group, e.Time = none(t.Label), none(t.Family), none(t.Group), none(t.Time)
	if t.BadCells != nil {
		e.BadCells = make(map[string]int)
	}
	return &e
}

func none[T any](v []T) []T {
	if v == nil {
		return nil
	}
	return []T{}
}

// append copies the rows of the next chunk of the same scan. expect is how many rows the table will have in the end, if
// that can be estimated.
func (t *Table) append(part *Table, expect int) {
	for i := range t.Columns {
		c, p := &t.Columns[i], &part.Columns[i]
		c.Num, c.Code, c.Dict = extend(c.Num, p.Num, expect), extend(c.Code, p.Code, expect), p.Dict
	}
	t.Label, t.Classes = extend(t.Label, part.Label, expect), part.Classes
	t.Family, t.Families = extend(t.Family, part.Family, expect), part.Families
	t.Group, t.Groups = extend(t.Group, part.Group, expect), part.Groups
	t.Time = extend(t.Time, part.Time, expect)
	for name, n := range part.BadCells {
		t.BadCells[name] += n
	}
}

// extend appends part to v. The first growth goes to the expected size, later ones add an eighth: doubling would leave up
// to twice the table as garbage.
func extend[T any](v, part []T, expect int) []T {
	if v == nil {
		return nil
	}
	need := len(v) + len(part)
	if need > cap(v) {
		size := max(need, min(expect, maxExpect))
		if cap(v) > 0 {
			size = max(need, cap(v)+cap(v)/8+len(part))
		}
		v = append(make([]T, 0, size), v...)
	}
	return append(v, part...)
}

// maxExpect bounds what is allocated on the word of a file's size alone.
const maxExpect = math.MaxInt32

// sortClasses puts the classes in alphabetical order.
func (t *Table) sortClasses() {
	sorted := slices.Sorted(slices.Values(t.Classes))
	to := make([]int32, len(t.Classes))
	for i, c := range t.Classes {
		at, _ := slices.BinarySearch(sorted, c)
		to[i] = int32(at)
	}
	for i, y := range t.Label {
		t.Label[i] = to[y]
	}
	t.Classes = sorted
}
