package export

import (
	"fmt"
	"io"

	"github.com/jamba-threat/jamba/lib/gguf"
	"github.com/jamba-threat/jamba/lib/internal/modelfile"
)

// Mix is a recipe for the types of the tensors.
type Mix = gguf.Mix

// The mixes, most exact first. See gguf.Mix for their rules.
const (
	F32    = gguf.MixF32
	BF16   = gguf.MixBF16
	F16    = gguf.MixF16
	Q8_0   = gguf.MixQ8_0
	Q5_K_M = gguf.MixQ5_K_M
	Q4_K_M = gguf.MixQ4_K_M
)

// Write writes a trained network to w.
func Write(w io.Writer, s Source, mix Mix) (*Summary, error) {
	m, err := s.model()
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return writeModel(w, m, mix)
}

// Convert writes the network of a model file with other types. A source that is quantised already would lose twice, so that
// only f32 files are taken.
func Convert(w io.Writer, f *gguf.File, mix Mix) (*Summary, error) {
	m, err := modelfile.Decode(f)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	for _, t := range f.Tensors {
		if t.Type != gguf.F32 {
			return nil, fmt.Errorf("export: tensor %q is stored as %v: convert the f32 file or the run directory instead, what is rounded twice loses twice", t.Name, t.Type)
		}
	}
	return writeModel(w, m, mix)
}

func writeModel(w io.Writer, m *modelfile.Model, mix Mix) (*Summary, error) {
	kvs, list, err := modelfile.Encode(m)
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	tensors := make([]Tensor, len(list))
	for i, t := range list {
		tensors[i] = Tensor{Name: t.Name, Dims: t.NE(), Values: t.Values}
	}
	return WriteTensors(w, kvs, tensors, mix)
}

// Tensor is a tensor in float32. Dims[0] is contiguous.
type Tensor struct {
	Name   string
	Dims   []uint64
	Values []float32
}

// WriteTensors writes any model: keys, and tensors in the types that the mix gives them. It adds the keys about the types
// (general.file_type, general.quantization_version). Errors name the tensor or key.
func WriteTensors(w io.Writer, kvs []gguf.KV, tensors []Tensor, mix Mix) (*Summary, error) {
	if _, err := gguf.ParseMix(mix.String()); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	table := make([]gguf.Tensor, len(tensors))
	for i, t := range tensors {
		table[i] = gguf.Tensor{Name: t.Name, Dims: t.Dims}
	}
	s := &Summary{Mix: mix}
	data := make([]gguf.TensorData, len(tensors))
	quantised := false
	for i, choice := range mix.Plan(table) {
		t := tensors[i]
		blocks, err := quantise(t, choice.Type)
		if err != nil {
			return nil, fmt.Errorf("export: tensor %q as %v: %w", t.Name, choice.Type, err)
		}
		data[i] = gguf.TensorData{Name: t.Name, Type: choice.Type, Dims: t.Dims, Data: blocks}
		quantised = quantised || choice.Type.Quantized()
		s.Tensors = append(s.Tensors, Choice{Name: t.Name, Shape: t.Dims, Type: choice.Type, FellBack: choice.FellBack(),
			Weights: uint64(len(t.Values)), Bytes: uint64(len(blocks))})
		s.Data += (int64(len(blocks)) + alignment - 1) / alignment * alignment
	}
	all := append(append([]gguf.KV(nil), kvs...), modelfile.FileKeys(mix.FileType(), quantised)...)
	count := &counter{w: w}
	if err := gguf.Write(count, all, data); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	s.Bytes = count.n
	return s, nil
}

// alignment of tensors in the files that package gguf writes.
const alignment = 32

// quantise converts a tensor row by row: rows never share a block.
func quantise(t Tensor, typ gguf.Type) ([]byte, error) {
	width := int(t.Dims[0])
	bytes, err := gguf.RowBytes(typ, width)
	if err != nil {
		return nil, err
	}
	if width < 1 || len(t.Values)%width != 0 {
		return nil, fmt.Errorf("%d values do not fill rows of %d", len(t.Values), width)
	}
	rows := len(t.Values) / width
	out := make([]byte, rows*bytes)
	for r := range rows {
		if err := gguf.Quantize(typ, out[r*bytes:(r+1)*bytes], t.Values[r*width:(r+1)*width]); err != nil {
			return nil, fmt.Errorf("row %d: %w", r, err)
		}
	}
	return out, nil
}

// counter counts what passes.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
