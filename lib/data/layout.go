package data

import (
	"slices"
	"strings"
)

// action is what a reader does with one column of a file.
type action uint8

const (
	doSkip   action = iota // nothing: dropped, or beyond Schema.Columns
	doNumber               // parse as float32 into numeric slot
	doText                 // code as text into text slot: categorical features, label, family, group
	doTime                 // parse as time
)

// field is one column of a file.
type field struct {
	name string
	do   action
	slot int // among the columns with the same action
}

// feature is one feature column of the table to be made.
type feature struct {
	name  string
	kind  Kind
	field int // its column in the file
}

// layout is a Schema applied to the columns of one file: which column goes where.
type layout struct {
	file      string
	schema    Schema
	fields    []field
	features  []feature
	numbers   int // numeric slots in use
	texts     int // text slots in use
	label     int // column of the file, or -1
	family    int
	group     int
	time      int
	tolerant  bool            // bad cells become missing
	missing   map[string]bool // the schema's own words for "missing"
	fromLines bool            // positions in messages are lines of a text file, not rows
}

// newLayout finds the columns of the schema among names. Kinds that the schema does not fix stay Auto until setKind.
func newLayout(file string, names []string, s Schema) (*layout, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	s = s.clone()
	l := &layout{file: file, schema: s, tolerant: s.BadCell == BadCellMissing, fields: make([]field, len(names))}
	if len(s.Missing) > 0 {
		l.missing = make(map[string]bool, len(s.Missing))
		for _, w := range s.Missing {
			l.missing[w] = true
		}
	}
	byName := make(map[string][]int, len(names))
	for i, n := range names {
		l.fields[i].name = n
		byName[n] = append(byName[n], i)
	}
	find := func(name string) int {
		if at := byName[name]; name != "" && len(at) > 0 {
			return at[0]
		}
		return -1
	}
	l.label, l.family, l.group, l.time = find(s.Label), find(s.Family), find(s.Group), find(s.Time)
	if err := l.chooseFeatures(names, find); err != nil {
		return nil, err
	}
	// Only a column that is used must be unambiguous: known sets repeat a column, and dropping it is the way to read them.
	for i, n := range names {
		used := s.role(n) != "" || slices.ContainsFunc(l.features, func(f feature) bool { return f.name == n })
		if at := byName[n]; used && at[0] != i {
			return nil, schemaErrorf("read: %s: columns %d and %d are both named %q; rename one, or list the name in the schema's drop",
				file, at[0]+1, i+1, clip(n))
		}
		if used && n == "" {
			return nil, schemaErrorf(`read: %s: column %d has no name (an index written by a data frame?); name it, or list "" in the schema's drop`, file, i+1)
		}
	}
	return l, nil
}

// chooseFeatures fills features: those of Schema.Columns in that order, or else every column that has no other role.
func (l *layout) chooseFeatures(names []string, find func(string) int) error {
	s := &l.schema
	kind := func(name string, k Kind) Kind {
		switch {
		case slices.Contains(s.Numeric, name):
			return Numeric
		case slices.Contains(s.Categorical, name):
			return Categorical
		}
		return k
	}
	var absent []string
	if len(s.Columns) > 0 {
		for _, c := range s.Columns {
			at := find(c.Name)
			if at < 0 {
				absent = append(absent, c.Name)
				continue
			}
			l.features = append(l.features, feature{c.Name, kind(c.Name, c.Kind), at})
		}
	} else {
		for i, n := range names {
			if s.role(n) == "" && !slices.Contains(s.Drop, n) {
				l.features = append(l.features, feature{n, kind(n, Auto), i})
			}
		}
		// A misspelt name here would silently leave a column with the inferred kind.
		for _, n := range slices.Concat(s.Numeric, s.Categorical) {
			if find(n) < 0 && !slices.Contains(s.Drop, n) {
				absent = append(absent, n)
			}
		}
	}
	if len(absent) > 0 {
		return schemaErrorf("read: %s lacks %d of the schema's columns: %s; it has %s%s",
			l.file, len(absent), quoteList(absent, 20), quoteList(names, 20), l.delimiterHint(names))
	}
	if len(l.features) == 0 {
		return schemaErrorf("read: %s has no feature column: its columns are %s, and each is dropped or is the label, family, group or time",
			l.file, quoteList(names, 20))
	}
	return nil
}

// delimiterHint recognises a file that was split at the wrong character.
func (l *layout) delimiterHint(names []string) string {
	if len(names) != 1 {
		return ""
	}
	for _, d := range []string{";", "\t", "|", ","} {
		if strings.Contains(names[0], d) {
			return "; is it separated by " + quoteList([]string{d}, 1) + "? then set the schema's delimiter"
		}
	}
	return ""
}

// finish fixes the kind of every feature that is still Auto and hands out the slots.
func (l *layout) finish(infer func(column int) Kind) {
	l.schema.Columns = make([]ColumnSpec, len(l.features))
	for i := range l.features {
		f := &l.features[i]
		if f.kind == Auto {
			f.kind = infer(f.field)
		}
		l.schema.Columns[i] = ColumnSpec{f.name, f.kind}
		if f.kind == Numeric {
			l.fields[f.field].do, l.fields[f.field].slot = doNumber, l.numbers
			l.numbers++
		} else {
			l.useText(f.field)
		}
	}
	for _, column := range []int{l.label, l.family, l.group} {
		if column >= 0 && l.fields[column].do == doSkip {
			l.useText(column)
		}
	}
	if l.time >= 0 {
		l.fields[l.time].do = doTime
	}
}

func (l *layout) useText(column int) {
	l.fields[column].do, l.fields[column].slot = doText, l.texts
	l.texts++
}

// cellError makes the error of one cell.
func (l *layout) cellError(line, column int, value string, cause error) *CellError {
	return &CellError{File: l.file, Line: line, Column: column + 1, Name: l.fields[column].name, Value: clip(value),
		Err: cause, rows: !l.fromLines}
}

// isMissing reports whether an unquoted cell stands for "no value".
func (l *layout) isMissing(cell []byte) bool {
	switch string(cell) {
	case "", "NA", "N/A", "NaN", "nan", "null", "NULL", "None", "?":
		return true
	}
	return l.missing != nil && l.missing[string(cell)]
}
