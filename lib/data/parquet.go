//go:build !noparquet

package data

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/parquet-go/parquet-go"
)

// parquetSource reads a Parquet file column by column, several columns at a time.
type parquetSource struct {
	l       *layout
	file    *os.File
	parquet *parquet.File
	columns []parquetColumn // by column of the file
	n       int
}

func openParquet(path string, s Schema) (src source, err error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	file, info, err := openFile(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			file.Close()
		}
	}()
	head := make([]byte, 4)
	if n, _ := file.ReadAt(head, 0); string(head[:n]) != magicParquet {
		return nil, formatErrorf("%s is not a Parquet file%s", path, looksLike(head[:n]))
	}
	// The library believes the size of the footer, up to 4 GB, before it looks at that of the file.
	tail := make([]byte, 8)
	if n, _ := file.ReadAt(tail, info.Size()-8); n == 8 && int64(binary.LittleEndian.Uint32(tail)) > info.Size()-12 {
		return nil, formatErrorf("%s: the Parquet data is damaged or cut off: its footer is said to be larger than the file", path)
	}
	var pf *parquet.File
	var names []string
	p := &parquetSource{file: file}
	if err := guard(path, func() (err error) {
		if pf, err = parquet.OpenFile(file, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(16<<10)); err != nil {
			return err
		}
		for _, c := range pf.Root().Columns() {
			names = append(names, c.Name())
			p.columns = append(p.columns, newParquetColumn(c))
		}
		return nil
	}); err != nil {
		return nil, err
	}
	if pf.NumRows() > math.MaxInt32 {
		return nil, formatErrorf("%s: %d rows; read at most %d, in several files", path, pf.NumRows(), math.MaxInt32)
	}
	p.parquet, p.n = pf, int(pf.NumRows())
	rows := 0
	for _, g := range pf.RowGroups() {
		rows += int(g.NumRows())
	}
	if rows != p.n {
		return nil, formatErrorf("%s: the Parquet data is damaged: its row groups do not add up to its %d rows", path, pf.NumRows())
	}
	if p.l, err = newLayout(path, names, s); err != nil {
		return nil, err
	}
	p.l.finish(func(column int) Kind {
		if p.columns[column].texts {
			return Categorical
		}
		return Numeric
	})
	var refused []string
	for i, f := range p.l.fields {
		if why := p.columns[i].refused; f.do != doSkip && why != "" {
			refused = append(refused, fmt.Sprintf("%q (%s)", clip(f.name), why))
		}
	}
	if len(refused) > 0 {
		return nil, formatErrorf("%s: only flat columns of numbers, booleans, texts and times can be read; list these in the schema's drop: %s",
			path, refused)
	}
	return p, nil
}

// guard turns a panic of the Parquet library, which damaged files can cause, into an error.
func guard(path string, fn func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = formatErrorf("%s: the Parquet data is damaged: %v", path, r)
		}
	}()
	if err := fn(); err != nil {
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, new(*CellError)) {
			return err
		}
		return formatErrorf("%s: the Parquet data is damaged or cut off: %w", path, err)
	}
	return nil
}

func (p *parquetSource) layout() *layout   { return p.l }
func (p *parquetSource) recycle(*rawChunk) {}
func (p *parquetSource) close()            { p.file.Close() }

// rows believes the number of rows if the table is not much larger than the file. A damaged footer can claim any number,
// and run-length coding can honestly hold many rows in few bytes: then the table grows with what is really read.
func (p *parquetSource) rows() (int, bool) {
	if 4*int64(p.n)*int64(p.l.numbers+p.l.texts+1) > 64*p.parquet.Size()+64<<20 {
		return 0, false
	}
	return p.n, true
}

func (p *parquetSource) run(ctx context.Context, chunk int, emit func(*rawChunk) error) error {
	l := p.l
	cursors := make([]parquetCursor, len(l.fields))
	for i := range cursors {
		cursors[i] = parquetCursor{parquetColumn: &p.columns[i], ctx: ctx, file: p.parquet}
		defer cursors[i].close()
	}
	columns := newInterners(l.texts)
	chunk = p.wholePages(chunk)
	for done := 0; done < p.n; {
		n := min(chunk, p.n-done)
		c := &rawChunk{rows: n, stride: n, num: largeFloats(n * l.numbers), text: make([]rawText, l.texts), base: done}
		if l.time >= 0 {
			c.time = make([]int64, n)
		}
		if err := p.fill(c, cursors, columns); err != nil {
			return err
		}
		if err := emit(c); err != nil {
			return err
		}
		done += n
	}
	return ctx.Err()
}

// wholePages changes the size of a chunk to a multiple of the pages of plainFloats, which can then do without memory for
// the rest of a page, if it stays near what was asked for.
func (p *parquetSource) wholePages(chunk int) int {
	if chunk >= p.n {
		return chunk
	}
	for i, f := range p.l.fields {
		if f.do != doNumber || !p.columns[i].plainFloats() {
			continue
		}
		plain := newPlainFloats(p.parquet, 0, p.columns[i].index)
		if plain == nil {
			continue
		}
		if page, _, ok := plain.header(); ok && page < chunk {
			return chunk - chunk%page
		} else if ok && page/4 < chunk {
			return page
		}
		break
	}
	return chunk
}

// fill reads the rows of a chunk, one column per processor at a time.
func (p *parquetSource) fill(c *rawChunk, cursors []parquetCursor, columns []interner) error {
	errs := make([]error, len(cursors))
	bad := make([]int, len(cursors))
	var next atomic.Int32
	var running sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(cursors)) {
		running.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(cursors); i = int(next.Add(1)) - 1 {
				if p.l.fields[i].do != doSkip {
					errs[i] = guard(p.l.file, func() error { return p.column(c, i, &cursors[i], columns, &bad[i]) })
					if c.base+c.rows == p.n {
						cursors[i].close()
					}
				}
			}
		})
	}
	running.Wait()
	if slices.Max(bad) > 0 {
		c.bad = bad
	}
	return firstInFile(errs)
}

// firstInFile returns the error of the first row, so that the message does not depend on which column was read first.
func firstInFile(errs []error) error {
	var first error
	line := math.MaxInt
	for _, err := range errs {
		var cell *CellError
		switch {
		case err == nil:
		case !errors.As(err, &cell):
			return err
		case cell.Line < line:
			first, line = err, cell.Line
		}
	}
	return first
}

// column reads one column of the chunk.
func (p *parquetSource) column(c *rawChunk, i int, cursor *parquetCursor, columns []interner, bad *int) error {
	l, f := p.l, p.l.fields[i]
	fault := func(row int, v parquet.Value, err error) error {
		if l.tolerant {
			*bad++
			return nil
		}
		return l.cellError(c.place(row), i, v.String(), err)
	}
	switch f.do {
	case doNumber:
		return cursor.floats(c.num[f.slot*c.stride:f.slot*c.stride+c.rows], l, fault)
	case doText:
		code := make([]int32, c.rows)
		err := cursor.codes(code, &columns[f.slot], l)
		c.text[f.slot] = rawText{code: code, values: columns[f.slot].values}
		return err
	default:
		return cursor.times(c.time, l, fault)
	}
}
