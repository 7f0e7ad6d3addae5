package data

import (
	"bytes"
	"errors"
	"io"
)

const (
	// blockSize is how much text one worker parses at a time: large enough that hand-over costs nothing, small enough
	// that a block and what is parsed of it stay in the second-level cache.
	blockSize = 512 << 10
	// maxRecord bounds a single record, and with it the memory that an unclosed quote can make the reader use.
	maxRecord = 16 << 20
)

// block is a run of whole records. text is followed by scanPad readable bytes.
type block struct {
	text []byte
	line int // number of the line before the first of the block
}

// framer cuts a stream into blocks at line ends that are outside quotes.
type framer struct {
	r     io.Reader
	file  string
	delim byte
	size  int    // of a block, if its records let it
	carry []byte // the beginning of a record whose end has not been read yet
	line  int    // lines handed out
	done  bool
}

// next returns the next block in buf, which grows if one record needs it, and io.EOF after the last.
func (f *framer) next(buf []byte) (block, error) {
	if f.done {
		return block{text: buf}, io.EOF
	}
	buf = append(buf[:0], f.carry...)
	for size := f.size; ; size *= 2 {
		for size <= len(buf) {
			size *= 2
		}
		buf = grow(buf, size)
		n, err := io.ReadFull(f.r, buf[len(buf):size])
		fresh := buf[len(buf) : len(buf)+n]
		if i := bytes.IndexByte(fresh, 0); i >= 0 {
			at := f.line + 1 + bytes.Count(buf, newline) + bytes.Count(fresh[:i], newline)
			return block{text: buf}, formatErrorf("%s:%d: NUL byte: the file is binary or UTF-16; convert it to UTF-8 text (iconv -t UTF-8)", f.file, at)
		}
		buf = buf[:len(buf)+n]
		switch {
		case err == nil:
		case errors.Is(err, io.EOF) || err == io.ErrUnexpectedEOF && n < size:
			f.done = true
		default:
			return block{text: buf}, err
		}
		if f.done {
			if len(buf) == 0 {
				return block{text: buf}, io.EOF
			}
			if buf[len(buf)-1] != '\n' {
				// encoding/csv drops one carriage return before the end of the file; "\r\n" does that here.
				buf = append(buf, '\n')
			}
			return f.cut(buf, len(buf)), nil
		}
		end, open := f.lastLineEnd(buf)
		if end > 0 {
			return f.cut(buf, end), nil
		}
		if len(buf) >= maxRecord {
			if open >= 0 {
				return block{text: buf}, formatErrorf("%s:%d: the quote that opens here is not closed within %d MiB",
					f.file, f.line+1+bytes.Count(buf[:open], newline), maxRecord>>20)
			}
			return block{text: buf}, formatErrorf("%s:%d: line longer than %d MiB: is this a text file with one row per line?",
				f.file, f.line+1, maxRecord>>20)
		}
	}
}

var newline = []byte{'\n'}

// cut hands out buf[:end] and keeps the rest for the next block.
func (f *framer) cut(buf []byte, end int) block {
	f.carry = append(f.carry[:0], buf[end:]...)
	b := block{text: grow(buf[:end], end), line: f.line}
	clear(b.text[end : end+scanPad])
	f.line += bytes.Count(b.text, newline)
	return b
}

// grow returns b with room for size bytes and the padding behind them.
func grow(b []byte, size int) []byte {
	if cap(b) >= size+scanPad {
		return b
	}
	return append(make([]byte, 0, size+scanPad), b...)
}

// lastLineEnd returns the index after the last line end outside quotes, 0 if there is none, and where the quote opens
// that is still open at the end, or -1.
func (f *framer) lastLineEnd(b []byte) (end, open int) {
	from := 0
	for {
		// Outside quotes, b[from:] begins anywhere in a record that is not inside a quoted field.
		q := bytes.IndexByte(b[from:], '"')
		plain := b[from:]
		if q >= 0 {
			plain = b[from : from+q]
		}
		if i := bytes.LastIndexByte(plain, '\n'); i >= 0 {
			end = from + i + 1
		}
		if q < 0 {
			return end, -1
		}
		q += from
		if q > 0 && b[q-1] != f.delim && b[q-1] != '\n' {
			from = q + 1 // a quote inside an unquoted field opens nothing; the parser will refuse it
			continue
		}
		from = closingQuote(b, q+1) + 1
		if from == 0 {
			return end, q
		}
	}
}

// closingQuote returns the index of the quote that closes the field whose content starts at i, or -1.
func closingQuote(b []byte, i int) int {
	for {
		q := bytes.IndexByte(b[i:], '"')
		if q < 0 {
			return -1
		}
		i += q + 1
		if i >= len(b) {
			return i - 1 // at the very end of a block that goes on the next byte may be another quote: see lastLineEnd
		}
		if b[i] != '"' {
			return i - 1
		}
		i++
	}
}
