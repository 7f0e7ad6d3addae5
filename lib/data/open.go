package data

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// First bytes of the formats that are told apart by content.
const (
	magicGzip    = "\x1f\x8b"
	magicZstd    = "\x28\xb5\x2f\xfd"
	magicParquet = "PAR1"
	magicZip     = "PK\x03\x04"
)

// maxZstdWindow bounds the memory that a Zstandard frame can ask for (the reference tool's own default is 128 MiB).
const maxZstdWindow = 128 << 20

// openFile opens a regular file (or a pipe), with an error that says what is wrong and not only that something is.
func openFile(path string) (*os.File, os.FileInfo, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, &taggedError{fs.ErrNotExist, fmt.Errorf("data: read: there is no file %s%s", path, nearbyHint(path))}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("data: read: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, nil, fmt.Errorf("data: read: %w", err)
	}
	if info.IsDir() {
		file.Close()
		return nil, nil, formatErrorf("%s is a folder; name a file in it", path)
	}
	return file, info, nil
}

// nearbyHint names a file that differs only by its compression, the usual mistake.
func nearbyHint(path string) string {
	for _, other := range []string{path + ".gz", path + ".zst", trimCompression(path)} {
		if other != path {
			if info, err := os.Stat(other); err == nil && !info.IsDir() {
				return " (there is " + other + ")"
			}
		}
	}
	return ""
}

// trimCompression removes a trailing .gz or .zst and lowers the case.
func trimCompression(path string) string {
	path = strings.ToLower(path)
	return strings.TrimSuffix(strings.TrimSuffix(path, ".gz"), ".zst")
}

// textFile is an open, decompressed text file.
type textFile struct {
	io.Reader
	file    *os.File
	size    int64 // of the text in bytes, as far as it can be known; 0 if not
	decoder *zstd.Decoder
}

// close ends every read in progress; release then frees what a read might have been using.
func (t *textFile) close() { t.file.Close() }

func (t *textFile) release() {
	if t.decoder != nil {
		t.decoder.Close()
	}
}

// openText opens a text file and decompresses it by its extension, checked against its content.
func openText(path string) (*textFile, error) {
	file, info, err := openFile(path)
	if err != nil {
		return nil, err
	}
	t := &textFile{Reader: file, file: file, size: info.Size()}
	switch strings.ToLower(filepath.Ext(path)) {
	case ".gz":
		err = t.gunzip(path)
	case ".zst":
		err = t.unzstd(path)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return t, nil
}

// magic reads the first bytes of the file without losing them.
func (t *textFile) magic() []byte {
	head := make([]byte, 4)
	n, _ := io.ReadFull(t.file, head)
	t.Reader = io.MultiReader(bytes.NewReader(head[:n]), t.file)
	return head[:n]
}

func (t *textFile) gunzip(path string) error {
	if head := t.magic(); !bytes.HasPrefix(head, []byte(magicGzip)) {
		return formatErrorf("%s is not gzip-compressed although its name ends in .gz%s", path, looksLike(head))
	}
	size := t.size
	t.size = 0
	var tail [4]byte
	if _, err := t.file.ReadAt(tail[:], size-4); err == nil {
		// The last four bytes are the size of the text modulo 2^32. It only serves as an estimate, and no more is believed
		// than deflate can pack, 1032 to 1.
		t.size = min(int64(binary.LittleEndian.Uint32(tail[:])), 1032*size)
	}
	z, err := gzip.NewReader(t.Reader)
	if err != nil {
		return decompressError(path, "gzip", err)
	}
	t.Reader = &decompressor{z, path, "gzip"}
	return nil
}

func (t *textFile) unzstd(path string) error {
	if head := t.magic(); !bytes.HasPrefix(head, []byte(magicZstd)) {
		return formatErrorf("%s is not Zstandard-compressed although its name ends in .zst%s", path, looksLike(head))
	}
	t.size = 0
	z, err := zstd.NewReader(t.Reader, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxZstdWindow))
	if err != nil {
		return decompressError(path, "zstd", err)
	}
	t.decoder, t.Reader = z, &decompressor{z, path, "zstd"}
	return nil
}

// looksLike says what the content seems to be instead.
func looksLike(head []byte) string {
	for _, k := range []struct{ magic, name string }{
		{magicGzip, "gzip"}, {magicZstd, "Zstandard"}, {magicZip, "a zip archive"}, {magicParquet, "Parquet"},
	} {
		if bytes.HasPrefix(head, []byte(k.magic)) {
			return ": it looks like " + k.name
		}
	}
	if len(head) == 0 {
		return ": it is empty"
	}
	return "; if it is plain text, rename it without the ending"
}

// decompressor gives the errors of a decompressing reader the name of the file.
type decompressor struct {
	r            io.Reader
	path, format string
}

func (d *decompressor) Read(p []byte) (int, error) {
	n, err := d.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = decompressError(d.path, d.format, err)
	}
	return n, err
}

func decompressError(path, format string, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		// %v: the caller must not take this for the end of the text.
		return formatErrorf("%s: the %s data ends too early; the file is cut off, copy or download it again", path, format)
	}
	return formatErrorf("%s: the %s data is damaged: %w", path, format, err)
}
