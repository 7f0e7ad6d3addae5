package data

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// inferRows is the number of rows that decide the kind of a column (fewer if the first block has fewer).
const inferRows = 10_000

// csvStream reads a delimited text in chunks: one goroutine cuts it into blocks, one per processor parses them, and the
// caller gets the chunks in file order. At most 2 blocks per processor exist at any time, whatever the size of the file.
type csvStream struct {
	framer  framer
	parser  csvParser // what every worker's parser starts from
	first   block     // the block behind the header, read ahead to infer kinds
	l       *layout
	perByte float64 // rows per byte in the first block, to estimate the size of the table
	spare   chan *rawChunk
	running sync.WaitGroup
}

// openCSV reads the header (or the first rows of a file without one) and lays out the columns.
func openCSV(r io.Reader, name string, s Schema) (*csvStream, error) {
	return openBlocks(r, name, s, blockSize)
}

// openStream is openCSV for a reader that may block for ever: it returns when ctx ends, even before the first row.
func openStream(ctx context.Context, r io.Reader, name string, s Schema) (source, error) {
	type result struct {
		cs  *csvStream
		err error
	}
	opened := make(chan result, 1)
	go func() {
		cs, err := openCSV(r, name, s)
		opened <- result{cs, err}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case o := <-opened:
		if o.err != nil {
			return nil, o.err
		}
		return &csvSource{csvStream: o.cs}, nil
	}
}

// openBlocks is openCSV with another size of block, by which tests put block borders at every place.
func openBlocks(r io.Reader, name string, s Schema, size int) (*csvStream, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	delim := byte(',')
	if s.Delimiter != "" {
		delim = s.Delimiter[0]
	} else if filepath.Ext(trimCompression(name)) == ".tsv" {
		delim = '\t'
	}
	r, err := checkText(r, name)
	if err != nil {
		return nil, err
	}
	cs := &csvStream{framer: framer{r: r, file: name, delim: delim, size: size}}
	cs.parser = csvParser{delim: delim, l: &layout{file: name}}
	b, err := cs.nextFilled(block{})
	if errors.Is(err, io.EOF) {
		if cs.framer.line > 0 {
			return nil, formatErrorf("%s: the file has only blank lines", name)
		}
		return nil, formatErrorf("%s: the file is empty", name)
	}
	if err != nil {
		return nil, err
	}
	names, rest, err := cs.header(b, s)
	if err != nil {
		return nil, err
	}
	if cs.l, err = newLayout(name, names, s); err != nil {
		return nil, err
	}
	cs.l.fromLines = true
	cs.parser.l = cs.l
	cs.first, err = cs.nextFilled(rest)
	if errors.Is(err, io.EOF) {
		return nil, formatErrorf("%s: the file has a header and no rows", name)
	}
	if err != nil {
		return nil, err
	}
	cs.infer()
	cs.spare = make(chan *rawChunk, 2*runtime.GOMAXPROCS(0)+2)
	cs.perByte = float64(bytes.Count(cs.first.text, newline)) / float64(len(cs.first.text))
	return cs, nil
}

// nextFilled returns b without its leading blank lines, or the first block after it that holds anything else.
func (cs *csvStream) nextFilled(b block) (block, error) {
	for {
		pos := 0
		for pos < len(b.text) {
			next := lineEnd(b.text[:len(b.text)+scanPad], pos)
			if next == pos {
				b.text = b.text[pos:]
				return b, nil
			}
			pos, b.line = next, b.line+1
		}
		var err error
		if b, err = cs.framer.next(nil); err != nil {
			return b, err
		}
	}
}

// checkText removes a byte order mark and refuses what is recognisably no UTF-8 text.
func checkText(r io.Reader, name string) (io.Reader, error) {
	head := make([]byte, 4)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	head = bytes.TrimPrefix(head[:n], []byte("\xEF\xBB\xBF"))
	for _, k := range []struct{ magic, says string }{
		{"\xFF\xFE", "the file is UTF-16; convert it to UTF-8 (iconv -f UTF-16 -t UTF-8)"},
		{"\xFE\xFF", "the file is UTF-16; convert it to UTF-8 (iconv -f UTF-16 -t UTF-8)"},
		{magicGzip, "the content is gzip-compressed: name the file .csv.gz"},
		{magicZstd, "the content is Zstandard-compressed: name the file .csv.zst"},
		{magicParquet, "the content is Parquet: name the file .parquet"},
		{magicZip, "the content is a zip archive (or an .npz or .xlsx file): unpack it"},
	} {
		if bytes.HasPrefix(head, []byte(k.magic)) {
			return nil, formatErrorf("%s: %s", name, k.says)
		}
	}
	return io.MultiReader(bytes.NewReader(head), r), nil
}

// header returns the names of the columns and the block without its header line, if it has one. A first line that holds
// only names of Schema.Header is a header too (in its own order), so that one schema reads a headerless original and the
// files that were written from it.
func (cs *csvStream) header(b block, s Schema) (names []string, rest block, err error) {
	text := b.text[:len(b.text)+scanPad]
	pos, lines := 0, 1
	for {
		cell, quoted, end, err := cs.parser.cell(text, pos)
		if err != nil {
			return nil, b, formatErrorf("%s:%d:%d: %w", cs.framer.file, b.line+lines, len(names)+1, err)
		}
		if quoted {
			lines += bytes.Count(text[pos:end], newline)
		}
		if !quoted {
			cell = trimBlank(cell)
		}
		names = append(names, strings.ToValidUTF8(string(cell), "\uFFFD"))
		if pos = lineEnd(text, end); pos > end {
			break
		}
		pos = end + 1
	}
	if len(s.Header) > 0 {
		isHeader := !slices.ContainsFunc(names, func(n string) bool { return !slices.Contains(s.Header, n) })
		if !isHeader {
			if len(names) != len(s.Header) {
				return nil, b, schemaErrorf("read: %s:%d: %d fields, but the schema's header names %d columns", cs.framer.file, b.line+1, len(names), len(s.Header))
			}
			return s.Header, b, nil
		}
	}
	return names, block{text: b.text[pos:], line: b.line + lines}, nil
}

// infer decides the kind of every Auto column from the first rows: Numeric if each cell parses as a number, is missing,
// or is a number out of range (which is better reported than turned into a name).
func (cs *csvStream) infer() {
	l := cs.l
	textual := make([]bool, len(l.fields))
	text := cs.first.text[:len(cs.first.text)+scanPad]
	p := cs.parser
rows:
	for pos, row := 0, 0; pos < len(cs.first.text) && row < inferRows; row++ {
		for i := 0; ; i++ {
			cell, _, end, err := p.cell(text, pos)
			if err != nil {
				break rows // parse will report it
			}
			if i < len(textual) && !textual[i] {
				_, err := l.parseNumber(cell)
				textual[i] = errors.Is(err, ErrNumber)
			}
			if pos = lineEnd(text, end); pos > end {
				break
			}
			pos = end + 1
		}
	}
	l.finish(func(column int) Kind {
		if textual[column] {
			return Categorical
		}
		return Numeric
	})
}

// recycle takes back a chunk whose content has been copied.
func (cs *csvStream) recycle(c *rawChunk) {
	select {
	case cs.spare <- c:
	default:
	}
}

// blank returns a chunk to fill.
func (cs *csvStream) blank() *rawChunk {
	select {
	case c := <-cs.spare:
		return c
	default:
		return new(rawChunk)
	}
}

// csvJob is a block on its way through a worker; done gets the result.
type csvJob struct {
	block block
	done  chan *rawChunk
}

// run parses the stream and calls emit with each chunk in file order; emit owns the chunk. It returns at once when ctx
// ends, even while a Read is blocked; wait then waits for the goroutines that are left.
func (cs *csvStream) run(ctx context.Context, emit func(c *rawChunk) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	workers := runtime.GOMAXPROCS(0)
	jobs := make(chan csvJob)                 // to the workers
	order := make(chan csvJob, workers)       // the same jobs in file order
	buffers := make(chan []byte, 2*workers+2) // text of parsed blocks, to use again
	for w := range workers {
		cs.running.Go(func() { cs.work(w, jobs, buffers) })
	}
	cs.running.Go(func() { cs.divide(ctx, jobs, order, buffers) })
	for {
		// Neither wait may be without the context: order stays silent while a Read is blocked.
		var j csvJob
		var more bool
		select {
		case <-ctx.Done():
			return ctx.Err()
		case j, more = <-order:
		}
		if !more {
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case c := <-j.done:
			if err := emit(c); err != nil {
				return err
			}
		}
	}
}

// wait returns when run's goroutines have ended. They do when the reader's current Read returns.
func (cs *csvStream) wait() { cs.running.Wait() }

// work parses blocks until there are no more.
func (cs *csvStream) work(number int, jobs <-chan csvJob, buffers chan<- []byte) {
	p := cs.parser
	p.source, p.columns = number, newInterners(cs.l.texts)
	for j := range jobs {
		c := cs.blank()
		p.parse(j.block, c)
		select {
		case buffers <- j.block.text:
		default:
		}
		j.done <- c
	}
}

// divide reads the stream and hands out its blocks.
func (cs *csvStream) divide(ctx context.Context, jobs, order chan<- csvJob, buffers <-chan []byte) {
	defer close(order)
	defer close(jobs)
	send := func(to chan<- csvJob, j csvJob) bool {
		select {
		case to <- j:
			return true
		case <-ctx.Done():
			return false
		}
	}
	for b, err := cs.first, error(nil); !errors.Is(err, io.EOF); {
		j := csvJob{b, make(chan *rawChunk, 1)}
		if err != nil {
			j.done <- &rawChunk{err: err}
			send(order, j)
			return
		}
		if !send(order, j) || !send(jobs, j) {
			return
		}
		var buf []byte
		select {
		case buf = <-buffers:
		default:
		}
		b, err = cs.framer.next(buf)
	}
}
