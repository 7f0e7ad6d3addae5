package data

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
)

// Validate checks that the schema does not contradict itself. Readers call it; a program that takes schemas from users
// calls it earlier to fail sooner.
func (s Schema) Validate() error {
	if s.BadCell != "" && s.BadCell != BadCellError && s.BadCell != BadCellMissing {
		return schemaErrorf("schema: bad_cell %q is unknown: give %q or %q", clip(s.BadCell), BadCellError, BadCellMissing)
	}
	if d := s.Delimiter; d != "" && (len(d) != 1 || d[0] >= 0x80 || d[0] == '"' || d[0] == '\n' || d[0] == '\r' || d[0] == 0) {
		return schemaErrorf("schema: delimiter %q must be one ASCII character other than a quote or a line end", clip(d))
	}
	if s.Multiclass && (len(s.Positive) > 0 || len(s.Negative) > 0) {
		return schemaErrorf("schema: multiclass keeps every label value as a class, so it excludes positive and negative")
	}
	if both := common(s.Positive, s.Negative, canonicalLabel); both != "" {
		return schemaErrorf("schema: label value %q is listed as positive and as negative", clip(both))
	}
	same := func(name string) string { return name }
	if both := common(s.Numeric, s.Categorical, same); both != "" {
		return schemaErrorf("schema: column %q is listed as numeric and as categorical", clip(both))
	}
	if s.Time != "" && (s.Time == s.Label || s.Time == s.Family || s.Time == s.Group) {
		return schemaErrorf("schema: the time column %q is also the label, family or group", clip(s.Time))
	}
	if name := repeated(s.Header); name != "" {
		return schemaErrorf("schema: header names column %q twice", clip(name))
	}
	var names []string
	for _, c := range s.Columns {
		if c.Kind > Categorical {
			return schemaErrorf("schema: column %q has the unknown kind %v", clip(c.Name), c.Kind)
		}
		names = append(names, c.Name)
	}
	if name := repeated(names); name != "" {
		return schemaErrorf("schema: columns name %q twice", clip(name))
	}
	for _, name := range slices.Concat(names, s.Numeric, s.Categorical) {
		if role := s.role(name); role != "" {
			return schemaErrorf("schema: column %q is the %s and cannot be a feature too", clip(name), role)
		}
	}
	return nil
}

// role returns what the schema uses the column for other than as a feature, or "".
func (s Schema) role(name string) string {
	switch {
	case name == "":
		return ""
	case name == s.Label:
		return "label"
	case name == s.Family:
		return "family"
	case name == s.Group:
		return "group"
	case name == s.Time:
		return "time"
	}
	return ""
}

// clone returns a schema that shares no slice with s.
func (s Schema) clone() Schema {
	for _, list := range []*[]string{&s.Positive, &s.Negative, &s.Drop, &s.Header, &s.Numeric, &s.Categorical, &s.Missing} {
		*list = slices.Clone(*list)
	}
	s.Columns = slices.Clone(s.Columns)
	return s
}

// DecodeSchema reads one JSON object and validates it. A key that no Schema has, a value of the wrong type or anything
// after the object is an error, so that a misspelt key cannot be ignored.
func DecodeSchema(r io.Reader) (Schema, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return Schema{}, schemaErrorf("schema: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var s Schema
	if err := dec.Decode(&s); err != nil {
		return Schema{}, schemaErrorf("schema: line %d: %w", 1+bytes.Count(text[:jsonOffset(err, dec)], []byte("\n")), err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Schema{}, schemaErrorf("schema: line %d: text after the schema", 1+bytes.Count(text[:dec.InputOffset()], []byte("\n")))
	}
	return s, s.Validate()
}

// jsonOffset returns how far the decoder had come when it failed.
func jsonOffset(err error, dec *json.Decoder) int64 {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return max(0, syntax.Offset-1) // the offset is after the offending byte
	case errors.As(err, &kind):
		return kind.Offset
	}
	return dec.InputOffset()
}

// common returns an element that both lists hold, compared by key, or "".
func common(a, b []string, key func(string) string) string {
	seen := make(map[string]bool, len(a))
	for _, v := range a {
		seen[key(v)] = true
	}
	for _, v := range b {
		if seen[key(v)] {
			return v
		}
	}
	return ""
}

// repeated returns a name that occurs twice, or "".
func repeated(names []string) string {
	seen := make(map[string]bool, len(names))
	for _, n := range names {
		if seen[n] {
			return n
		}
		seen[n] = true
	}
	return ""
}
