package cli

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/jamba-threat/jamba/lib/export"
	"github.com/jamba-threat/jamba/lib/gguf"
	"github.com/jamba-threat/jamba/lib/original"
)

// fileSource is a model file in f32.
type fileSource struct {
	file  *gguf.File
	about export.Info
}

func (c *conversion) openGGUF() (source, error) {
	f, err := gguf.Open(c.input)
	if err != nil {
		return nil, inputError(fmt.Errorf("convert: %w", err))
	}
	if c.name == "" {
		if name, err := f.String("general.name"); err == nil {
			c.info.Name = name
		}
	}
	version, _ := f.String("general.version")
	c.info.Version = cmp.Or(c.info.Version, version, "1.0.0")
	return &fileSource{f, c.info}, nil
}

func (s *fileSource) info() export.Info { return s.about }
func (s *fileSource) close()            { _ = s.file.Close() }

func (s *fileSource) write(w io.Writer, mix export.Mix) (*export.Summary, error) {
	summary, err := export.Convert(w, s.file, mix)
	return summary, inputError(err)
}

// checkpointSource is a PyTorch checkpoint of the Python project.
type checkpointSource struct {
	kvs     []gguf.KV
	tensors []export.Tensor
	about   export.Info
}

func (c *conversion) openCheckpoint(size int64) (source, error) {
	names, err := featureNames(c.columns)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(c.input)
	if err != nil {
		return nil, inputError(fmt.Errorf("convert: %w", err))
	}
	defer f.Close()
	net, err := original.Import(f, size, names)
	if err != nil {
		return nil, withHint(inputError(fmt.Errorf("convert: %s: %w", c.input, err)),
			"checkpoints of these networks can be read: %s; any other detector is a run directory of jamba train", strings.Join(original.Layouts(), ", "))
	}
	c.info.Version = cmp.Or(c.info.Version, "1.0.0")
	c.app.note("%s: %v", c.input, net)
	if len(names) == 0 && net.Features()[0] == "f0" {
		c.app.note("the checkpoint does not name its inputs: they are f0, f1, ... (--features names them)")
	}
	weights := uint64(net.Parameters())
	kvs, list := net.Encode(original.Info{Name: c.info.Name, BaseName: export.BaseName(c.info.Name), Version: c.info.Version,
		Description: c.info.Description, License: c.info.License, SizeLabel: gguf.SizeLabel(weights)})
	s := &checkpointSource{kvs: kvs, about: c.info}
	for _, t := range list {
		s.tensors = append(s.tensors, export.Tensor{Name: t.Name, Dims: t.Dims(), Values: t.Data})
	}
	return s, nil
}

func (s *checkpointSource) info() export.Info { return s.about }
func (s *checkpointSource) close()            {}

func (s *checkpointSource) write(w io.Writer, mix export.Mix) (*export.Summary, error) {
	summary, err := export.WriteTensors(w, s.kvs, s.tensors, mix)
	return summary, inputError(err)
}

// featureNames returns the names given by --features: themselves, or the lines of the one file that is named.
func featureNames(given []string) ([]string, error) {
	if len(given) != 1 {
		return given, nil
	}
	text, err := os.ReadFile(given[0])
	if os.IsNotExist(err) {
		return given, nil // the one name of a network with one input
	}
	if err != nil {
		return nil, inputError(fmt.Errorf("convert: --features: %w", err))
	}
	var names []string
	for line := range strings.Lines(string(bytes.TrimPrefix(text, []byte("\ufeff")))) {
		if name := strings.TrimSpace(line); name != "" {
			names = append(names, name)
		}
	}
	return names, nil
}
