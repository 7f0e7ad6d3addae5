//go:build !noparquet

package data

import (
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// floats fills dst with the next values as numbers. refused is told of each that is none and says whether to go on.
func (c *parquetCursor) floats(dst []float32, l *layout, refused func(row int, v parquet.Value, err error) error) error {
	for done := 0; done < len(dst); {
		if c.row == c.rows && c.pages == nil {
			n, err := c.direct(dst[done:])
			if err != nil {
				return err
			}
			if n > 0 {
				done += n
				continue
			}
		}
		s, err := c.next(len(dst) - done)
		if err != nil {
			return err
		}
		part := dst[done : done+s.rows]
		if c.numbers(part[:s.n], s.from, l) {
			spread(part, s.present, s.n, missingFloat)
		} else {
			fill(part, missingFloat)
			err = s.each(func(row, value int) (err error) {
				v := c.at(value)
				if part[row], err = c.number(l, v); err != nil {
					part[row] = missingFloat
					return refused(done+row, v, err)
				}
				return nil
			})
		}
		if err != nil {
			return err
		}
		done += s.rows
	}
	return nil
}

// numbers is narrowAll for the values of the page or, by its indexes, of the dictionary.
func (c *parquetCursor) numbers(dst []float32, from int, l *layout) bool {
	if c.dict == nil {
		return c.narrowAll(dst, c.values, from)
	}
	table := c.dict.floats(c.parquetColumn, l)
	if table == nil {
		return false
	}
	for i, index := range c.values.Int32()[from : from+len(dst)] {
		dst[i] = table[index]
	}
	return true
}

// floats returns the entries as numbers, nil if one of them is none.
func (d *parquetDictionary) floats(p *parquetColumn, l *layout) []float32 {
	if d.refused || d.numbers != nil {
		return d.numbers
	}
	numbers := make([]float32, d.Len())
	if p.kind == parquet.Boolean || !p.narrowAll(numbers, d.Page().Data(), 0) {
		for i := range numbers {
			v, err := p.number(l, d.Index(int32(i)))
			if err != nil {
				d.refused = true
				return nil
			}
			numbers[i] = v
		}
	}
	d.numbers = numbers
	return numbers
}

// at returns a value of the page, through the dictionary if it has one.
func (c *parquetCursor) at(i int) parquet.Value {
	if c.dict != nil {
		return c.dict.Index(c.values.Int32()[i])
	}
	return valueAt(c.values, i)
}

// codes fills dst with the next values as codes of the interner.
func (c *parquetCursor) codes(dst []int32, in *interner, l *layout) error {
	for done := 0; done < len(dst); {
		s, err := c.next(len(dst) - done)
		if err != nil {
			return err
		}
		part := dst[done : done+s.rows]
		if c.dict != nil {
			c.dictionaryCodes(part[:s.n], s.from, in, l)
		} else {
			c.plainCodes(part[:s.n], s.from, in, l)
		}
		spread(part, s.present, s.n, Missing)
		done += s.rows
	}
	return nil
}

func (c *parquetCursor) dictionaryCodes(dst []int32, from int, in *interner, l *layout) {
	d := c.dict
	if d.codes == nil {
		d.codes = make([]int32, d.Len())
		fill(d.codes, unseen)
	}
	for i, index := range c.values.Int32()[from : from+len(dst)] {
		code := d.codes[index]
		if code == unseen {
			code = c.code(d.Index(index), in, l)
			d.codes[index] = code
		}
		dst[i] = code
	}
}

func (c *parquetCursor) plainCodes(dst []int32, from int, in *interner, l *layout) {
	to := from + len(dst)
	switch v := &c.values; {
	case v.Kind() == encoding.Int32 && c.decimal == 0:
		integerCodes(c, dst, v.Int32()[from:to], in, l, from)
	case v.Kind() == encoding.Int64 && c.decimal == 0:
		integerCodes(c, dst, v.Int64()[from:to], in, l, from)
	case v.Kind() == encoding.ByteArray:
		data, offsets := v.ByteArray()
		for i := range dst {
			dst[i] = in.verbatim(data[offsets[from+i]:offsets[from+i+1]], l)
		}
	default:
		for i := range dst {
			dst[i] = c.code(c.at(from+i), in, l)
		}
	}
}

// integerCodes remembers the codes of small integers.
func integerCodes[T int32 | int64](c *parquetCursor, dst []int32, src []T, in *interner, l *layout, from int) {
	small := &c.small
	for i, v := range src {
		if uint64(v) >= uint64(len(small)) {
			dst[i] = c.code(c.at(from+i), in, l)
			continue
		}
		if small[v] == 0 {
			small[v] = c.code(c.at(from+i), in, l) + 1
		}
		dst[i] = small[v] - 1
	}
}

// code returns the code of one value.
func (c *parquetCursor) code(v parquet.Value, in *interner, l *layout) int32 {
	if v.IsNull() {
		return Missing
	}
	c.scratch = c.parquetColumn.text(c.scratch[:0], v)
	return in.verbatim(c.scratch, l)
}

// times fills dst with the next values as Unix times; for refused see floats.
func (c *parquetCursor) times(dst []int64, l *layout, refused func(row int, v parquet.Value, err error) error) error {
	for done := 0; done < len(dst); {
		s, err := c.next(len(dst) - done)
		if err != nil {
			return err
		}
		part := dst[done : done+s.rows]
		fill(part, NoTime)
		err = s.each(func(row, value int) (err error) {
			v := c.at(value)
			if part[row], err = c.time(l, v); err != nil {
				part[row] = NoTime
				return refused(done+row, v, err)
			}
			return nil
		})
		if err != nil {
			return err
		}
		done += s.rows
	}
	return nil
}

func fill[T any](dst []T, v T) {
	for i := range dst {
		dst[i] = v
	}
}
