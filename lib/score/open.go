package score

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/jamba-threat/jamba/lib/gguf"
	"github.com/jamba-threat/jamba/lib/internal/modelfile"
	"github.com/jamba-threat/jamba/lib/internal/simd"
)

// ErrModel is wrapped by the errors about a valid GGUF file that holds no model of this library, or one that contradicts
// itself.
var ErrModel = modelfile.ErrModel

// Options say how to open a model. The zero value is the default.
type Options struct {
	// ISA is the instruction set to compute with: "portable", "avx2" or "avx512". "" means what the environment variable
	// JAMBA_SIMD says, else the best one of this machine. One that the machine lacks is an error.
	ISA string
}

// Open opens the model file at path and reads all of it; nothing stays open. A file that is not valid GGUF, or no model of
// this library (ErrModel), is one error that says where.
func Open(path string) (*Model, error) { return Options{}.Open(path) }

// OpenReader opens a model file of size bytes. r is not used after it returns.
func OpenReader(r io.ReaderAt, size int64) (*Model, error) { return Options{}.OpenReader(r, size) }

// OpenFS opens a model file of a file system, for example one that is embedded in the program.
func OpenFS(fsys fs.FS, name string) (*Model, error) { return Options{}.OpenFS(fsys, name) }

// Open is the function Open with these options.
func (o Options) Open(path string) (*Model, error) {
	f, err := gguf.Open(path)
	if err != nil {
		return nil, fmt.Errorf("score: open: %w", err)
	}
	defer f.Close()
	m, err := o.open(f)
	if err != nil {
		return nil, fmt.Errorf("score: open %s: %w", path, err)
	}
	return m, nil
}

// OpenReader is the function OpenReader with these options.
func (o Options) OpenReader(r io.ReaderAt, size int64) (*Model, error) {
	f, err := gguf.Read(r, size)
	if err != nil {
		return nil, fmt.Errorf("score: open: %w", err)
	}
	m, err := o.open(f)
	if err != nil {
		return nil, fmt.Errorf("score: open: %w", err)
	}
	return m, nil
}

// OpenFS is the function OpenFS with these options.
func (o Options) OpenFS(fsys fs.FS, name string) (*Model, error) {
	file, err := fsys.Open(name)
	if err != nil {
		return nil, fmt.Errorf("score: open: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("score: open: %w", err)
	}
	if r, ok := file.(io.ReaderAt); ok {
		return o.OpenReader(r, info.Size())
	}
	text, err := io.ReadAll(file) // a file system that compresses, for example
	if err != nil {
		return nil, fmt.Errorf("score: open: %w", err)
	}
	return o.OpenReader(bytes.NewReader(text), int64(len(text)))
}

func (o Options) open(f *gguf.File) (*Model, error) {
	isa, err := o.isa()
	if err != nil {
		return nil, err
	}
	variant, err := modelfile.Variant(f)
	if err != nil {
		return nil, err
	}
	var m *Model
	if variant == modelfile.Original {
		m, err = originalModel(f)
	} else {
		var content *modelfile.Model
		if content, err = modelfile.Decode(f); err == nil {
			m, err = nativeModel(content, isa)
		}
	}
	if err != nil {
		return nil, err
	}
	m.info.Encoding = modelfile.Encoding(f)
	return m, nil
}

// isa settles the instruction set.
func (o Options) isa() (simd.ISA, error) {
	name, from := o.ISA, "Options.ISA"
	if name == "" {
		name, from = os.Getenv("JAMBA_SIMD"), "JAMBA_SIMD"
	}
	if name == "" {
		return simd.Best(), nil
	}
	isa, err := simd.ParseISA(name)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", from, err)
	}
	return isa, nil
}
