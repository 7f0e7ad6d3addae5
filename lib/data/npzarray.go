package data

import (
	"archive/zip"
	"errors"
	"io"
	"strings"
)

// npzArray is one array, read as a stream of rows.
type npzArray struct {
	npyHeader
	name  string
	entry *zip.File
	rows  int
	width int
	r     io.ReadCloser
	whole []byte // all elements of a column-major (Fortran order) matrix, which cannot be streamed by rows
	next  int    // row
	buf   []byte
}

// open reads the header of an array.
func (z *npzSource) open(name string) (*npzArray, error) {
	a := z.arrays[name]
	if a.r != nil {
		return a, nil
	}
	r, err := a.entry.Open()
	if err != nil {
		return nil, z.errorf("array %q: %v", clip(name), err)
	}
	a.r = r
	if a.npyHeader, err = readNPYHeader(r); err != nil {
		return nil, z.errorf("array %q: %v", clip(name), err)
	}
	a.rows, a.width = 1, 1
	for i, n := range a.shape {
		if i == 0 {
			a.rows = n
		} else {
			a.width *= n
		}
	}
	// Memory is allocated on the word of the header, so the word is checked: deflate packs at most 1032 to 1.
	have := a.entry.UncompressedSize64
	if a.entry.Method != zip.Store {
		have = min(have, 1032*a.entry.CompressedSize64+64)
	} else {
		have = min(have, a.entry.CompressedSize64)
	}
	if need := uint64(a.rows) * uint64(a.width) * uint64(a.dtype.size); need > have {
		return nil, z.errorf("array %q is cut off: its shape %v needs %d bytes, the archive has %d", clip(name), a.shape, need, have)
	}
	return a, nil
}

// strings reads a whole one-dimensional array of texts.
func (z *npzSource) strings(name string) ([]string, error) {
	a, err := z.open(name)
	if err != nil {
		return nil, err
	}
	if len(a.shape) != 1 || !a.dtype.isText() {
		return nil, z.errorf("array %q must be one-dimensional and of texts, not of shape %v and type %s", clip(name), a.shape, a.dtype.text)
	}
	list := make([]string, a.rows)
	for i := range list {
		b, err := a.read(1)
		if err != nil {
			return nil, z.errorf("array %q: %v", clip(name), err)
		}
		list[i] = strings.ToValidUTF8(string(a.dtype.text8(nil, b)), "\uFFFD")
	}
	return list, nil
}

// read returns the elements of the next n rows, row by row, valid until the next call.
func (a *npzArray) read(n int) ([]byte, error) {
	size := a.dtype.size
	a.buf = resize(a.buf, n*a.width*size)
	if a.fortran && a.width > 1 {
		if a.whole == nil {
			a.whole = make([]byte, a.rows*a.width*size)
			if _, err := io.ReadFull(a.r, a.whole); err != nil {
				return nil, cutOff(err)
			}
			if _, err := io.Copy(io.Discard, a.r); err != nil { // compares the checksum
				return nil, err
			}
		}
		for i := range n {
			for j := range a.width {
				copy(a.buf[(i*a.width+j)*size:][:size], a.whole[(j*a.rows+a.next+i)*size:])
			}
		}
		a.next += n
		return a.buf, nil
	}
	_, err := io.ReadFull(a.r, a.buf)
	a.next += n
	if err == nil && a.next == a.rows {
		// The checksum is only compared at the very end of the entry.
		if _, err = io.Copy(io.Discard, a.r); err != nil {
			return nil, err
		}
	}
	return a.buf, cutOff(err)
}

func cutOff(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends early; the file is cut off, copy or download it again")
	}
	return err
}
