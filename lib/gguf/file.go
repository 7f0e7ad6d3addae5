package gguf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// Tensor is an entry in the table of tensors. Dims are in the order of the file: Dims[0] is contiguous, so a weight
// matrix stored [out, in] row by row has Dims {in, out}.
type Tensor struct {
	Name   string
	Type   Type
	Dims   []uint64
	Offset uint64 // bytes from the start of the data, see File.DataOffset
	Size   uint64 // bytes of the data, without padding
}

// Elements returns the number of weights.
func (t Tensor) Elements() uint64 { return elements(t.Dims) }

// File is the header of a file, as read, and the way to its data. Its methods may be called at the same time; the
// fields and the slices in them must not be changed.
type File struct {
	Version    uint32   // 2 or 3
	Alignment  uint64   // of every tensor's data, 32 unless general.alignment says otherwise
	DataOffset uint64   // bytes from the start of the file to the data
	KVs        []KV     // in the order of the file
	Tensors    []Tensor // in the order of the file, which is that of their data

	r           io.ReaderAt
	closer      io.Closer
	path        string // for messages, "" after Read
	keys, names map[string]int
}

// Open reads the header of the regular file at path and keeps it open for its data; Close it. Errors are those of Read,
// with the path.
func Open(path string) (*File, error) {
	info, err := os.Stat(path) // before opening, which would wait for the other end of a pipe
	if err != nil {
		return nil, fmt.Errorf("gguf: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, inFile(path, formatErrorf("it is not a regular file"))
	}
	r, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("gguf: %w", err)
	}
	f, err := read(r, info.Size())
	if err != nil {
		_ = r.Close() // only read from
		return nil, inFile(path, err)
	}
	f.closer, f.path = r, path
	return f, nil
}

// Close closes the file that Open has opened. After Read there is nothing to close, and it returns nil.
func (f *File) Close() error {
	if f.closer == nil {
		return nil
	}
	return f.closer.Close()
}

// place checks that the data lie as the format demands: each tensor where the one before it ends, padded, and the last
// one with its padding at the end of the file.
func (f *File) place(size uint64) error {
	var at uint64
	for _, t := range f.Tensors {
		if t.Offset != at {
			return formatErrorf("tensor %s has its data at offset %d, must be at %d, where those before it end", quote(t.Name), int64(t.Offset), at)
		}
		gap, ok := padding(t.Size, f.Alignment)
		room := size - f.DataOffset - at
		if !ok || t.Size+gap > room {
			return formatErrorf("tensor %s needs %d bytes at offset %d and %d of padding, the file has %d more", quote(t.Name), t.Size, at, gap, room)
		}
		at += t.Size + gap
	}
	if rest := size - f.DataOffset - at; rest > 0 {
		return formatErrorf("byte %d: %d bytes follow the end of the data", f.DataOffset+at, rest)
	}
	return nil
}

// Tensor finds a tensor by its name.
func (f *File) Tensor(name string) (Tensor, bool) {
	i, ok := f.names[name]
	if !ok {
		return Tensor{}, false
	}
	return f.Tensors[i], true
}

// Data reads the data of a tensor of this file, in the layout of its type. It refuses NaN and infinities with ErrFormat,
// see Validate, and a tensor that is none of the file with ErrMissing.
func (f *File) Data(t Tensor) ([]byte, error) {
	known, ok := f.Tensor(t.Name)
	switch {
	case !ok || known.Type != t.Type || known.Offset != t.Offset || known.Size != t.Size:
		return nil, tagf(ErrMissing, "gguf: tensor %s of %s at offset %d is not in the file", quote(t.Name), t.Type, t.Offset)
	case t.Size > math.MaxInt:
		return nil, inFile(f.path, formatErrorf("tensor %s of %d bytes is larger than this machine can address", quote(t.Name), t.Size))
	}
	p := make([]byte, 0, min(t.Size, chunk))
	err := f.eachPart(t, func(part []byte) error {
		p = append(p, part...)
		return nil
	})
	if err != nil {
		return nil, inFile(f.path, err)
	}
	return p, nil
}

// Values reads a tensor and widens it to float32: rows of Dims[0] values, one after the other. Errors are those of Data,
// and ErrValue for a type that this package does not convert.
func (f *File) Values(t Tensor) ([]float32, error) {
	if !convertible(t.Type) {
		return nil, tagf(ErrValue, "gguf: tensor %s is %s, which cannot be converted to float32", quote(t.Name), t.Type)
	}
	p, err := f.Data(t)
	if err != nil {
		return nil, err
	}
	values := make([]float32, len(p)/t.Type.BlockBytes()*t.Type.BlockSize())
	return values, Dequantize(t.Type, values, p)
}

// eachPart reads the data of a tensor of this file in parts of whole blocks, checks them, and hands them out. The bytes
// are only good until the next part.
func (f *File) eachPart(t Tensor, each func(part []byte) error) error {
	l, _ := layoutOf(t.Type)
	step := uint64(chunk / l.bytes * l.bytes)
	buf := make([]byte, min(step, t.Size))
	for at := uint64(0); at < t.Size; at += step {
		part := buf[:min(step, t.Size-at)]
		if err := f.readAt(part, t, at); err != nil {
			return err
		}
		if i, v := l.firstBad(part); i >= 0 {
			block := at/uint64(l.bytes) + uint64(i)
			return formatErrorf("tensor %s: block %d of %s has %v, want a finite number", quote(t.Name), block, t.Type, v)
		}
		if err := each(part); err != nil {
			return err
		}
	}
	return nil
}

// Check reads the data of every tensor and the padding after it: it refuses NaN and infinities, see Validate, and
// padding that is not zero, with ErrFormat. It needs one megabyte whatever the size of the file, and ends with the error
// of ctx when that is done.
func (f *File) Check(ctx context.Context) error {
	for _, t := range f.Tensors {
		err := f.eachPart(t, func([]byte) error { return ctx.Err() })
		if err == nil {
			err = f.checkPadding(t)
		}
		if err != nil {
			return inFile(f.path, err)
		}
	}
	return nil
}

func (f *File) checkPadding(t Tensor) error {
	gap, _ := padding(t.Size, f.Alignment)
	p := make([]byte, gap)
	if err := f.readAt(p, t, t.Size); err != nil {
		return err
	}
	for i, b := range p {
		if b != 0 {
			at := f.DataOffset + t.Offset + t.Size + uint64(i)
			return formatErrorf("byte %d: the padding after tensor %s has byte %d, must be 0", at, quote(t.Name), b)
		}
	}
	return nil
}

// readAt fills p from place at of the tensor's data.
func (f *File) readAt(p []byte, t Tensor, at uint64) error {
	n, err := f.r.ReadAt(p, int64(f.DataOffset+t.Offset+at))
	switch {
	case n == len(p):
		return nil
	case err == nil || errors.Is(err, io.EOF):
		return formatErrorf("tensor %s: the file ends in its data", quote(t.Name))
	}
	return fmt.Errorf("tensor %s: %w", quote(t.Name), err)
}
