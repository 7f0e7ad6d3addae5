package gguf

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
)

// chunk bounds how much memory is asked for ahead of the bytes that fill it, whatever a length in the file says.
const chunk = 1 << 20

// maxElements bounds strings and arrays, as ggml does.
const maxElements = 1 << 30

// cursor reads a header from front to back. The first error stays; reads after it return zeros.
type cursor struct {
	r    *bufio.Reader
	at   uint64 // bytes read
	size uint64 // bytes of the file
	err  error
}

func newCursor(r io.ReaderAt, size int64) *cursor {
	return &cursor{r: bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 1<<16), size: uint64(size)}
}

func (c *cursor) left() uint64 { return c.size - c.at }

// fail notes a fault of the file.
func (c *cursor) fail(format string, args ...any) {
	if c.err == nil {
		c.err = formatErrorf(format, args...)
	}
}

// need notes an error when fewer than n bytes are left; what names what they would have been.
func (c *cursor) need(n uint64, what string) bool {
	if c.err == nil && n > c.left() {
		c.fail("byte %d: %s needs %d bytes, the file has %d more", c.at, what, n, c.left())
	}
	return c.err == nil
}

// fill reads len(p) bytes that need has found to be there.
func (c *cursor) fill(p []byte) {
	if c.err != nil {
		return
	}
	n, err := io.ReadFull(c.r, p)
	c.at += uint64(n)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		c.fail("byte %d: the file ends, it should have %d bytes", c.at, c.size)
	case err != nil:
		c.err = err
	}
}

func (c *cursor) u32(what string) uint32 {
	var b [4]byte
	if c.need(4, what) {
		c.fill(b[:])
	}
	return binary.LittleEndian.Uint32(b[:])
}

func (c *cursor) u64(what string) uint64 {
	var b [8]byte
	if c.need(8, what) {
		c.fill(b[:])
	}
	return binary.LittleEndian.Uint64(b[:])
}

// bytes reads n bytes, in steps, so that memory grows with what is really there.
func (c *cursor) bytes(n uint64, what string) []byte {
	if !c.need(n, what) {
		return nil
	}
	var p []byte
	for n > 0 && c.err == nil {
		step := min(n, chunk)
		p = slices.Grow(p, int(step))
		start := len(p)
		p = p[:start+int(step)]
		c.fill(p[start:])
		n -= step
	}
	return p
}

// text reads a string of at most most bytes.
func (c *cursor) text(most uint64, what string) string {
	at := c.at
	n := c.u64(what)
	if c.err == nil && n > most && n <= c.left() {
		c.fail("byte %d: %s has %d bytes, at most %d are allowed", at, what, n, most)
	}
	return string(c.bytes(n, what))
}

// value reads a value of any type. An array of arrays is refused, so there is nothing to recurse into.
func (c *cursor) value(what string) any {
	at := c.at
	t := ValueType(c.u32(what))
	if t != Array {
		if t.width() == 0 {
			c.fail("byte %d: %s has %s, which does not exist", at, what, t)
			return nil
		}
		return c.scalar(t, what)
	}
	at = c.at
	elem := ValueType(c.u32(what))
	n := c.u64(what)
	switch {
	case c.err != nil:
		return nil
	case elem == Array:
		c.fail("byte %d: %s is an array of arrays, which is not supported", at, what)
		return nil
	case elem.width() == 0:
		c.fail("byte %d: %s is an array of %s, which does not exist", at, what, elem)
		return nil
	case n > c.left()/elem.width():
		c.fail("byte %d: %s is an array of %d elements, too many for the %d bytes left in the file", at, what, n, c.left())
		return nil
	case n > maxElements:
		c.fail("byte %d: %s is an array of %d elements, at most %d are allowed", at, what, n, maxElements)
		return nil
	}
	return c.array(elem, n, what)
}

func (c *cursor) scalar(t ValueType, what string) any {
	if t == String {
		return c.text(maxElements, what)
	}
	at := c.at
	b := c.bytes(t.width(), what)
	if c.err != nil {
		return nil
	}
	le := binary.LittleEndian
	switch t {
	case Uint8:
		return b[0]
	case Int8:
		return int8(b[0])
	case Uint16:
		return le.Uint16(b)
	case Int16:
		return int16(le.Uint16(b))
	case Uint32:
		return le.Uint32(b)
	case Int32:
		return int32(le.Uint32(b))
	case Float32:
		return math.Float32frombits(le.Uint32(b))
	case Uint64:
		return le.Uint64(b)
	case Int64:
		return int64(le.Uint64(b))
	case Float64:
		return math.Float64frombits(le.Uint64(b))
	}
	return c.boolean(b[0], at, what)
}

func (c *cursor) boolean(b byte, at uint64, what string) bool {
	if b > 1 {
		c.fail("byte %d: %s is a bool of %d, must be 0 or 1", at, what, b)
	}
	return b == 1
}
