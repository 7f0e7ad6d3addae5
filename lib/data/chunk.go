package data

import "strings"

// rawChunk is a run of rows as a reader delivers it: parsed, but with texts coded by the reader's own dictionaries and
// without the meaning that the schema gives to label, family and group. The assembler makes a Table of it.
type rawChunk struct {
	rows   int
	stride int       // distance between numeric columns in num
	num    []float32 // numeric slot s, row i at [s*stride+i]
	text   []rawText // by text slot
	time   []int64
	bad    []int // by column of the file; nil when no cell was bad
	base   int   // number of the line (or row) before the first of this chunk
	line   []int32
	err    error // what stopped the reader in this chunk; the rows above are then incomplete
}

// rawText is a text column: codes of the interner number source.
type rawText struct {
	code   []int32
	values []string // the interner's values as far as this chunk uses them
	source int
}

// place returns the line (or row) of row i for messages.
func (c *rawChunk) place(i int) int {
	if c.line == nil {
		return c.base + 1 + i
	}
	return c.base + int(c.line[i])
}

func (c *rawChunk) countBad(column, columns int) {
	if c.bad == nil {
		c.bad = make([]int, columns)
	}
	c.bad[column]++
}

// interner codes the texts of one column for one worker. It lives as long as the reading, so that a value is copied to
// a string once and not once per chunk.
type interner struct {
	codes  map[string]int32 // Missing for a word that means "no value"
	quoted map[string]int32 // such words where the file quotes them: then they are values
	values []string
	last   string // the previous cell: runs of equal values are the rule
	code   int32
}

func newInterners(n int) []interner {
	list := make([]interner, n)
	for i := range list {
		list[i].codes = make(map[string]int32)
	}
	return list
}

// unquoted returns the code of a cell, Missing if its text stands for "no value".
func (in *interner) unquoted(cell []byte, l *layout) int32 {
	if string(cell) == in.last && in.last != "" {
		return in.code
	}
	code, ok := in.codes[string(cell)]
	if !ok {
		if l.isMissing(cell) {
			code = Missing
		} else {
			code = in.add(string(cell))
		}
		in.codes[string(cell)] = code
	}
	if code == Missing {
		in.last = ""
		return Missing
	}
	in.last, in.code = in.values[code], code
	return code
}

// verbatim returns the code of a text that is a value whatever it says, unless it is empty or one of the schema's own
// words for "missing".
func (in *interner) verbatim(cell []byte, l *layout) int32 {
	if len(cell) == 0 || l.missing != nil && l.missing[string(cell)] {
		return Missing
	}
	if !l.isMissing(cell) {
		return in.unquoted(cell, l)
	}
	code, ok := in.quoted[string(cell)]
	if !ok {
		code = in.add(string(cell))
		if in.quoted == nil {
			in.quoted = make(map[string]int32)
		}
		in.quoted[string(cell)] = code
	}
	return code
}

// add appends a value. Bytes that are not UTF-8 (Windows-1252 dashes in CIC-IDS labels) become U+FFFD, because JSON and
// every later file could not hold them.
func (in *interner) add(value string) int32 {
	in.values = append(in.values, strings.ToValidUTF8(value, "\uFFFD"))
	return int32(len(in.values) - 1)
}
