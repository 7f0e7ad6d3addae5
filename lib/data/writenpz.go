package data

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// WriteNPZ writes a table as an archive that numpy.load reads without pickle. The same table gives the same bytes.
//
//	X              float32 [rows, numeric features], NaN for missing
//	feature_names  text    [numeric features]
//	columns        text    [features], numeric and categorical in the order of the table
//	y              int32   [rows], class index; only with labels
//	class_names    text    [classes], as the schema reads them (see WriteCSV)
//	NAME.code      int32   [rows], index into NAME.dict, -1 for missing; categorical features, family and group
//	NAME.dict      text    [values]
//	TIME           datetime64[ns] [rows], NaT for missing
//
// The archive is not compressed, so that NumPy can read it as fast as the disk; numpy.load restores a category by
// d["proto.dict"][d["proto.code"]].
func WriteNPZ(w io.Writer, t *Table) error {
	label, texts, err := t.roleColumns()
	if err != nil {
		return err
	}
	z := &npzWriter{zip: zip.NewWriter(w), rows: t.Rows()}
	var numeric []*Column
	var names []string
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Kind == Numeric {
			numeric, names = append(numeric, c), append(names, c.Name)
		} else {
			texts = append(texts, textColumn{c.Name, c.Code, c.Dict})
		}
	}
	z.array(npzX, "<f4", []int{z.rows, len(numeric)}, func(w *bufio.Writer) error { return writeMatrix(w, numeric) })
	z.texts(npzNames, names)
	z.texts(npzColumns, t.FeatureNames())
	if label != nil {
		z.codes(npzY, t.Label)
		z.texts(npzClasses, label.dict)
	}
	for _, c := range texts {
		if label != nil && c.name == label.name && (t.Schema.Family != c.name || t.Family == nil) && (t.Schema.Group != c.name || t.Group == nil) {
			continue // the label itself, which is y
		}
		z.codes(c.name+npzCode, c.code)
		z.texts(c.name+npzDict, c.dict)
	}
	if t.Time != nil {
		name := t.timeName()
		if slices.Contains([]string{npzX, npzNames, npzColumns, npzY, npzClasses}, name) {
			return schemaErrorf("write: npz: the time column cannot be named %q, which means something else in such archives", name)
		}
		z.array(name, "<M8[ns]", []int{z.rows}, func(w *bufio.Writer) error { return writeTimes(w, t.Time) })
	}
	if z.err != nil {
		return z.err
	}
	return z.zip.Close()
}

// npzWriter writes arrays until one fails.
type npzWriter struct {
	zip  *zip.Writer
	rows int
	err  error
}

// array writes one array: header, then what fill writes.
func (z *npzWriter) array(name, dtype string, shape []int, fill func(*bufio.Writer) error) {
	if z.err != nil {
		return
	}
	// No date in the entry: archives of equal tables are equal.
	entry, err := z.zip.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: zip.Store})
	if err != nil {
		z.err = err
		return
	}
	w := bufio.NewWriterSize(entry, 256<<10)
	w.WriteString(npyPreamble(dtype, shape))
	if z.err = fill(w); z.err == nil {
		z.err = w.Flush()
	}
}

// npyPreamble is the header of format version 1.0, padded so that the elements begin at a multiple of 64 bytes.
func npyPreamble(dtype string, shape []int) string {
	dims := make([]string, len(shape))
	for i, n := range shape {
		dims[i] = fmt.Sprint(n)
	}
	tuple := strings.Join(dims, ", ")
	if len(shape) == 1 {
		tuple += ","
	}
	text := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", dtype, tuple)
	const fixed = len(npyMagic) + 2 + 2
	text += strings.Repeat(" ", 63-(fixed+len(text))%64) + "\n"
	return npyMagic + "\x01\x00" + string([]byte{byte(len(text)), byte(len(text) >> 8)}) + text
}

func (z *npzWriter) codes(name string, codes []int32) {
	z.array(name, "<i4", []int{len(codes)}, func(w *bufio.Writer) error {
		var b [4]byte
		for _, c := range codes {
			binary.LittleEndian.PutUint32(b[:], uint32(c))
			w.Write(b[:])
		}
		return nil
	})
}

// maxTextArray bounds an array of texts, whose elements all have the width of the longest.
const maxTextArray = 1 << 30

func (z *npzWriter) texts(name string, values []string) {
	width := 1
	for _, v := range values {
		width = max(width, utf8.RuneCountInString(v))
	}
	if size := 4 * width * len(values); size > maxTextArray && z.err == nil {
		z.err = schemaErrorf("write: npz: the %d texts of %q, the longest of %d characters, would need %d MB; use Parquet", len(values), clip(name), width, size/1e6)
		return
	}
	z.array(name, fmt.Sprintf("<U%d", width), []int{len(values)}, func(w *bufio.Writer) error {
		element := make([]byte, 4*width)
		for _, v := range values {
			clear(element)
			i := 0
			for _, r := range v {
				binary.LittleEndian.PutUint32(element[i:], uint32(r))
				i += 4
			}
			w.Write(element)
		}
		return nil
	})
}

// writeMatrix writes the columns row by row, a tile of rows at a time: going through all columns for each single row
// would miss the cache at every value.
func writeMatrix(w *bufio.Writer, columns []*Column) error {
	if len(columns) == 0 {
		return nil
	}
	const tile = 256
	row := 4 * len(columns)
	b := make([]byte, tile*row)
	for from := 0; from < columns[0].Len(); from += tile {
		n := min(tile, columns[0].Len()-from)
		for j, c := range columns {
			for i, v := range c.Num[from : from+n] {
				binary.LittleEndian.PutUint32(b[i*row+4*j:], math.Float32bits(v))
			}
		}
		if _, err := w.Write(b[:n*row]); err != nil {
			return err
		}
	}
	return nil
}

func writeTimes(w *bufio.Writer, times []int64) error {
	var b [8]byte
	for _, t := range times {
		binary.LittleEndian.PutUint64(b[:], uint64(t)) // NoTime has the bits of NaT
		w.Write(b[:])
	}
	return nil
}
