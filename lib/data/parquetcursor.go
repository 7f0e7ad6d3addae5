//go:build !noparquet

package data

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// parquetCursor walks the values of one column across row groups and pages. It converts them from the memory of the
// page: a page has one type, so what a value is need not be asked of each value.
type parquetCursor struct {
	*parquetColumn
	ctx   context.Context
	file  *parquet.File
	group int           // the next row group
	plain *plainFloats  // its chunk of the column, while that is read without the library
	pages parquet.Pages // else the chunk of the row group before

	page    parquet.Page
	rows    int             // of the page
	row     int             // the first row that is still to be read
	present []byte          // by row: 1 if it has a value; nil if all have
	values  encoding.Values // of the rows that have one: values, or with dict their indexes
	length  int             // of values
	value   int             // the first one that is still to be read
	dict    *parquetDictionary

	small   [256]int32 // code+1 of small integers, which labels mostly are
	scratch []byte
}

// parquetDictionary is the dictionary of a chunk with what its entries were converted to.
type parquetDictionary struct {
	parquet.Dictionary
	numbers []float32 // nil before they are asked for
	refused bool      // one of them is no number
	codes   []int32   // unseen until an entry is used
}

// stretch is a run of rows of one page.
type stretch struct {
	rows    int
	present []byte // by row: 1 if it has a value; nil if all have
	from, n int    // its values among those of the page
}

// each calls fn for every value with its row in the stretch.
func (s *stretch) each(fn func(row, value int) error) error {
	for row, value := 0, s.from; value < s.from+s.n; row++ {
		if s.present != nil && s.present[row] != 1 {
			continue
		}
		if err := fn(row, value); err != nil {
			return err
		}
		value++
	}
	return nil
}

// spread moves the n values at the start of dst to the rows that have one, from behind, and fills the rest. Rows without
// a value are rare in most columns: the runs between them are moved as a whole.
func spread[T any](dst []T, present []byte, n int, missing T) {
	const eight = 0x0101010101010101
	for end := len(dst); end > n; {
		row := end
		for row >= 8 && binary.LittleEndian.Uint64(present[row-8:]) == eight {
			row -= 8
		}
		for row > 0 && present[row-1] == 1 {
			row--
		}
		n -= end - row
		copy(dst[row:end], dst[n:])
		for row > n && present[row-1] != 1 {
			row--
			dst[row] = missing
		}
		end = row
	}
}

// next takes rows of the open page, at most want, and opens the next page where none is left.
func (c *parquetCursor) next(want int) (stretch, error) {
	for c.row == c.rows {
		if err := c.advance(); err != nil {
			return stretch{}, err
		}
	}
	s := stretch{rows: min(want, c.rows-c.row), from: c.value}
	s.n = s.rows
	if c.present != nil {
		s.present = c.present[c.row : c.row+s.rows]
		if s.n = bytes.Count(s.present, []byte{1}); s.n == s.rows {
			s.present = nil
		}
	}
	c.row += s.rows
	c.value += s.n
	if c.value > c.length {
		return s, fmt.Errorf("a page of column %q ends early: %w", c.name, io.ErrUnexpectedEOF)
	}
	return s, nil
}

// advance opens the next page, and the next chunk before it where the open one is at its end.
func (c *parquetCursor) advance() error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	c.release()
	if c.pages == nil {
		if err := c.open(); err != nil {
			return err
		}
	}
	page, err := c.pages.ReadPage()
	if errors.Is(err, io.EOF) {
		err = c.pages.Close()
		c.pages = nil
		return err
	}
	if err != nil {
		return err
	}
	c.page, c.rows, c.values = page, int(page.NumValues()), page.Data()
	if c.present = page.DefinitionLevels(); len(c.present) == 0 {
		c.present = nil
	}
	d := page.Dictionary()
	switch {
	case d == nil:
		c.dict, c.length = nil, lengthOf(c.values, c.rows)
		return nil
	case c.dict == nil || c.dict.Dictionary != d:
		c.dict = &parquetDictionary{Dictionary: d}
	}
	c.length = len(c.values.Int32())
	return nil
}

// open opens the chunk of the next row group.
func (c *parquetCursor) open() error {
	groups := c.file.RowGroups()
	if c.group == len(groups) {
		return fmt.Errorf("column %q ends early: %w", c.name, io.ErrUnexpectedEOF)
	}
	c.pages = groups[c.group].ColumnChunks()[c.index].Pages()
	c.group++
	return nil
}

// release gives the open page back to the library.
func (c *parquetCursor) release() {
	if c.page != nil {
		parquet.Release(c.page)
	}
	c.page, c.rows, c.row, c.value = nil, 0, 0, 0
}

// close gives back what the cursor holds, which for the dictionaries of a hundred columns can be more than the table.
func (c *parquetCursor) close() {
	c.release()
	if c.pages != nil {
		c.pages.Close()
	}
	c.pages, c.plain, c.dict, c.values, c.present = nil, nil, nil, encoding.Values{}, nil
}
