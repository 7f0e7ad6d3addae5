package data

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"time"
)

// WriteCSV writes a table as comma-separated text with a header line, LF line ends and UTF-8.
//
// Features come first in order, then family, group, label and time. Numbers have the shortest form that reads back as
// the same float32; missing values are empty; texts are quoted where reading them unquoted would give something else.
// The label is written as the schema reads it: 0 and 1, or the first of its negative and positive values, or the class
// names of a multiclass table; when label and family are one column it holds the family. Times are RFC 3339 in UTC.
// A schema whose Delimiter is set writes that delimiter.
func WriteCSV(w io.Writer, t *Table) error { return writeText(w, t, ',') }

func writeText(w io.Writer, t *Table, delim byte) error {
	if d := t.Schema.Delimiter; len(d) == 1 {
		delim = d[0]
	}
	_, texts, err := t.roleColumns()
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	l := &layout{missing: labelWords(t.Schema.Missing)}
	var line []byte
	for _, c := range t.Columns {
		line = append(appendText(line, c.Name, delim, l), delim)
	}
	for _, c := range texts {
		line = append(appendText(line, c.name, delim, l), delim)
	}
	if t.Time != nil {
		line = append(appendText(line, t.timeName(), delim, l), delim)
	}
	if _, err := out.Write(endLine(line)); err != nil {
		return err
	}
	dicts := make([][]string, len(t.Columns)) // quoted where needed, once per value
	for i, c := range t.Columns {
		dicts[i] = quoteAll(c.Dict, delim, l)
	}
	for i := range texts {
		texts[i].dict = quoteAll(texts[i].dict, delim, l)
	}
	for row := range t.Rows() {
		line = line[:0]
		for i := range t.Columns {
			c := &t.Columns[i]
			if c.Kind == Categorical {
				line = appendCode(line, dicts[i], c.Code[row])
			} else if v := c.Num[row]; v == v {
				line = strconv.AppendFloat(line, float64(v), 'g', -1, 32)
			}
			line = append(line, delim)
		}
		for _, c := range texts {
			line = append(appendCode(line, c.dict, c.code[row]), delim)
		}
		if t.Time != nil {
			if ns := t.Time[row]; ns != NoTime {
				line = time.Unix(0, ns).UTC().AppendFormat(line, time.RFC3339Nano)
			}
			line = append(line, delim)
		}
		if _, err := out.Write(endLine(line)); err != nil {
			return err
		}
	}
	return out.Flush()
}

// endLine turns the last delimiter into a line end. A line that would be blank, which readers skip, becomes "".
func endLine(line []byte) []byte {
	switch len(line) {
	case 0:
		return []byte("\n")
	case 1:
		return append(line[:0], "\"\"\n"...)
	}
	line[len(line)-1] = '\n'
	return line
}

func appendCode(line []byte, dict []string, code int32) []byte {
	if code == Missing {
		return line
	}
	return append(line, dict[code]...)
}

func quoteAll(values []string, delim byte, l *layout) []string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = string(appendText(nil, v, delim, l))
	}
	return quoted
}

// appendText appends a text, in quotes if it holds a delimiter, quote or line end, begins or ends with a blank, or is a
// word that means "missing" when it is not quoted.
func appendText(b []byte, v string, delim byte, l *layout) []byte {
	plain := strings.IndexByte(v, delim) < 0 && !strings.ContainsAny(v, "\"\r\n") && len(trimBlank([]byte(v))) == len(v) && !l.isMissing([]byte(v))
	if plain {
		return append(b, v...)
	}
	b = append(b, '"')
	b = append(b, strings.ReplaceAll(v, `"`, `""`)...)
	return append(b, '"')
}

// labelWords makes a set of words.
func labelWords(words []string) map[string]bool {
	set := make(map[string]bool, len(words))
	for _, w := range words {
		set[w] = true
	}
	return set
}
