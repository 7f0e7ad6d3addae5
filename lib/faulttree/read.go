package faulttree

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// maxFile bounds a model file after decompression, so that a few bytes of gzip cannot fill the memory.
const maxFile = 256 << 20

// Read reads a model file and validates it. XML is taken for the Open-PSA Model Exchange Format, everything else for the
// text form of this package (YAML or JSON); a file may be compressed with gzip. Every fault is named with file, line and
// column; all wrap [ErrModel] unless the file itself cannot be read.
func Read(path string) (*Model, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("faulttree: read: %w", err)
	}
	defer file.Close()
	if info, err := file.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("faulttree: read %s: it is a folder, name a model file in it", path)
	}
	return Parse(file, path)
}

// Parse reads a model from r as [Read] does. name stands for the file in messages.
func Parse(r io.Reader, name string) (*Model, error) {
	buffered := bufio.NewReader(r)
	if magic, _ := buffered.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		unzipped, err := gzip.NewReader(buffered)
		if err != nil {
			return nil, fmt.Errorf("faulttree: read %s: %w", name, err)
		}
		buffered = bufio.NewReader(unzipped)
	}
	text, err := io.ReadAll(io.LimitReader(buffered, maxFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("faulttree: read %s: %w", name, err)
	case len(text) > maxFile:
		return nil, fmt.Errorf("faulttree: read %s: more than %d MB: %w", name, maxFile>>20, ErrModel)
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	start := bytes.TrimLeft(text, " \t\r\n")
	var m *Model
	switch {
	case len(start) == 0:
		return nil, &ModelError{Pos{File: name}, "the file is empty"}
	case start[0] == '<':
		root, err := parseXML(bytes.NewReader(text), name)
		if err != nil {
			return nil, err
		}
		m, err = readMEF(root)
		if err != nil {
			return nil, err
		}
	default:
		if m, err = readText(text, name); err != nil {
			return nil, err
		}
	}
	if m.Name == "" {
		m.Name, _, _ = strings.Cut(filepath.Base(name), ".")
	}
	if err := m.Validate(); err != nil {
		return nil, withFile(err, name)
	}
	return m, nil
}

// withFile adds the file to the faults of a validation that have no place of their own.
func withFile(err error, name string) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return err
	}
	for _, one := range joined.Unwrap() {
		var fault *ModelError
		if errors.As(one, &fault) && fault.Pos.File == "" {
			fault.Pos.File = name
		}
	}
	return err
}

// isJSON reports whether text looks like JSON rather than YAML.
func isJSON(name string, text []byte) bool {
	return strings.HasSuffix(name, ".json") || bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{"))
}
