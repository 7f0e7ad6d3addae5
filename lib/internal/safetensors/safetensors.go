// Package safetensors reads and writes the safetensors container: eight bytes of header length (little-endian), a JSON
// header that names type, shape and place of every tensor, then the raw little-endian numbers. Nothing in such a file
// is ever executed. Only float32 is written; the reader hands out any type as bytes.
//
// Source: the format description of the safetensors project, version 0.4.
package safetensors

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// ErrFormat is wrapped by every error about the content of a file.
var ErrFormat = errors.New("not a valid safetensors file")

// maxHeader bounds the JSON header, as the reference reader does.
const maxHeader = 100 << 20

// Tensor is one named array.
type Tensor struct {
	Name  string
	DType string // "F32", "F16", "I64", ...
	Shape []int
	Data  []byte // little-endian, row-major
}

// File is the content of a container, tensors in the order of their data.
type File struct {
	Metadata map[string]string
	Tensors  []Tensor
}

// AddFloats appends a float32 tensor. The caller keeps len(values) equal to the product of shape.
func (f *File) AddFloats(name string, values []float32, shape ...int) {
	data := make([]byte, 0, 4*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	f.Tensors = append(f.Tensors, Tensor{Name: name, DType: "F32", Shape: shape, Data: data})
}

// Floats returns a float32 tensor by name.
func (f *File) Floats(name string) ([]float32, error) {
	i := slices.IndexFunc(f.Tensors, func(t Tensor) bool { return t.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("safetensors: there is no tensor %q", name)
	}
	t := f.Tensors[i]
	if t.DType != "F32" {
		return nil, fmt.Errorf("safetensors: tensor %q is %s, want F32", name, t.DType)
	}
	values := make([]float32, len(t.Data)/4)
	for j := range values {
		values[j] = math.Float32frombits(binary.LittleEndian.Uint32(t.Data[4*j:]))
	}
	return values, nil
}

type entry struct {
	DType   string    `json:"dtype"`
	Shape   []int     `json:"shape"`
	Offsets [2]uint64 `json:"data_offsets"`
}

// Write writes the container. The same File gives the same bytes.
func (f *File) Write(w io.Writer) error {
	header := map[string]any{}
	if len(f.Metadata) > 0 {
		header["__metadata__"] = f.Metadata
	}
	var at uint64
	for _, t := range f.Tensors {
		if _, twice := header[t.Name]; twice {
			return fmt.Errorf("safetensors: write: tensor %q is there twice", t.Name)
		}
		end := at + uint64(len(t.Data))
		header[t.Name] = entry{t.DType, slices.Concat([]int{}, t.Shape), [2]uint64{at, end}}
		at = end
	}
	text, err := json.Marshal(header) // map keys come out sorted
	if err != nil {
		return fmt.Errorf("safetensors: write: %w", err)
	}
	text = append(text, bytes.Repeat([]byte(" "), (8-len(text)%8)%8)...) // data begin at a multiple of 8
	buf := bufio.NewWriter(w)
	var length [8]byte
	binary.LittleEndian.PutUint64(length[:], uint64(len(text)))
	buf.Write(length[:])
	buf.Write(text)
	for _, t := range f.Tensors {
		buf.Write(t.Data)
	}
	return buf.Flush() // the first error of any Write above
}

// Read reads a container of the given total size. Counts and offsets in the file are checked before any use.
func Read(r io.ReaderAt, size int64) (*File, error) {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("safetensors: read: %w: %s", ErrFormat, fmt.Sprintf(format, args...))
	}
	var head [8]byte
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return nil, bad("it has %d bytes", size)
	}
	length := binary.LittleEndian.Uint64(head[:])
	if length > maxHeader || int64(length) > size-8 {
		return nil, bad("header of %d bytes in a file of %d", length, size)
	}
	text := make([]byte, length)
	if _, err := r.ReadAt(text, 8); err != nil {
		return nil, fmt.Errorf("safetensors: read header: %w", err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return nil, bad("header: %v", err)
	}
	f := &File{}
	type placed struct {
		Tensor
		from, to uint64
	}
	var list []placed
	for name, message := range raw {
		if name == "__metadata__" {
			if err := json.Unmarshal(message, &f.Metadata); err != nil {
				return nil, bad("metadata: %v", err)
			}
			continue
		}
		var e entry
		if err := json.Unmarshal(message, &e); err != nil {
			return nil, bad("tensor %q: %v", name, err)
		}
		want, err := byteSize(e)
		if err != nil {
			return nil, bad("tensor %q: %v", name, err)
		}
		if e.Offsets[0] > e.Offsets[1] || e.Offsets[1]-e.Offsets[0] != want {
			return nil, bad("tensor %q of %d bytes stands at %v", name, want, e.Offsets)
		}
		list = append(list, placed{Tensor{Name: name, DType: e.DType, Shape: e.Shape}, e.Offsets[0], e.Offsets[1]})
	}
	slices.SortFunc(list, func(a, b placed) int {
		if a.from != b.from {
			return compare(a.from, b.from)
		}
		if a.to != b.to {
			return compare(a.to, b.to)
		}
		return bytes.Compare([]byte(a.Name), []byte(b.Name))
	})
	var at uint64
	for _, p := range list {
		if p.from != at {
			return nil, bad("tensor %q begins at %d, want %d: data overlap or leave a gap", p.Name, p.from, at)
		}
		at = p.to
	}
	if at != uint64(size)-8-length {
		return nil, bad("tensors take %d bytes, the file has %d", at, uint64(size)-8-length)
	}
	for _, p := range list {
		p.Data = make([]byte, p.to-p.from)
		if _, err := r.ReadAt(p.Data, int64(8+length+p.from)); err != nil && len(p.Data) > 0 {
			return nil, fmt.Errorf("safetensors: read tensor %q: %w", p.Name, err)
		}
		f.Tensors = append(f.Tensors, p.Tensor)
	}
	return f, nil
}

func compare(a, b uint64) int {
	if a < b {
		return -1
	}
	return 1
}

// byteSize multiplies with checks; a shape of 2^40 x 2^40 must not wrap.
func byteSize(e entry) (uint64, error) {
	width, ok := map[string]uint64{"BOOL": 1, "U8": 1, "I8": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
		"I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8}[e.DType]
	if !ok {
		return 0, fmt.Errorf("unknown type %q", e.DType)
	}
	n := width
	for _, d := range e.Shape {
		if d < 0 || (d > 0 && n > math.MaxInt64/uint64(d)) {
			return 0, fmt.Errorf("shape %v", e.Shape)
		}
		n *= uint64(d)
	}
	return n, nil
}
