package cli

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/jamba-threat/jamba/lib/track"
)

// printJSON writes a value to standard output as indented JSON.
func (a *app) printJSON(v any) error { return encodeJSON(a.Stdout, v) }

// writeJSON replaces a file by a value as indented JSON, atomically.
func writeJSON(path string, v any) error {
	return track.AtomicWrite(path, func(w io.Writer) error { return encodeJSON(w, v) })
}

func encodeJSON(w io.Writer, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	_, err = w.Write(append(text, '\n'))
	return err
}
