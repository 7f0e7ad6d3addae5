package data

import (
	"archive/zip"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Arrays of an archive with a meaning of their own; see WriteNPZ. Texts are two arrays, NAME.code and NAME.dict.
const (
	npzX       = "X"
	npzNames   = "feature_names"
	npzY       = "y"
	npzClasses = "class_names"
	npzColumns = "columns"
	npzCode    = ".code"
	npzDict    = ".dict"
)

// npzSource reads a NumPy archive.
type npzSource struct {
	l      *layout
	path   string
	file   *os.File
	arrays map[string]*npzArray
	fields []npzField // by column
	n      int
}

// npzField is one column: a column of a matrix, a whole array, or codes with their texts.
type npzField struct {
	array  *npzArray
	column int
	dict   []string // texts of the codes, nil if the elements are the values
}

func openNPZ(path string, s Schema) (src source, err error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	file, info, err := openFile(path)
	if err != nil {
		return nil, err
	}
	z := &npzSource{path: path, file: file, arrays: make(map[string]*npzArray)}
	defer func() {
		if err != nil {
			z.close()
		}
	}()
	head := make([]byte, 4)
	if n, _ := file.ReadAt(head, 0); string(head[:n]) != magicZip && string(head[:n]) != "PK\x05\x06" {
		return nil, formatErrorf("%s is not an .npz archive%s", path, looksLike(head[:n]))
	}
	archive, err := zip.NewReader(file, info.Size())
	if err != nil {
		return nil, formatErrorf("%s: the archive is damaged or cut off: %w", path, err)
	}
	var order []string
	for _, e := range archive.File {
		name := strings.TrimSuffix(e.Name, ".npy")
		if name == e.Name {
			return nil, formatErrorf("%s: the archive holds %q, which is no .npy array", path, clip(e.Name))
		}
		if z.arrays[name] != nil {
			return nil, formatErrorf("%s: the archive holds the array %q twice", path, clip(name))
		}
		z.arrays[name] = &npzArray{name: name, entry: e}
		order = append(order, name)
	}
	names, err := z.columns(order, s)
	if err != nil {
		return nil, err
	}
	if s.Label == "" && z.arrays[npzY] != nil {
		s.Label = npzY // y is the label by the convention of such archives
	}
	if z.l, err = newLayout(path, names, s); err != nil {
		return nil, err
	}
	z.l.finish(func(column int) Kind {
		if f := z.fields[column]; f.dict != nil || f.array.dtype.isText() {
			return Categorical
		}
		return Numeric
	})
	return z, nil
}

// columns lists the columns of the archive and where they are.
func (z *npzSource) columns(order []string, s Schema) (names []string, err error) {
	add := func(name string, f npzField) {
		names = append(names, name)
		z.fields = append(z.fields, f)
	}
	special := map[string]bool{npzNames: true, npzClasses: true, npzColumns: true}
	z.n = -1
	if z.arrays[npzX] != nil {
		x, err := z.open(npzX)
		if err != nil {
			return nil, err
		}
		if len(x.shape) != 2 {
			return nil, z.errorf("array X has %d dimensions where rows and columns are needed", len(x.shape))
		}
		z.n, special[npzX] = x.rows, true
		features := make([]string, x.width)
		for i := range features {
			features[i] = "x" + strconv.Itoa(i)
		}
		if z.arrays[npzNames] != nil {
			if features, err = z.strings(npzNames); err != nil {
				return nil, err
			}
			if len(features) != x.width {
				return nil, z.errorf("feature_names has %d names for the %d columns of X", len(features), x.width)
			}
		}
		for i, f := range features {
			add(f, npzField{array: x, column: i})
		}
	}
	var y *npzField
	for _, name := range order {
		base, isCode := strings.CutSuffix(name, npzCode)
		isCode = isCode && z.arrays[base+npzDict] != nil
		if dictOf, ok := strings.CutSuffix(name, npzDict); special[name] || slices.Contains(s.Drop, name) || ok && z.arrays[dictOf+npzCode] != nil {
			continue
		}
		a, err := z.open(name)
		if err != nil {
			return nil, err
		}
		if z.n < 0 && len(a.shape) == 1 {
			z.n = a.rows
		}
		if len(a.shape) != 1 && !(len(a.shape) == 2 && a.width == 1) || a.rows != z.n {
			return nil, z.errorf("array %q of shape %v is no column: columns are one-dimensional with one element per row%s; name the matrix of features X, or list the array in the schema's drop",
				clip(name), a.shape, z.rowsHint())
		}
		f := npzField{array: a}
		if isCode {
			if f.dict, err = z.strings(base + npzDict); err != nil {
				return nil, err
			}
			name = base
		} else if name == npzY && z.arrays[npzClasses] != nil {
			if f.dict, err = z.strings(npzClasses); err != nil {
				return nil, err
			}
		}
		if f.dict != nil && a.dtype.code != 'i' {
			return nil, z.errorf("array %q holds codes and must be of a signed integer type, not %s", clip(name), a.dtype.text)
		}
		if name == npzY {
			y = &f
			continue
		}
		add(name, f)
	}
	if y != nil {
		label := s.Label
		if label == "" {
			label = npzY
		}
		// A column that has the label's name holds the texts from which y was made.
		if !slices.Contains(names, label) {
			add(label, *y)
		}
	}
	return names, z.reorder(names)
}

// reorder puts the columns that the array "columns" lists first and in its order.
func (z *npzSource) reorder(names []string) error {
	if z.arrays[npzColumns] == nil {
		return nil
	}
	listed, err := z.strings(npzColumns)
	if err != nil {
		return err
	}
	rank := make(map[string]int, len(listed))
	for i, n := range listed {
		rank[n] = i - len(listed)
	}
	type pair struct {
		name  string
		field npzField
	}
	pairs := make([]pair, len(names))
	for i := range names {
		pairs[i] = pair{names[i], z.fields[i]}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return rank[a.name] - rank[b.name] })
	for i, p := range pairs {
		names[i], z.fields[i] = p.name, p.field
	}
	return nil
}

func (z *npzSource) errorf(format string, args ...any) error {
	return formatErrorf("%s: %s", z.path, fmt.Sprintf(format, args...))
}

func (z *npzSource) rowsHint() string {
	if z.n < 0 {
		return ""
	}
	return fmt.Sprintf(" (%d here)", z.n)
}

func (z *npzSource) layout() *layout   { return z.l }
func (z *npzSource) rows() (int, bool) { return max(z.n, 0), true }
func (z *npzSource) recycle(*rawChunk) {}

func (z *npzSource) close() {
	for _, a := range z.arrays {
		if a.r != nil {
			a.r.Close()
		}
	}
	z.file.Close()
}

func (z *npzSource) run(ctx context.Context, chunk int, emit func(*rawChunk) error) error {
	l := z.l
	columns := newInterners(l.texts)
	byArray := make(map[*npzArray][]int)
	var order []*npzArray
	for i, f := range z.fields {
		if l.fields[i].do == doSkip {
			continue
		}
		if byArray[f.array] == nil {
			order = append(order, f.array)
		}
		byArray[f.array] = append(byArray[f.array], i)
	}
	for done := 0; done < z.n; {
		n := min(chunk, z.n-done)
		c := &rawChunk{rows: n, stride: n, num: largeFloats(n * l.numbers), text: make([]rawText, l.texts), base: done}
		for i := range c.text {
			c.text[i].code = make([]int32, n)
		}
		if l.time >= 0 {
			c.time = make([]int64, n)
		}
		for _, a := range order {
			piece := max(1, (512<<10)/max(1, a.width*a.dtype.size))
			for from := 0; from < n; from += piece {
				if err := ctx.Err(); err != nil {
					return err
				}
				b, err := a.read(min(piece, n-from))
				if err != nil {
					return z.errorf("array %q: %v", clip(a.name), err)
				}
				for _, i := range byArray[a] {
					if err := z.fill(c, i, from, min(piece, n-from), b, columns); err != nil {
						return err
					}
				}
			}
		}
		for i := range c.text {
			c.text[i].values = columns[i].values
		}
		if err := emit(c); err != nil {
			return err
		}
		done += n
	}
	return nil
}

// fill converts one column of n rows from b into the chunk, from row from on.
func (z *npzSource) fill(c *rawChunk, column, from, n int, b []byte, columns []interner) error {
	l, f := z.l, z.l.fields[column]
	d := z.fields[column].array.dtype
	step := z.fields[column].array.width * d.size
	b = b[z.fields[column].column*d.size:]
	if f.do == doNumber && d.text == "<f4" {
		dst := c.num[f.slot*c.stride+from:][:n]
		copyFloats(dst, b, step)
		missInfinities(dst)
		return nil
	}
	var scratch []byte
	for at, row := 0, from; row < from+n; at, row = at+step, row+1 {
		element := b[at:][:d.size]
		var err error
		switch {
		case f.do == doNumber && z.fields[column].dict == nil:
			if c.num[f.slot*c.stride+row], err = d.number(l, element); err != nil {
				c.num[f.slot*c.stride+row] = missingFloat
			}
		case f.do == doTime && z.fields[column].dict == nil:
			if c.time[row], err = d.time(l, element); err != nil {
				c.time[row] = NoTime
			}
		default:
			scratch = scratch[:0]
			if dict := z.fields[column].dict; dict == nil {
				scratch = d.text8(scratch, element)
			} else if code := d.integer(element); code >= 0 && code < int64(len(dict)) {
				scratch = append(scratch, dict[code]...)
			} else if code != int64(Missing) {
				return z.errorf("row %d: code %d of column %q is none of its %d texts", c.place(row), code, clip(f.name), len(dict))
			}
			err = z.text(c, column, row, scratch, columns)
		}
		if err != nil {
			if !l.tolerant {
				return l.cellError(c.place(row), column, string(d.text8(nil, element)), err)
			}
			c.countBad(column, len(l.fields))
		}
	}
	return nil
}

// text stores a text, in whatever form the schema wants the column.
func (z *npzSource) text(c *rawChunk, column, row int, cell []byte, columns []interner) (err error) {
	l, f := z.l, z.l.fields[column]
	switch f.do {
	case doNumber:
		if c.num[f.slot*c.stride+row], err = l.parseNumber(cell); err != nil {
			c.num[f.slot*c.stride+row] = missingFloat
		}
	case doTime:
		if c.time[row], err = l.parseTime(cell); err != nil {
			c.time[row] = NoTime
		}
	default:
		c.text[f.slot].code[row] = columns[f.slot].verbatim(cell, l)
	}
	return err
}
