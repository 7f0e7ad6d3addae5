package cli

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"

	"github.com/jamba-threat/jamba/lib/threat"
)

// scoreWriter writes predictions piece by piece. first is the number of a piece's first row.
type scoreWriter interface {
	write(first int, p *threat.Prediction) error
	close() error
}

// scoreFormat returns the writer for --format, or for the ending of the file.
func scoreFormat(format, path string) (func(io.Writer, []string) scoreWriter, error) {
	if format == "" {
		format = strings.TrimPrefix(filepath.Ext(path), ".")
	}
	if path == "" || path == "-" {
		if format == "" || format == "-" {
			format = "csv"
		}
	}
	switch format {
	case "csv":
		return newCSVScores, nil
	case "jsonl", "ndjson":
		return newJSONScores, nil
	case "parquet":
		return newParquetScores, nil
	}
	return nil, withHint(usagef("--out %s: scores cannot be written as %q", path, format), "the formats are csv, jsonl and parquet: end the file with one, or give --format")
}

// probText is a probability with all the digits that a float32 network can mean.
func probText(dst []byte, p float64) []byte { return strconv.AppendFloat(dst, p, 'g', 9, 64) }

type csvScores struct {
	w       *csv.Writer
	classes []string
	record  []string
	started bool
}

func newCSVScores(w io.Writer, classes []string) scoreWriter {
	return &csvScores{w: csv.NewWriter(w), classes: classes}
}

func (c *csvScores) write(first int, p *threat.Prediction) error {
	if err := c.header(p.Classes != nil); err != nil {
		return err
	}
	for i := range p.Prob {
		c.record = append(c.record[:0], strconv.Itoa(first+i), string(probText(nil, p.Prob[i])), strconv.FormatBool(p.Flagged[i]), c.classes[p.Class[i]])
		if p.Classes != nil {
			for _, v := range p.Classes[i*len(c.classes) : (i+1)*len(c.classes)] {
				c.record = append(c.record, string(probText(nil, v)))
			}
		}
		if err := c.w.Write(c.record); err != nil {
			return err
		}
	}
	c.w.Flush()
	return c.w.Error()
}

func (c *csvScores) header(several bool) error {
	if c.started {
		return nil
	}
	c.started = true
	names := []string{"row", "prob", "flagged", "class"}
	if several {
		for _, name := range c.classes {
			names = append(names, "prob_"+name)
		}
	}
	return c.w.Write(names)
}

func (c *csvScores) close() error {
	c.w.Flush()
	return c.w.Error()
}

type jsonScores struct {
	w       *bufio.Writer
	classes []string
	quoted  [][]byte // the class names as JSON
}

func newJSONScores(w io.Writer, classes []string) scoreWriter {
	j := &jsonScores{w: bufio.NewWriter(w), classes: classes}
	for _, name := range classes {
		text, _ := json.Marshal(name) // a string always has JSON
		j.quoted = append(j.quoted, text)
	}
	return j
}

func (j *jsonScores) write(first int, p *threat.Prediction) error {
	var line []byte
	for i := range p.Prob {
		line = append(line[:0], `{"row":`...)
		line = strconv.AppendInt(line, int64(first+i), 10)
		line = probText(append(line, `,"prob":`...), p.Prob[i])
		line = strconv.AppendBool(append(line, `,"flagged":`...), p.Flagged[i])
		line = append(append(line, `,"class":`...), j.quoted[p.Class[i]]...)
		if p.Classes != nil {
			line = append(line, `,"classes":`...)
			for k, name := range j.quoted {
				line = append(append(append(line, "{,"[min(k, 1)]), name...), ':')
				line = probText(line, p.Classes[i*len(j.quoted)+k])
			}
			line = append(line, '}')
		}
		if _, err := j.w.Write(append(line, '}', '\n')); err != nil {
			return err
		}
	}
	return j.w.Flush()
}

func (j *jsonScores) close() error { return j.w.Flush() }

// parquetScores writes one row group for each piece, so that memory does not grow with the file.
type parquetScores struct {
	w       io.Writer
	classes []string
	out     *parquet.Writer //nolint:staticcheck // its successor needs the row type at compile time; class columns vary
	row     parquet.Row
}

func newParquetScores(w io.Writer, classes []string) scoreWriter {
	return &parquetScores{w: w, classes: classes}
}

// scoreSchema makes the columns from a struct type, because those keep their order; a group of columns is sorted.
func scoreSchema(classes []string) *parquet.Schema {
	field := func(i int, name, options string, t reflect.Type) reflect.StructField {
		tag := strings.NewReplacer(",", "_", `"`, "_", "`", "_", `\`, "_").Replace(name) + options
		return reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: t, Tag: reflect.StructTag("parquet:" + strconv.Quote(tag))}
	}
	double := reflect.TypeFor[float64]()
	fields := []reflect.StructField{
		field(0, "row", "", reflect.TypeFor[int64]()), field(1, "prob", "", double),
		field(2, "flagged", "", reflect.TypeFor[bool]()), field(3, "class", ",dict", reflect.TypeFor[string]()),
	}
	for i, name := range classes {
		fields = append(fields, field(4+i, "prob_"+name, "", double))
	}
	return parquet.NewSchema("scores", parquet.SchemaOf(reflect.New(reflect.StructOf(fields)).Interface()))
}

func (q *parquetScores) write(first int, p *threat.Prediction) (err error) {
	defer func() { // the library panics over what it does not expect
		if v := recover(); v != nil {
			err = fmt.Errorf("parquet: %v", v)
		}
	}()
	several := len(q.classes)
	if p.Classes == nil {
		several = 0
	}
	if q.out == nil {
		q.out = parquet.NewWriter(q.w, scoreSchema(q.classes[:several]), parquet.CreatedBy("jamba", "1", ""))
	}
	for i := range p.Prob {
		q.row = append(q.row[:0],
			parquet.Int64Value(int64(first+i)).Level(0, 0, 0), parquet.DoubleValue(p.Prob[i]).Level(0, 0, 1),
			parquet.BooleanValue(p.Flagged[i]).Level(0, 0, 2), parquet.ByteArrayValue([]byte(q.classes[p.Class[i]])).Level(0, 0, 3))
		for k := range several {
			q.row = append(q.row, parquet.DoubleValue(p.Classes[i*several+k]).Level(0, 0, 4+k))
		}
		if _, err := q.out.WriteRows([]parquet.Row{q.row}); err != nil {
			return err
		}
	}
	return q.out.Flush()
}

func (q *parquetScores) close() error {
	if q.out == nil { // a file without rows is refused before, so this is a bug
		return fmt.Errorf("parquet: no rows were written")
	}
	return q.out.Close()
}
