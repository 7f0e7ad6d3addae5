package script

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"unicode/utf8"
)

// source is a script that has been read and parsed.
type source struct {
	path string
	text []byte
	set  *token.FileSet
	file *ast.File
}

// ErrScript is wrapped by errors about a file that is not a script: it cannot be read, does not parse, is no program, or
// has findings that keep it from running.
var ErrScript = errors.New("script cannot be run")

// refusal is an error about a script; its text says all, and it is ErrScript.
type refusal struct {
	text  string
	cause error
}

func (r *refusal) Error() string   { return r.text }
func (r *refusal) Unwrap() []error { return []error{ErrScript, r.cause} }

func refuse(cause error, format string, args ...any) error {
	return &refusal{fmt.Sprintf(format, args...), cause}
}

// maxSource bounds what is taken for a script: a data file given by mistake is refused before it fills the memory.
const maxSource = 16 << 20

// read reads and parses a script. Positions in the result are those of the file as it is on disk.
func read(path string, set *token.FileSet) (*source, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, refuse(err, "script: there is no file %s", path)
	case err != nil:
		return nil, refuse(err, "script: %v", err)
	case info.IsDir():
		return nil, refuse(nil, "script: %s is a folder; name one .go file (a script is a single file)", path)
	case info.Size() > maxSource:
		return nil, refuse(nil, "script: %s has %d bytes; a script has at most %d", path, info.Size(), maxSource)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, refuse(err, "script: %v", err)
	}
	return parse(path, text, set)
}

func parse(path string, text []byte, set *token.FileSet) (*source, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, refuse(nil, "script: %s is empty; a script begins with `package main`", path)
	}
	text = blankShebang(text)
	if !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return nil, refuse(nil, "script: %s is not text in UTF-8; is it a Go file?", path)
	}
	file, err := parser.ParseFile(set, path, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, parseError(path, err)
	}
	s := &source{path, text, set, file}
	if file.Name.Name != "main" {
		return nil, refuse(nil, "%s: package %s is not a program; a script is `package main`", s.at(file.Name.Pos()), file.Name.Name)
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "main" && f.Body != nil {
			return s, nil
		}
	}
	return nil, refuse(nil, "%s: there is no function main; a script begins with `func main()`", s.at(file.Package))
}

// blankShebang turns a first line like #!/usr/bin/env -S jamba run into spaces, so that positions stay. A byte-order mark
// before it would hide it from the kernel, but editors write both.
func blankShebang(text []byte) []byte {
	start := 0
	if bytes.HasPrefix(text, []byte("\uFEFF")) {
		start = len("\uFEFF")
	}
	if !bytes.HasPrefix(text[start:], []byte("#!")) {
		return text
	}
	text = bytes.Clone(text)
	for i := start; i < len(text) && text[i] != '\n'; i++ {
		text[i] = ' '
	}
	return text
}

func parseError(path string, err error) error {
	var list scanner.ErrorList
	if !errors.As(err, &list) {
		return refuse(err, "script: parse %s: %v", path, err)
	}
	list.RemoveMultiples() // one error a line: the rest follows from it
	const shown = 10
	text := ""
	for i, e := range list {
		if i == shown {
			text += fmt.Sprintf("\nand %d more", len(list)-shown)
			break
		}
		if i > 0 {
			text += "\n"
		}
		text += e.Error()
	}
	return refuse(nil, "%s", text)
}

// at returns file:line:column.
func (s *source) at(pos token.Pos) string { return s.set.Position(pos).String() }
