// Package torchfile reads the tensors of a PyTorch checkpoint without Python and without executing anything.
//
// Three containers are read, told apart by their first bytes: the zip archive that torch.save writes (data.pkl beside one
// stored entry per storage), the older stream of five pickles followed by raw storages, and safetensors. Pickles run on a
// small machine that knows the operations torch.save emits and a closed list of names (see objects.go); any other name
// is refused when it is mentioned, before it could be called.
//
// Memory is bounded by the size of the file: nothing in it may be compressed, every count is compared with the bytes that
// are there before anything is allocated, and tensors that share or repeat their storage count against one budget.
//
// Source: the behaviour of torch.save in PyTorch 0.4 to 2.15, and Python's pickletools for the operations.
package torchfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/jamba-threat/jamba/lib/internal/safetensors"
)

// ErrFormat is wrapped by errors about a file that is damaged or is not a checkpoint.
var ErrFormat = errors.New("not a PyTorch checkpoint that can be read")

// ErrRefused is wrapped by errors about a pickle that asks for something outside the list. Nothing of it was executed.
var ErrRefused = errors.New("refused")

// maxFile bounds what is read into memory. The largest network of the original project has 10 MB.
const maxFile = 1 << 30

// Tensor is one named array of a model's state, contiguous and row-major whatever its layout in the file was.
type Tensor struct {
	Name  string
	Shape []int     // empty for a single number
	Data  []float32 // integers and booleans are converted too
	DType string    // the type in the file: "float32", "bfloat16", "int64", ...
}

// Checkpoint is what a file holds, as plain values.
type Checkpoint struct {
	Container string         // "zip", "legacy" or "safetensors"
	Key       string         // where the state was: "model_state_dict", "checkpoint.model"; "" when the file is the state itself
	Tensors   []Tensor       // in the order of the file, without the prefixes of wrappers (DataParallel, torch.compile)
	Meta      map[string]any // the other entries: nil, bool, int64, float64, string, []byte, []any, map[string]any
	Omitted   []string       // entries that are not in Meta because they hold tensors or are too large: optimizer states
}

// Read reads a checkpoint of the given total size.
//
// Errors wrap ErrFormat or ErrRefused, or come from r. It does not panic, whatever the bytes are.
func Read(r io.ReaderAt, size int64) (*Checkpoint, error) {
	c, err := read(r, size)
	if err != nil {
		return nil, fmt.Errorf("torchfile: read: %w", err)
	}
	return c, nil
}

func read(r io.ReaderAt, size int64) (*Checkpoint, error) {
	if size > maxFile {
		return nil, fmt.Errorf("%w: it has %d bytes, the limit is %d", ErrFormat, size, maxFile)
	}
	raw, err := io.ReadAll(io.NewSectionReader(r, 0, size))
	if err != nil {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(raw, []byte("PK\x03\x04")):
		return readZip(raw)
	case bytes.HasPrefix(raw, []byte{opProto}):
		return readLegacy(raw)
	case len(raw) > 262 && string(raw[257:262]) == "ustar":
		return nil, fmt.Errorf("%w: it is a tar archive of PyTorch before 0.1.10: load and save it with a newer version", ErrFormat)
	case len(raw) > 8 && binary.LittleEndian.Uint64(raw) <= uint64(len(raw)-8) && raw[8] == '{':
		return readSafetensors(raw)
	}
	return nil, fmt.Errorf("%w: its first bytes are neither a zip archive, nor a pickle, nor a safetensors header: % x",
		ErrFormat, raw[:min(len(raw), 8)])
}

// readSafetensors converts the tensors of a safetensors file; its metadata are strings by definition.
func readSafetensors(raw []byte) (*Checkpoint, error) {
	file, err := safetensors.Read(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	c := &Checkpoint{Container: "safetensors", Meta: map[string]any{}}
	for key, text := range file.Metadata {
		c.Meta[key] = text
	}
	for _, t := range file.Tensors {
		kind, known := safetensorsKind(t.DType)
		if !known {
			return nil, fmt.Errorf("%w: tensor %q has numbers of type %s, which have no use in this model", ErrFormat, t.Name, t.DType)
		}
		values := make([]float32, len(t.Data)/kind.size)
		for i := range values {
			values[i] = kind.decode(binary.LittleEndian, t.Data[i*kind.size:])
		}
		c.Tensors = append(c.Tensors, Tensor{Name: t.Name, Shape: append([]int{}, t.Shape...), Data: values, DType: kind.name})
	}
	if len(c.Tensors) == 0 {
		return nil, fmt.Errorf("%w: it holds no tensors", ErrFormat)
	}
	stripWrappers(c.Tensors)
	return c, nil
}
