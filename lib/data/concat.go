package data

import "slices"

// Concat returns a table with the rows of a and then those of b. Both must have the same features in the same order, and
// both labels or neither; dictionaries and the classes of multiclass tables are united. Where only one has families,
// groups or times, the other's rows have none. The schema is that of a.
func Concat(a, b *Table) (*Table, error) {
	if len(a.Columns) != len(b.Columns) {
		return nil, schemaErrorf("concat: %s has %d features and %s has %d", a.Name, len(a.Columns), b.Name, len(b.Columns))
	}
	if (a.Label == nil) != (b.Label == nil) {
		return nil, schemaErrorf("concat: only one of %s and %s has labels", a.Name, b.Name)
	}
	out := *a
	out.Columns = make([]Column, len(a.Columns))
	if a.Name != b.Name {
		out.Name = a.Name + " and " + b.Name
	}
	for i := range a.Columns {
		x, y := &a.Columns[i], &b.Columns[i]
		if x.Name != y.Name || x.Kind != y.Kind {
			return nil, schemaErrorf("concat: feature %d is %q (%v) in %s and %q (%v) in %s", i+1, clip(x.Name), x.Kind, a.Name, clip(y.Name), y.Kind, b.Name)
		}
		c := Column{Name: x.Name, Kind: x.Kind}
		if x.Kind == Categorical {
			c.Code, c.Dict = concatCodes(x.Code, x.Dict, y.Code, y.Dict)
		} else {
			c.Num = slices.Concat(x.Num, y.Num)
			if c.Num == nil {
				c.Num = []float32{}
			}
		}
		out.Columns[i] = c
	}
	rows := func(code []int32, n int) []int32 {
		if code == nil {
			return slices.Repeat([]int32{Missing}, n)
		}
		return code
	}
	if a.Label != nil {
		out.Label, out.Classes = concatCodes(a.Label, a.Classes, b.Label, b.Classes)
		if !slices.IsSorted(out.Classes) {
			out.sortClasses()
		}
	}
	if a.Family != nil || b.Family != nil {
		out.Family, out.Families = concatCodes(rows(a.Family, a.Rows()), a.Families, rows(b.Family, b.Rows()), b.Families)
	}
	if a.Group != nil || b.Group != nil {
		out.Group, out.Groups = concatCodes(rows(a.Group, a.Rows()), a.Groups, rows(b.Group, b.Rows()), b.Groups)
	}
	if a.Time != nil || b.Time != nil {
		out.Time = slices.Concat(times(a), times(b))
	}
	if a.BadCells != nil || b.BadCells != nil {
		out.BadCells = make(map[string]int)
		for _, t := range []*Table{a, b} {
			for name, n := range t.BadCells {
				out.BadCells[name] += n
			}
		}
	}
	return &out, nil
}

func times(t *Table) []int64 {
	if t.Time == nil {
		return slices.Repeat([]int64{NoTime}, t.Rows())
	}
	return t.Time
}

// concatCodes joins two coded columns; the dictionary is the first one followed by what is new in the second.
func concatCodes(a []int32, da []string, b []int32, db []string) ([]int32, []string) {
	index := make(map[string]int32, len(da))
	for i, v := range da {
		index[v] = int32(i)
	}
	dict := slices.Clone(da)
	to := make([]int32, len(db))
	for i, v := range db {
		code, ok := index[v]
		if !ok {
			code = int32(len(dict))
			dict = append(dict, v)
			index[v] = code
		}
		to[i] = code
	}
	out := make([]int32, 0, len(a)+len(b))
	out = append(out, a...)
	for _, c := range b {
		if c != Missing {
			c = to[c]
		}
		out = append(out, c)
	}
	return out, dict
}
