package track

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// readJSON decodes the one JSON value in a file. The standard errors say a byte offset; a person wants line and column.
func readJSON(path string, v any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("track: read: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	err = dec.Decode(v)
	if err == nil {
		if _, more := dec.Token(); more == io.EOF {
			return nil
		}
		return fmt.Errorf("track: read %s: text after the end of the JSON value", position(path, text, dec.InputOffset()))
	}
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("track: read %s: %s", position(path, text, syntax.Offset), plain(err))
	case errors.As(err, &kind):
		return fmt.Errorf("track: read %s: %q is a JSON %s, want %s", position(path, text, kind.Offset), kind.Field, kind.Value, kind.Type)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("track: read %s: the file ends early (%d bytes): it is damaged", path, len(text))
	}
	return fmt.Errorf("track: read %s: %s", path, plain(err))
}

// position is file:line:column of a byte offset, counting from 1.
func position(path string, text []byte, offset int64) string {
	before := text[:min(max(offset-1, 0), int64(len(text)))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Sprintf("%s:%d:%d", path, line, column)
}

func plain(err error) string { return strings.TrimPrefix(err.Error(), "json: ") }
