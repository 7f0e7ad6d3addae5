package data

import (
	"slices"
	"strconv"
)

// assembler makes tables of raw chunks. It owns the dictionaries, which grow from chunk to chunk, so a code means the
// same in every table it has made.
type assembler struct {
	l      *layout
	dict   []dictionary // by text slot
	labels *labeller
}

// dictionary holds the distinct values of a text column in order of first appearance in the file.
type dictionary struct {
	values []string
	index  map[string]int32
	remap  [][]int32 // by source: code of the source -> code here, or unseen
}

const unseen = -2

func newAssembler(l *layout) *assembler {
	a := &assembler{l: l, dict: make([]dictionary, l.texts), labels: newLabeller(&l.schema)}
	for i := range a.dict {
		a.dict[i].index = make(map[string]int32)
	}
	return a
}

// recode replaces the codes of a source by those of the dictionary, in place. It goes row by row, so new values get
// their codes in file order however the work was divided among sources.
func (d *dictionary) recode(t rawText) {
	for len(d.remap) <= t.source {
		d.remap = append(d.remap, nil)
	}
	m := d.remap[t.source]
	for len(m) < len(t.values) {
		m = append(m, unseen)
	}
	d.remap[t.source] = m
	for i, c := range t.code {
		if c == Missing {
			continue
		}
		g := m[c]
		if g == unseen {
			v := t.values[c]
			var ok bool
			if g, ok = d.index[v]; !ok {
				g = int32(len(d.values))
				d.values = append(d.values, v)
				d.index[v] = g
			}
			m[c] = g
		}
		t.code[i] = g
	}
}

// table takes over the slices of the chunk.
func (a *assembler) table(c *rawChunk) (*Table, error) {
	if c.err != nil {
		return nil, c.err
	}
	l := a.l
	for slot := range c.text {
		a.dict[slot].recode(c.text[slot])
	}
	t := &Table{Name: l.file, Schema: l.schema, Columns: make([]Column, len(l.features))}
	for i, f := range l.features {
		slot := l.fields[f.field].slot
		col := Column{Name: f.name, Kind: f.kind}
		if f.kind == Numeric {
			from := slot * c.stride
			col.Num = c.num[from : from+c.rows : from+c.rows]
		} else {
			col.Code, col.Dict = a.column(c, slot)
		}
		t.Columns[i] = col
	}
	if l.family >= 0 {
		t.Family, t.Families = a.column(c, l.fields[l.family].slot)
	}
	if l.group >= 0 {
		t.Group, t.Groups = a.column(c, l.fields[l.group].slot)
	}
	if l.time >= 0 {
		t.Time = c.time
	}
	if l.label >= 0 {
		if err := a.label(t, c); err != nil {
			return nil, err
		}
	}
	if l.tolerant {
		t.BadCells = make(map[string]int)
		for column, n := range c.bad {
			if n > 0 {
				t.BadCells[l.fields[column].name] += n
			}
		}
	}
	return t, nil
}

// column returns the codes of a slot and its dictionary so far, cut to its length so that it can grow behind the
// table's back.
func (a *assembler) column(c *rawChunk, slot int) ([]int32, []string) {
	return c.text[slot].code, slices.Clip(a.dict[slot].values)
}

// label fills in the classes.
func (a *assembler) label(t *Table, c *rawChunk) error {
	l := a.l
	slot := l.fields[l.label].slot
	values := a.dict[slot].values
	a.labels.extend(values)
	codes := c.text[slot].code
	t.Label = make([]int32, len(codes))
	for i, code := range codes {
		if code == Missing {
			return schemaErrorf("read: %s:%s: label column %q has no value; give the row one or remove it",
				l.file, l.placeText(c, i), l.schema.Label)
		}
		y := a.labels.byCode[code]
		if y == Missing {
			return a.labels.unknown(l.file, l.placeText(c, i), l.schema.Label, values[code], values)
		}
		t.Label[i] = y
	}
	t.Classes = slices.Clip(a.labels.classes)
	return nil
}

// placeText names the place of row i after the name of the file.
func (l *layout) placeText(c *rawChunk, i int) string {
	if l.fromLines {
		return strconv.Itoa(c.place(i))
	}
	return " row " + strconv.Itoa(c.place(i))
}
