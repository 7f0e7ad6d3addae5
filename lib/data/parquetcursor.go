//go:build !noparquet

package data

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// parquetCursor walks the values of one column across row groups and pages.
type parquetCursor struct {
	*parquetColumn
	ctx    context.Context
	groups []parquet.RowGroup // still to come
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	left   int // values of the page not read yet
	buffer []parquet.Value
}

// advance makes sure that a page with unread values is open.
func (c *parquetCursor) advance() error {
	for c.left == 0 {
		if err := c.ctx.Err(); err != nil {
			return err
		}
		if c.page != nil {
			parquet.Release(c.page)
			c.page = nil
		}
		if c.pages == nil {
			if len(c.groups) == 0 {
				return fmt.Errorf("column %q ends early: %w", c.name, io.ErrUnexpectedEOF)
			}
			c.pages = c.groups[0].ColumnChunks()[c.index].Pages()
			c.groups = c.groups[1:]
		}
		page, err := c.pages.ReadPage()
		if errors.Is(err, io.EOF) {
			if err := c.pages.Close(); err != nil {
				return err
			}
			c.pages = nil
			continue
		}
		if err != nil {
			return err
		}
		c.page, c.values, c.left = page, page.Values(), int(page.NumValues())
	}
	return nil
}

func (c *parquetCursor) close() {
	if c.page != nil {
		parquet.Release(c.page)
	}
	if c.pages != nil {
		c.pages.Close()
	}
}

// floats fills dst. Pages of plain required floats are copied whole; each gets the values of all others.
func (c *parquetCursor) floats(dst []float32, each func(row int, v parquet.Value) error) error {
	for row := 0; row < len(dst); {
		if err := c.advance(); err != nil {
			return err
		}
		n := min(c.left, len(dst)-row)
		if r, ok := c.values.(parquet.FloatReader); ok {
			got, err := r.ReadFloats(dst[row : row+n])
			if got == 0 {
				return shortPage(c.name, err)
			}
			missInfinities(dst[row : row+got])
			row += got
			c.left -= got
			continue
		}
		got, err := c.some(n, row, each)
		if err != nil {
			return err
		}
		row += got
	}
	return nil
}

// each calls fn with the next n values.
func (c *parquetCursor) each(n int, fn func(row int, v parquet.Value) error) error {
	for row := 0; row < n; {
		if err := c.advance(); err != nil {
			return err
		}
		got, err := c.some(min(c.left, n-row), row, fn)
		if err != nil {
			return err
		}
		row += got
	}
	return nil
}

// some reads at most n values of the open page.
func (c *parquetCursor) some(n, row int, fn func(row int, v parquet.Value) error) (int, error) {
	if c.buffer == nil {
		c.buffer = make([]parquet.Value, 1024)
	}
	got, err := c.values.ReadValues(c.buffer[:min(n, len(c.buffer))])
	if got == 0 {
		return 0, shortPage(c.name, err)
	}
	for i, v := range c.buffer[:got] {
		if err := fn(row+i, v); err != nil {
			return 0, err
		}
	}
	c.left -= got
	return got, nil
}

func shortPage(name string, err error) error {
	if err == nil {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("a page of column %q ends early: %w", name, err)
}
