package data

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Write writes a table to a file in the format of its extension: .csv, .txt, .tsv (each also with .gz or .zst),
// .parquet or .npz. Reading the file with t.Schema gives the same table: the same Fingerprint.
//
// The file appears under its name only when it is complete: it is written beside it, synced and renamed, so that an
// error (a full disk) leaves what was there before.
func Write(path string, t *Table) error {
	write, err := writerFor(path)
	if err != nil {
		return err
	}
	if err := writeFile(path, func(w io.Writer) error { return write(w, t) }); err != nil {
		return fmt.Errorf("data: write %s: %w", path, err)
	}
	return nil
}

// writerFor chooses the format by extension.
func writerFor(path string) (func(io.Writer, *Table) error, error) {
	plain := trimCompression(path)
	switch ext := filepath.Ext(plain); {
	case ext == ".csv" || ext == ".txt" || ext == ".tsv":
		delim := byte(',')
		if ext == ".tsv" {
			delim = '\t'
		}
		return func(w io.Writer, t *Table) error {
			return compress(w, filepath.Ext(strings.ToLower(path)), func(w io.Writer) error { return writeText(w, t, delim) })
		}, nil
	case plain == strings.ToLower(path) && ext == ".parquet":
		return WriteParquet, nil
	case plain == strings.ToLower(path) && ext == ".npz":
		return WriteNPZ, nil
	}
	return nil, fmt.Errorf("data: write %s: the extension is unknown; give .csv, .txt or .tsv (also with .gz or .zst), .parquet or .npz", path)
}

// compress lets write write through the compression of the extension.
func compress(w io.Writer, ext string, write func(io.Writer) error) error {
	var z io.WriteCloser
	switch ext {
	case ".gz":
		z = gzip.NewWriter(w)
	case ".zst":
		enc, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return err
		}
		z = enc
	default:
		return write(w)
	}
	if err := write(z); err != nil {
		z.Close()
		return err
	}
	return z.Close()
}

// writeFile creates path with what write writes, or leaves everything as it was.
func writeFile(path string, write func(io.Writer) error) (err error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return errors.New("it is a folder; name a file in it")
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			file.Close()
			os.Remove(file.Name())
		}
	}()
	if err := write(file); err != nil {
		return err
	}
	if err := file.Chmod(0o644); err != nil { // a temporary file is private, a data file is not
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// textColumn is a text column of a table as writers see it.
type textColumn struct {
	name string
	code []int32
	dict []string
}

// roleColumns returns the columns of a table that are not features: label (as the texts that the schema reads back as
// the same classes), family, group. A role whose column the schema does not name gets the name of the role.
func (t *Table) roleColumns() (label *textColumn, others []textColumn, err error) {
	s := &t.Schema
	name := func(given, role string) string {
		if given == "" {
			return role
		}
		return given
	}
	seen := make(map[string]bool)
	for _, c := range t.Columns {
		if seen[c.Name] {
			return nil, nil, schemaErrorf("write: the table has two columns named %q", clip(c.Name))
		}
		seen[c.Name] = true
	}
	add := func(c textColumn) error {
		if seen[c.name] {
			return schemaErrorf("write: two columns would be named %q; name the label, family, group and time in the table's schema", clip(c.name))
		}
		seen[c.name] = true
		others = append(others, c)
		return nil
	}
	if t.Family != nil {
		err = add(textColumn{name(s.Family, "family"), t.Family, t.Families})
	}
	if t.Group != nil && err == nil && (t.Family == nil || s.Group == "" || s.Group != s.Family) {
		err = add(textColumn{name(s.Group, "group"), t.Group, t.Groups})
	}
	if t.Label != nil && err == nil {
		label = &textColumn{name(s.Label, "label"), t.Label, t.labelTexts()}
		switch {
		case t.Family != nil && s.Label != "" && s.Label == s.Family, t.Group != nil && s.Label != "" && s.Label == s.Group:
			// The column is written already, with the texts from which the classes were made.
		default:
			err = add(*label)
		}
	}
	if t.Time != nil && err == nil {
		if seen[t.timeName()] {
			err = schemaErrorf("write: two columns would be named %q; name the time in the table's schema", t.timeName())
		}
	}
	return label, others, err
}

// timeName is the name of the time column in a file.
func (t *Table) timeName() string {
	if t.Schema.Time == "" {
		return "timestamp"
	}
	return t.Schema.Time
}

// labelTexts returns the text of each class that the schema reads back as that class.
func (t *Table) labelTexts() []string {
	s := &t.Schema
	if s.Multiclass || len(t.Classes) != 2 {
		return t.Classes
	}
	texts := []string{"0", "1"}
	if len(s.Positive) > 0 || len(s.Negative) > 0 {
		texts = []string{Benign, Threat}
	}
	if len(s.Positive) > 0 {
		texts[1] = s.Positive[0]
	}
	if len(s.Negative) > 0 {
		texts[0] = s.Negative[0]
	}
	return texts
}

// numericLabels reports whether the label is written as the numbers 0 and 1.
func numericLabels(label *textColumn) bool {
	return len(label.dict) == 2 && label.dict[0] == "0" && label.dict[1] == "1"
}
