//go:build !noparquet

package data

import (
	"encoding/binary"
	"hash/crc32"
	"unsafe"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// plainFloats reads a column chunk of REQUIRED floats that are neither encoded nor compressed, what WriteParquet makes of
// a numeric column, from the file straight into the column of the table. The library reads such a page to memory of
// its own, from where it must be copied again, which takes as long as all the rest.
//
// Whatever is not exactly as expected, damage included, is left to the library.
type plainFloats struct {
	file    *parquet.File
	at, end int64     // the next page, and where the chunk ends
	done    int64     // rows that have been delivered
	buffer  []float32 // a page that is wanted in parts
	rest    []float32 // the rest of it
}

// newPlainFloats returns nil for a chunk that is not of that kind.
func newPlainFloats(file *parquet.File, group, column int) *plainFloats {
	chunk := &file.Metadata().RowGroups[group].Columns[column]
	m := &chunk.MetaData
	p := &plainFloats{file: file, at: m.DataPageOffset, end: m.DataPageOffset + m.TotalCompressedSize}
	switch {
	case m.Type != format.Float || m.Codec != format.Uncompressed || m.DictionaryPageOffset != 0:
	case chunk.FilePath != "" || chunk.CryptoMetadata.Value != nil || len(chunk.EncryptedColumnMetadata) > 0:
	case p.at < 0 || p.end < p.at || p.end > file.Size():
	case binary.NativeEndian.Uint16([]byte{1, 0}) != 1: // the file's order of bytes
	default:
		return p
	}
	return nil
}

// read reads the next values of the chunk, at most one page of them: 0 at the end of the chunk. If it returns false, the
// library must go on behind the values that have been delivered.
func (p *plainFloats) read(dst []float32) (n int, ok bool) {
	defer func() { p.done += int64(n) }()
	if len(p.rest) == 0 && p.at < p.end {
		size, crc, ok := p.header()
		switch {
		case !ok:
			return 0, false
		case size <= len(dst):
			if !p.values(dst[:size], crc) {
				return 0, false
			}
			return size, true
		case size > cap(p.buffer):
			p.buffer = make([]float32, size)
		}
		if !p.values(p.buffer[:size], crc) {
			return 0, false
		}
		p.rest = p.buffer[:size]
	}
	n = copy(dst, p.rest)
	p.rest = p.rest[n:]
	return n, true
}

// header reads the header of the next page and returns the number of its values and their checksum, 0 if it has none.
func (p *plainFloats) header() (size int, crc uint32, ok bool) {
	var b [256]byte // without statistics it takes a tenth of that
	n, _ := p.file.ReadAt(b[:min(int64(len(b)), p.end-p.at)], p.at)
	var h format.PageHeader
	r := new(thrift.CompactProtocol).NewReaderFromBytes(b[:n])
	if thrift.NewDecoder(r).Decode(&h) != nil || h.CompressedPageSize != h.UncompressedPageSize {
		return 0, 0, false
	}
	v1, v2 := h.DataPageHeader.V, h.DataPageHeaderV2.V
	switch {
	case h.Type == format.DataPage && h.DataPageHeader.Valid && v1.Encoding == format.Plain:
		size = int(v1.NumValues)
	case h.Type == format.DataPageV2 && h.DataPageHeaderV2.Valid && v2.Encoding == format.Plain && v2.NumNulls == 0 &&
		v2.NumRows == v2.NumValues && v2.DefinitionLevelsByteLength == 0 && v2.RepetitionLevelsByteLength == 0:
		size = int(v2.NumValues)
	}
	p.at += int64(r.BytesRead())
	return size, uint32(h.CRC), size > 0 && int64(h.CompressedPageSize) == 4*int64(size) && int64(h.CompressedPageSize) <= p.end-p.at
}

// values reads the values of a page, in blocks that are still in the cache when they are looked at.
func (p *plainFloats) values(dst []float32, want uint32) bool {
	const block = 16 << 10
	var crc uint32
	for len(dst) > 0 {
		part := dst[:min(block, len(dst))]
		b := unsafe.Slice((*byte)(unsafe.Pointer(&part[0])), 4*len(part))
		if n, _ := p.file.ReadAt(b, p.at); n < len(b) {
			return false
		}
		if want != 0 {
			crc = crc32.Update(crc, crc32.IEEETable, b)
		}
		missInfinities(part)
		p.at += int64(len(b))
		dst = dst[len(part):]
	}
	return crc == want
}

// plainFloats reports whether chunks of the column may be read by plainFloats.
func (p *parquetColumn) plainFloats() bool { return p.kind == parquet.Float && !p.optional }

// direct reads the next values without the library if it can: 0 if not, or at the end of the file.
func (c *parquetCursor) direct(dst []float32) (int, error) {
	for {
		if err := c.ctx.Err(); err != nil {
			return 0, err
		}
		if c.plain == nil {
			if !c.plainFloats() || c.group == len(c.file.RowGroups()) {
				return 0, nil
			}
			if c.plain = newPlainFloats(c.file, c.group, c.index); c.plain == nil {
				return 0, nil
			}
		}
		n, ok := c.plain.read(dst)
		if n > 0 && ok {
			return n, nil
		}
		p := c.plain
		c.plain = nil
		if !ok {
			if err := c.open(); err != nil {
				return 0, err
			}
			return 0, c.pages.SeekToRow(p.done)
		}
		c.group++
	}
}
