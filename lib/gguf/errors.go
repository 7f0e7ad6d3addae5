package gguf

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// Reasons of errors; test with errors.Is.
var (
	// ErrFormat: the file is not valid GGUF, or its data hold NaN, infinities or invalid scales. The message says where.
	ErrFormat = errors.New("not a valid GGUF file")
	// ErrMissing: the file has no such key or tensor.
	ErrMissing = errors.New("is missing")
	// ErrType: a key has a value of another type than asked for, or one that does not fit it.
	ErrType = errors.New("has another type")
	// ErrValue: weights, keys or tensors that cannot be quantised or written. The message names the thing.
	ErrValue = errors.New("cannot be stored")
)

// tagged is a message with a reason that errors.Is finds without it being spelled out in the text.
type tagged struct {
	tag, err error
}

func (e *tagged) Error() string   { return e.err.Error() }
func (e *tagged) Unwrap() []error { return []error{e.tag, e.err} }

func tagf(tag error, format string, args ...any) error {
	return &tagged{tag, fmt.Errorf(format, args...)}
}

// clipBytes is how much of a name from a file goes into a message.
const clipBytes = 64

// quote writes a name of a file for a message: one line, no control characters, clipped when it is long.
func quote(s string) string {
	if len(s) <= clipBytes {
		return strconv.Quote(s)
	}
	n := clipBytes
	for n > clipBytes-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return strconv.Quote(s[:n]) + "..."
}

// formatErrorf describes a fault of a file; the public functions say which file with inFile.
func formatErrorf(format string, args ...any) error { return tagf(ErrFormat, format, args...) }

// inFile completes an error of reading: path is that of the file, "" when it has none. nil stays nil.
func inFile(path string, err error) error {
	switch {
	case err == nil:
		return nil
	case path == "":
		return fmt.Errorf("gguf: read: %w", err)
	}
	return fmt.Errorf("gguf: read %s: %w", path, err)
}
