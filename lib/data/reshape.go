package data

import (
	"slices"
	"strings"
)

// LeaveFamiliesOut divides the table into the rows of other families (kept) and those of the named ones (left): the way
// to ask how a detector does on attacks that it has never seen, without touching the test set. Rows without a family are
// kept. A name that the table has no row of is ErrSchema.
func (t *Table) LeaveFamiliesOut(names ...string) (kept, left *Table, err error) {
	if t.Family == nil {
		return nil, nil, schemaErrorf("leave families out: %s has no families; name the column in the schema's family", t.Name)
	}
	out := make([]bool, len(t.Families))
	for _, n := range names {
		code := slices.Index(t.Families, n)
		if code < 0 || !slices.Contains(t.Family, int32(code)) {
			return nil, nil, schemaErrorf("leave families out: %s has no row of family %q; it has %s", t.Name, clip(n), quoteList(t.presentFamilies(), 40))
		}
		out[code] = true
	}
	var rows [2][]int
	for i, f := range t.Family {
		part := 0
		if f != Missing && out[f] {
			part = 1
		}
		rows[part] = append(rows[part], i)
	}
	if kept, err = t.Select(rows[0]); err != nil {
		return nil, nil, err
	}
	left, err = t.Select(rows[1])
	return kept, left, err
}

// presentFamilies returns the families that have rows, sorted.
func (t *Table) presentFamilies() []string {
	seen := make([]bool, len(t.Families))
	var names []string
	for _, f := range t.Family {
		if f != Missing && !seen[f] {
			seen[f] = true
			names = append(names, t.Families[f])
		}
	}
	slices.Sort(names)
	return names
}

// Balance returns a table with equally many rows of each class that occurs, by leaving out rows of the larger ones at
// random. Rows keep their order; the same seed leaves out the same rows. Use it on training rows only: on other rows it
// makes every rate a lie.
func (t *Table) Balance(seed int64) (*Table, error) {
	if t.Label == nil {
		return nil, schemaErrorf("balance: %s has no labels", t.Name)
	}
	rows := make([][]int, len(t.Classes))
	for i, y := range t.Label {
		if y >= 0 {
			rows[y] = append(rows[y], i)
		}
	}
	fewest := 0
	for _, list := range rows {
		if n := len(list); n > 0 && (fewest == 0 || n < fewest) {
			fewest = n
		}
	}
	r := rng(seed, streamBalance)
	var keep []int
	for _, list := range rows {
		r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		keep = append(keep, list[:min(fewest, len(list))]...)
	}
	slices.Sort(keep)
	return t.Select(keep)
}

// MapCategories returns a table in which every value of a categorical column that is not in keep has become other.
// Missing values stay missing. It makes two sets comparable of which one has lumped its rare values together.
func (t *Table) MapCategories(column string, keep []string, other string) (*Table, error) {
	at := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == column })
	if at < 0 || t.Columns[at].Kind != Categorical {
		return nil, schemaErrorf("map categories: %s has no categorical column %q", t.Name, clip(column))
	}
	old := t.Columns[at]
	kept := labelWords(keep)
	in := newInterners(1)[0]
	to := make([]int32, len(old.Dict))
	for i := range to {
		to[i] = unseen
	}
	fresh := Column{Name: old.Name, Kind: Categorical, Code: make([]int32, len(old.Code))}
	for i, c := range old.Code {
		if c == Missing {
			fresh.Code[i] = Missing
			continue
		}
		if to[c] == unseen {
			value := old.Dict[c]
			if !kept[value] {
				value = other
			}
			code, ok := in.codes[value]
			if !ok {
				code = in.add(value)
				in.codes[value] = code
			}
			to[c] = code
		}
		fresh.Code[i] = to[c]
	}
	fresh.Dict = in.values
	out := *t
	out.Columns = slices.Clone(t.Columns)
	out.Columns[at] = fresh
	return &out, nil
}

// FoldOneHot returns a table in which the columns that encode one category, such as proto=tcp and proto=udp with sep
// "=", have become the categorical column proto, at the place of the first of them. Every group of two or more numeric
// columns with one prefix is folded. A row with no 1 in a group has a missing value; a row with two, or with a value
// other than 0, 1 and missing, is ErrSchema, as is a prefix that is a column already.
func FoldOneHot(t *Table, sep string) (*Table, error) {
	if sep == "" {
		return nil, schemaErrorf("fold one-hot: the separator is empty")
	}
	groups := make(map[string][]int)
	for i, c := range t.Columns {
		if prefix, _, ok := strings.Cut(c.Name, sep); ok && c.Kind == Numeric {
			groups[prefix] = append(groups[prefix], i)
		}
	}
	out := *t
	out.Schema = t.Schema.clone()
	out.Columns, out.Schema.Columns = nil, nil
	for i, c := range t.Columns {
		prefix, _, _ := strings.Cut(c.Name, sep)
		group := groups[prefix]
		switch {
		case len(group) < 2 || c.Kind != Numeric || c.Name == prefix:
		case i == group[0]:
			if t.Column(prefix) != nil || t.Schema.role(prefix) != "" {
				return nil, schemaErrorf("fold one-hot: %s has a column %q beside %q", t.Name, clip(prefix), clip(c.Name))
			}
			var err error
			if c, err = t.fold(prefix, sep, group); err != nil {
				return nil, err
			}
		default:
			continue
		}
		out.Columns = append(out.Columns, c)
		out.Schema.Columns = append(out.Schema.Columns, ColumnSpec{c.Name, c.Kind})
	}
	// The one-hot names are gone; the kinds of the new columns are in Schema.Columns.
	out.Schema.Numeric, out.Schema.Categorical = nil, nil
	return &out, nil
}

// fold makes one categorical column of a group of columns.
func (t *Table) fold(prefix, sep string, group []int) (Column, error) {
	c := Column{Name: prefix, Kind: Categorical, Code: make([]int32, t.Rows())}
	for i := range c.Code {
		c.Code[i] = Missing
	}
	for k, at := range group {
		source := &t.Columns[at]
		_, value, _ := strings.Cut(source.Name, sep)
		c.Dict = append(c.Dict, value)
		for i, v := range source.Num {
			switch {
			case v == 0 || v != v:
			case v != 1:
				return c, schemaErrorf("fold one-hot: %s: row %d: column %q holds %v, which is neither 0 nor 1", t.Name, i+1, clip(source.Name), v)
			case c.Code[i] != Missing:
				return c, schemaErrorf("fold one-hot: %s: row %d: columns %q and %q are both 1", t.Name, i+1,
					clip(t.Columns[group[c.Code[i]]].Name), clip(source.Name))
			default:
				c.Code[i] = int32(k)
			}
		}
	}
	if name := repeated(c.Dict); name != "" {
		return c, schemaErrorf("fold one-hot: %s has two columns for %q of %q", t.Name, clip(name), clip(prefix))
	}
	return c, nil
}
