//go:build !noparquet

package data

import (
	"io"
	"reflect"

	"github.com/parquet-go/parquet-go"
)

// parquetGroupRows is the number of rows of a row group, the unit in which readers stream.
const parquetGroupRows = 64 << 10

// parquetPageBytes is the size of a page. A reader that streams rows holds one page of every column, so that a table of a
// hundred columns needs 13 MB of them.
const parquetPageBytes = 128 << 10

// WriteParquet writes a table as Parquet: numeric features as REQUIRED float32 with NaN for missing, which readers copy
// without looking at single values; categorical features, family and group as optional dictionary-coded strings; the
// label as REQUIRED int32 0 and 1, or as strings where the schema or more classes ask for texts (see WriteCSV); time as
// optional timestamps in nanoseconds, UTC. Columns have the order of WriteCSV. The same table gives the same bytes.
func WriteParquet(w io.Writer, t *Table) (err error) {
	label, texts, err := t.roleColumns()
	if err != nil {
		return err
	}
	// A column of the table as a node, and a function that puts rows into its writer.
	type column struct {
		name  string
		node  parquet.Node
		value func(row int) parquet.Value
	}
	var columns []column
	textual := func(name string, code []int32, dict []string) {
		values := make([]parquet.Value, len(dict))
		for i, v := range dict {
			values[i] = parquet.ByteArrayValue([]byte(v)).Level(0, 1, len(columns))
		}
		null := parquet.NullValue().Level(0, 0, len(columns))
		columns = append(columns, column{name, parquet.Encoded(parquet.Optional(parquet.String()), &parquet.RLEDictionary),
			func(row int) parquet.Value {
				if code[row] == Missing {
					return null
				}
				return values[code[row]]
			}})
	}
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Kind == Categorical {
			textual(c.Name, c.Code, c.Dict)
			continue
		}
		columns = append(columns, column{c.Name, parquet.Encoded(parquet.Leaf(parquet.FloatType), &parquet.Plain),
			func(row int) parquet.Value { return parquet.FloatValue(c.Num[row]).Level(0, 0, i) }})
	}
	for _, c := range texts {
		if label != nil && c.name == label.name && numericLabels(label) {
			at := len(columns)
			columns = append(columns, column{c.name, parquet.Leaf(parquet.Int32Type),
				func(row int) parquet.Value { return parquet.Int32Value(t.Label[row]).Level(0, 0, at) }})
			continue
		}
		textual(c.name, c.code, c.dict)
	}
	if t.Time != nil {
		at := len(columns)
		columns = append(columns, column{t.timeName(), parquet.Optional(parquet.Timestamp(parquet.Nanosecond)), func(row int) parquet.Value {
			if t.Time[row] == NoTime {
				return parquet.NullValue().Level(0, 0, at)
			}
			return parquet.Int64Value(t.Time[row]).Level(0, 1, at)
		}})
	}
	root := &orderedGroup{}
	for _, c := range columns {
		root.add(c.name, c.node)
	}
	return guardWrite(func() error {
		out := parquet.NewGenericWriter[any](w, parquet.NewSchema("table", root), parquet.CreatedBy("jamba", "1", ""),
			parquet.DataPageStatistics(false), parquet.PageBufferSize(parquetPageBytes))
		writers := out.ColumnWriters()
		values := make([]parquet.Value, 0, 1024)
		for from := 0; from < t.Rows(); from += parquetGroupRows {
			to := min(from+parquetGroupRows, t.Rows())
			for i, c := range columns {
				for row := from; row < to; row++ {
					values = append(values, c.value(row))
					if len(values) == cap(values) || row == to-1 {
						if _, err := writers[i].WriteRowValues(values); err != nil {
							return err
						}
						values = values[:0]
					}
				}
			}
			if err := out.Flush(); err != nil {
				return err
			}
		}
		return out.Close()
	})
}

// guardWrite turns a panic of the Parquet library into an error.
func guardWrite(fn func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = schemaErrorf("write: parquet: %v", r)
		}
	}()
	return fn()
}

// orderedGroup is a group whose columns keep the order in which they were added; parquet.Group sorts them by name.
type orderedGroup struct {
	parquet.Group
	fields []parquet.Field
}

func (g *orderedGroup) add(name string, node parquet.Node) {
	if g.Group == nil {
		g.Group = make(parquet.Group)
	}
	g.Group[name] = node
	g.fields = append(g.fields, namedNode{node, name})
}

func (g *orderedGroup) Fields() []parquet.Field { return g.fields }

// namedNode is a column of an orderedGroup.
type namedNode struct {
	parquet.Node
	name string
}

func (n namedNode) Name() string { return n.name }

// Value is for Go structs as rows, which this package does not write.
func (n namedNode) Value(base reflect.Value) reflect.Value {
	return base.MapIndex(reflect.ValueOf(n.name))
}
