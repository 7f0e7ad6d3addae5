package gguf

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// quantizationVersion is the version of the block layouts, which a file with quantised tensors must state.
const quantizationVersion = 2

// TensorData is a tensor to be written: Data holds its blocks, Dims[0] is contiguous (see Tensor).
type TensorData struct {
	Name string
	Type Type
	Dims []uint64
	Data []byte
}

// Write writes a file: version 3, little-endian, alignment 32, keys and tensors in the order given. The same arguments
// give the same bytes, and they are those that ggml's own writer, or that of the Python package gguf, gives for what it
// has read from the file.
//
// It checks everything before the first byte. Errors are ErrValue with the key or tensor, or those of w:
//   - the first key must be general.architecture, a string of a-z and 0-9 (the Python writer puts it first); keys are
//     segments of a-z, 0-9 and _ joined by dots, at most 65535 bytes, and unique
//   - general.quantization_version must be uint32(2) when a tensor is quantised; general.file_type a uint32;
//     general.alignment must not be there, since ggml's writer ignores it
//   - no empty arrays (Python cannot read their type); strings are UTF-8 without NUL; at most 2^30 elements or bytes
//   - tensor names are unique, UTF-8 without NUL, 1 to 63 bytes; shapes have 1 to 4 dimensions of at least 1, and do not
//     end in 1 unless that is all (ggml drops it); rows are whole blocks; Data has the size that shape and type give
//   - weights and scales are finite; integers and types that this package does not convert are refused
func Write(w io.Writer, kvs []KV, tensors []TensorData) error {
	if err := checkKVs(kvs, tensors); err != nil {
		return err
	}
	if err := checkTensors(tensors); err != nil {
		return err
	}
	o := &output{w: bufio.NewWriterSize(w, 1<<16)}
	o.header(kvs, tensors)
	for _, t := range tensors {
		o.bytes(t.Data)
		o.pad()
	}
	if o.err != nil {
		return o.err
	}
	if err := o.w.Flush(); err != nil { // the first error of any write before
		return fmt.Errorf("gguf: write: %w", err)
	}
	return nil
}

// output writes the pieces of a file. Errors stay in the buffered writer until Flush.
type output struct {
	w   *bufio.Writer
	at  uint64
	err error // of a value that could not be encoded
}

func (o *output) bytes(p []byte) {
	_, _ = o.w.Write(p)
	o.at += uint64(len(p))
}

func (o *output) u32(v uint32) { o.bytes(binary.LittleEndian.AppendUint32(nil, v)) }
func (o *output) u64(v uint64) { o.bytes(binary.LittleEndian.AppendUint64(nil, v)) }

func (o *output) text(s string) {
	o.u64(uint64(len(s)))
	_, _ = o.w.WriteString(s)
	o.at += uint64(len(s))
}

func (o *output) pad() {
	gap, _ := padding(o.at, defaultAlignment)
	o.bytes(make([]byte, gap))
}

func (o *output) header(kvs []KV, tensors []TensorData) {
	o.bytes([]byte(magic))
	o.u32(version)
	o.u64(uint64(len(tensors)))
	o.u64(uint64(len(kvs)))
	for _, kv := range kvs {
		o.text(kv.Key)
		o.value(kv.Value)
	}
	var offset uint64
	for _, t := range tensors {
		o.text(t.Name)
		o.u32(uint32(len(t.Dims)))
		for _, d := range t.Dims {
			o.u64(d)
		}
		o.u32(uint32(t.Type))
		o.u64(offset)
		size := uint64(len(t.Data))
		gap, _ := padding(size, defaultAlignment)
		offset += size + gap
	}
	o.pad()
}

// value writes type and value; checkKVs has found that the format has the type.
func (o *output) value(value any) {
	t, elem, n, _ := TypeOf(value)
	o.u32(uint32(t))
	if t == Array {
		o.u32(uint32(elem))
		o.u64(uint64(n))
	}
	switch v := value.(type) {
	case string:
		o.text(v)
	case []string:
		for _, s := range v {
			o.text(s)
		}
	case []uint8:
		o.bytes(v)
	default:
		// Numbers, bools and slices of them: encoding/binary writes what the format wants, a bool as one byte.
		p, err := binary.Append(make([]byte, 0, min(uint64(n)*elem.width(), math.MaxInt32)), binary.LittleEndian, value)
		if err != nil { // not for any type that TypeOf allows
			o.err = valueErrorf("%s: %w", describe(value), err)
		}
		o.bytes(p)
	}
}
