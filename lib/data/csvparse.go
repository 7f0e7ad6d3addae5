package data

import (
	"bytes"
	"strings"
)

// csvParser turns blocks of text into raw chunks. Each worker has its own.
//
// Fields follow RFC 4180 as encoding/csv reads it: a field is quoted when its first byte is a quote, "" inside is one
// quote, a quoted field may hold delimiters and line ends, a quote anywhere else is an error, blank lines are skipped.
type csvParser struct {
	l       *layout
	delim   byte
	source  int // number of this worker
	columns []interner
	scratch []byte // content of a quoted field that is not a plain piece of the text
}

// parse reads a whole block. Storage is taken over from the recycled chunk, which may be empty.
func (p *csvParser) parse(b block, c *rawChunk) {
	l := p.l
	most := bytes.Count(b.text, newline) // rows there can be
	*c = rawChunk{stride: most, num: resize(c.num, most*l.numbers), text: c.text, time: c.time, base: b.line, line: resize(c.line, most)}
	if len(c.text) != l.texts {
		c.text = make([]rawText, l.texts)
	}
	for i := range c.text {
		c.text[i].code = resize(c.text[i].code, most)
		c.text[i].source = p.source
	}
	if l.time >= 0 {
		c.time = resize(c.time, most)
	}
	text := b.text[:len(b.text)+scanPad]
	line := 0
	for pos := 0; pos < len(b.text) && c.err == nil; {
		if end := lineEnd(text, pos); end > pos { // a blank line
			pos, line = end, line+1
			continue
		}
		c.line[c.rows] = int32(line + 1)
		pos, line = p.row(text, pos, line, c)
	}
	for i := range c.text {
		c.text[i].code = c.text[i].code[:c.rows]
		c.text[i].values = p.columns[i].values
	}
	if l.time >= 0 {
		c.time = c.time[:c.rows]
	}
	c.line = c.line[:c.rows]
}

// lineEnd returns the index after the line end at b[i], or i when there is none.
func lineEnd(b []byte, i int) int {
	if b[i] == '\n' {
		return i + 1
	}
	if b[i] == '\r' && b[i+1] == '\n' {
		return i + 2
	}
	return i
}

// row parses the record at b[pos]. It returns where the next begins and how many lines lie before it.
func (p *csvParser) row(b []byte, pos, line int, c *rawChunk) (next, lines int) {
	fields, delim, start := p.l.fields, p.delim, pos
	for i := range fields {
		f := &fields[i]
		if f.do == doNumber {
			if v, end, ok := scanDecimal(b, pos); ok {
				if b[end] == delim && i+1 < len(fields) {
					c.num[f.slot*c.stride+c.rows] = v
					pos = end + 1
					continue
				}
				if after := lineEnd(b, end); after > end && i+1 == len(fields) {
					c.num[f.slot*c.stride+c.rows] = v
					c.rows++
					return after, line + 1
				}
			}
		}
		cell, quoted, end, err := p.cell(b, pos)
		if err != nil {
			c.err = formatErrorf("%s:%d:%d: %w", p.l.file, c.base+line+1, i+1, err)
			return
		}
		if !p.store(cell, quoted, i, c, c.base+line+1) {
			// A field too many or too few shifts values into the wrong columns: that is then the error to report.
			if n := p.count(b, start); n != len(fields) {
				c.err = p.ragged(n, c.place(c.rows))
			}
			return
		}
		if quoted {
			line += bytes.Count(b[pos:end], newline)
		}
		after := lineEnd(b, end)
		switch {
		case after == end && i+1 < len(fields): // the delimiter
			pos = end + 1
		case after > end && i+1 == len(fields):
			c.rows++
			return after, line + 1
		default:
			c.err = p.ragged(p.count(b, start), c.place(c.rows))
			return
		}
	}
	return pos, line
}

// store keeps one cell; false means that it is bad and c.err says so.
func (p *csvParser) store(cell []byte, quoted bool, column int, c *rawChunk, line int) bool {
	l := p.l
	f := &l.fields[column]
	var err error
	switch f.do {
	case doText:
		in := &p.columns[f.slot]
		var code int32
		if quoted {
			code = in.verbatim(cell, l)
		} else {
			code = in.unquoted(trimBlank(cell), l)
		}
		c.text[f.slot].code[c.rows] = code
		return true
	case doNumber:
		var v float32
		if v, err = l.parseNumber(cell); err != nil {
			v = missingFloat
		}
		c.num[f.slot*c.stride+c.rows] = v
	case doTime:
		var t int64
		if t, err = l.parseTime(cell); err != nil {
			t = NoTime
		}
		c.time[c.rows] = t
	}
	if err == nil {
		return true
	}
	if l.tolerant {
		c.countBad(column, len(l.fields))
		return true
	}
	c.err = l.cellError(line, column, string(cell), err)
	return false
}

// parseNumber reads a numeric cell of any spelling.
func (l *layout) parseNumber(cell []byte) (float32, error) {
	cell = trimBlank(cell)
	if l.isMissing(cell) {
		return missingFloat, nil
	}
	return parseFloat(cell)
}

// parseTime reads a time cell.
func (l *layout) parseTime(cell []byte) (int64, error) {
	cell = trimBlank(cell)
	if l.isMissing(cell) {
		return NoTime, nil
	}
	return parseTime(cell)
}

// trimBlank removes spaces and tabs at both ends.
func trimBlank(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// quoteFault is what can be wrong with the quotes of a field.
type quoteFault string

func (f quoteFault) Error() string { return string(f) }

const (
	unclosedQuote = quoteFault("the quote that opens here is never closed")
	bareQuote     = quoteFault(`a quote inside an unquoted field; quote the field and write the quote twice`)
	trailingQuote = quoteFault(`text after the closing quote; a quote inside a quoted field must be written twice`)
)

// cell finds the field at b[pos]: its content, and the index of the delimiter or line end behind it. Content that needed
// unescaping lies in p.scratch and is valid until the next call. b ends with a line end and padding.
func (p *csvParser) cell(b []byte, pos int) (content []byte, quoted bool, end int, err error) {
	if b[pos] != '"' {
		for i := pos; ; i++ {
			switch b[i] {
			case p.delim, '\n':
				end = i
				if b[i] == '\n' && i > pos && b[i-1] == '\r' {
					end--
				}
				return b[pos:end], false, end, nil
			case '"':
				return nil, false, i, bareQuote
			}
		}
	}
	limit := len(b) - scanPad
	shut := closingQuote(b[:limit], pos+1)
	if shut < 0 {
		return nil, true, pos, unclosedQuote
	}
	end = shut + 1
	if b[end] != p.delim && lineEnd(b, end) == end {
		return nil, true, shut, trailingQuote
	}
	content = b[pos+1 : shut]
	if bytes.IndexByte(content, '"') >= 0 || bytes.Contains(content, crlf) {
		p.scratch = p.scratch[:0]
		for i := 0; i < len(content); i++ {
			switch {
			case content[i] == '"':
				i++ // the second of a pair
			case content[i] == '\r' && i+1 < len(content) && content[i+1] == '\n':
				i++ // encoding/csv ends every line of a quoted field with \n alone
			}
			p.scratch = append(p.scratch, content[i])
		}
		content = p.scratch
	}
	return content, true, end, nil
}

var crlf = []byte("\r\n")

// count returns the number of fields of the record at b[pos], as far as its quotes can be followed.
func (p *csvParser) count(b []byte, pos int) int {
	for n := 1; ; n++ {
		_, _, end, err := p.cell(b, pos)
		if err != nil || lineEnd(b, end) > end {
			return n
		}
		pos = end + 1
	}
}

// ragged is the error for a record of n fields.
func (p *csvParser) ragged(n, line int) error {
	hint := "; is a value with a " + delimiterName(p.delim) + " not quoted?"
	if n < len(p.l.fields) {
		hint = "; is the line cut off?"
	}
	return formatErrorf("%s:%d: %d fields where the header has %d%s", p.l.file, line, n, len(p.l.fields), hint)
}

func delimiterName(d byte) string {
	switch d {
	case ',':
		return "comma"
	case '\t':
		return "tab"
	}
	return strings.TrimSpace("delimiter " + string(d))
}

// resize returns a slice of n elements, in s if it is large enough. The elements are not cleared.
func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
