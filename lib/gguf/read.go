package gguf

import (
	"fmt"
	"io"
	"math/bits"
	"strings"
	"unicode/utf8"
)

// Limits of the format.
const (
	magic            = "GGUF"
	version          = 3
	defaultAlignment = 32
	maxAlignment     = 1 << 20 // ggml allows 2^31: a file of two small tensors could claim gigabytes of padding
	maxKey           = 65535
	maxName          = 63
	maxDims          = 4

	leastKV     = 8 + 1 + 4 + 1         // key of one byte, type, value of one byte
	leastTensor = 8 + 1 + 4 + 8 + 4 + 8 // name of one byte, one dimension
)

// Read reads the header of a file of the given size in bytes: key-values and the table of tensors. It keeps r and reads
// the tensors' data from it when they are asked for. It accepts versions 2 and 3, which have the same layout, and any
// architecture.
//
// Errors: ErrFormat with the place of the first fault; an error of r as it is. Whatever the bytes are, it does not
// panic, does not recurse, and needs no more memory than a small multiple of the bytes that it could read.
// Determinism: the same bytes give the same File.
func Read(r io.ReaderAt, size int64) (*File, error) {
	f, err := read(r, size)
	return f, inFile("", err)
}

func read(r io.ReaderAt, size int64) (*File, error) {
	if size < 0 {
		return nil, formatErrorf("size %d is negative", size)
	}
	c := newCursor(r, size)
	f := &File{r: r, keys: map[string]int{}, names: map[string]int{}}
	tensors, kvs := readCounts(c, f)
	for i := uint64(0); i < kvs && c.err == nil; i++ {
		readKV(c, f, i)
	}
	readAlignment(c, f)
	for i := uint64(0); i < tensors && c.err == nil; i++ {
		readTensor(c, f, i)
	}
	readPadding(c, f)
	if c.err != nil {
		return nil, c.err
	}
	if err := f.place(uint64(size)); err != nil {
		return nil, err
	}
	return f, nil
}

// readCounts reads what precedes the key-values.
func readCounts(c *cursor, f *File) (tensors, kvs uint64) {
	var m [4]byte
	if c.need(4, "the magic") {
		c.fill(m[:])
	}
	if c.err == nil && string(m[:]) != magic {
		c.fail("byte 0: the file begins with %q, not with %q", m[:], magic)
	}
	f.Version = c.u32("the version")
	switch {
	case c.err != nil:
	case f.Version == 2 || f.Version == 3:
	case f.Version&0xffff == 0 && f.Version != 0:
		c.fail("byte 4: version %#x: the file is big-endian, only little-endian files are supported", f.Version)
	default:
		c.fail("byte 4: version %d, only 2 and 3 are supported", f.Version)
	}
	tensors = c.u64("the number of tensors")
	kvs = c.u64("the number of key-values")
	switch {
	case c.err != nil:
	case tensors > c.left()/leastTensor:
		c.fail("byte 8: %d tensors, too many for a file of %d bytes", tensors, c.size)
	case kvs > c.left()/leastKV:
		c.fail("byte 16: %d key-values, too many for a file of %d bytes", kvs, c.size)
	}
	return tensors, kvs
}

func readKV(c *cursor, f *File, i uint64) {
	at := c.at
	key := c.text(maxKey, fmt.Sprintf("key %d", i))
	switch _, twice := f.keys[key]; {
	case c.err != nil:
		return
	case key == "":
		c.fail("byte %d: key %d is empty", at, i)
	case badText(key):
		c.fail("byte %d: key %d, %s, has a NUL or is not UTF-8", at, i, quote(key))
	case twice:
		c.fail("byte %d: key %s is there twice", at, quote(key))
	}
	v := c.value("key " + quote(key))
	f.keys[key] = len(f.KVs)
	f.KVs = append(f.KVs, KV{key, v})
}

// badText reports a name that other readers would cut or could not show.
func badText(s string) bool { return strings.ContainsRune(s, 0) || !utf8.ValidString(s) }

func readAlignment(c *cursor, f *File) {
	f.Alignment = defaultAlignment
	v, ok := f.Get("general.alignment")
	if !ok || c.err != nil {
		return
	}
	u, ok := v.(uint32)
	switch {
	case !ok:
		c.fail("general.alignment is %s, must be u32", describe(v))
	case bits.OnesCount32(u) != 1 || u > maxAlignment:
		c.fail("general.alignment is %d, must be a power of two, at most %d", u, maxAlignment)
	}
	f.Alignment = uint64(u)
}

func readTensor(c *cursor, f *File, i uint64) {
	at := c.at
	name := c.text(maxName, fmt.Sprintf("the name of tensor %d", i))
	switch _, twice := f.names[name]; {
	case c.err != nil:
		return
	case name == "":
		c.fail("byte %d: the name of tensor %d is empty", at, i)
	case badText(name):
		c.fail("byte %d: the name of tensor %d, %s, has a NUL or is not UTF-8", at, i, quote(name))
	case twice:
		c.fail("byte %d: tensor %s is there twice", at, quote(name))
	}
	what := "tensor " + quote(name)
	at = c.at
	n := c.u32(what)
	if c.err == nil && (n < 1 || n > maxDims) {
		c.fail("byte %d: %s has %d dimensions, must have 1 to %d", at, what, n, maxDims)
	}
	if c.err != nil {
		return
	}
	t := Tensor{Name: name, Dims: make([]uint64, n)}
	for d := range t.Dims {
		t.Dims[d] = c.u64(what)
	}
	t.Type = Type(c.u32(what))
	t.Offset = c.u64(what)
	if c.err != nil {
		return
	}
	size, err := tensorBytes(t.Type, t.Dims)
	if err != nil {
		c.fail("byte %d: %s %v", at, what, err)
	}
	t.Size = size
	f.names[name] = len(f.Tensors)
	f.Tensors = append(f.Tensors, t)
}

// readPadding reads the bytes between the header and the data. A file without tensors may end with its header.
func readPadding(c *cursor, f *File) {
	if c.err != nil || len(f.Tensors) == 0 && c.left() == 0 {
		f.DataOffset = c.at
		return
	}
	start := c.at
	gap, _ := padding(start, f.Alignment)
	for i, b := range c.bytes(gap, "the padding before the data") {
		if b != 0 {
			c.fail("byte %d: the padding before the data has byte %d, must be 0", start+uint64(i), b)
			return
		}
	}
	f.DataOffset = c.at
}
