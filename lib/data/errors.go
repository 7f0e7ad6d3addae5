package data

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// ErrSchema marks an error about what a file or table holds as against what its Schema (or the caller) asks for:
// columns that are missing or named twice, label values that are no class, a split that the rows do not allow.
var ErrSchema = errors.New("data: schema")

// ErrFormat marks an error about a file that is not what its name says: damaged, cut off, ragged, in another encoding.
var ErrFormat = errors.New("data: format")

// Causes of a CellError, for errors.Is.
var (
	ErrNumber = errors.New("is not a number")
	ErrRange  = errors.New("is too large for a 32-bit float")
	ErrTime   = errors.New("is not a time")
)

// CellError is a cell that does not parse as the kind of its column.
type CellError struct {
	File   string // the path, or the name given to ParseCSV
	Line   int    // 1-based line of the file; for Parquet, NPZ and data frames, which have no lines, the 1-based row
	Column int    // 1-based position of the field in its line
	Name   string // the column
	Value  string // the text of the cell, clipped when it is long
	Err    error  // ErrNumber, ErrRange or ErrTime
	rows   bool   // Line counts rows
}

// Error says where the cell is, what it holds and what to do about it.
func (e *CellError) Error() string {
	place := fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Column)
	if e.rows {
		place = fmt.Sprintf("%s: row %d", e.File, e.Line)
	}
	return fmt.Sprintf("data: read: %s: column %q: %q %v; %s", place, e.Name, e.Value, e.Err, e.hint())
}

// hint names the ways out.
func (e *CellError) hint() string {
	lenient := `or set the schema's bad_cell to "missing"`
	switch {
	case errors.Is(e.Err, ErrRange):
		return "correct it, " + lenient
	case errors.Is(e.Err, ErrTime):
		return "give RFC 3339, 2006-01-02 15:04:05 or Unix seconds or milliseconds, " + lenient
	case e.Value == "-":
		return `if it stands for no value, list it in the schema's missing words, ` + lenient
	default:
		return "if the column holds names, list it in the schema's categorical columns; otherwise correct the cell, " + lenient
	}
}

// Unwrap returns the cause.
func (e *CellError) Unwrap() error { return e.Err }

// taggedError is a message with a sentinel that errors.Is finds without it being spelled out in the text.
type taggedError struct {
	tag, err error
}

func (e *taggedError) Error() string   { return e.err.Error() }
func (e *taggedError) Unwrap() []error { return []error{e.tag, e.err} }

func schemaErrorf(format string, args ...any) error {
	return &taggedError{ErrSchema, fmt.Errorf("data: "+format, args...)}
}

func formatErrorf(format string, args ...any) error {
	return &taggedError{ErrFormat, fmt.Errorf("data: read: "+format, args...)}
}

// clipBytes is how much of a value goes into a message.
const clipBytes = 40

// clip shortens a value for a message, at a character boundary.
func clip(s string) string {
	if len(s) <= clipBytes {
		return strings.ToValidUTF8(s, "\uFFFD")
	}
	n := clipBytes
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return strings.ToValidUTF8(s[:n], "\uFFFD") + "…"
}

// quoteList writes names for a message: quoted, at most limit of them.
func quoteList(names []string, limit int) string {
	var b strings.Builder
	for i, n := range names {
		if i == limit {
			fmt.Fprintf(&b, " and %d more", len(names)-limit)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", clip(n))
	}
	return b.String()
}
