package faulttree

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// element is an XML element with its place in the file.
type element struct {
	name     string // without name space
	attrs    map[string]string
	children []*element
	text     []byte
	pos      Pos
}

// maxDepth bounds the nesting of a model file, so that no file can exhaust the stack of a reader.
const maxDepth = 500

// maxParts bounds the elements or values of a model file, and what aliases and rules in it expand to: what takes a few
// bytes there takes hundreds in memory, and what doubles at every level would take for ever.
const maxParts = 2_000_000

// parseXML reads the root element of a document. Entities other than the five of XML and document types that define any
// are refused: a model needs none, and they can name other files or grow without bound.
func parseXML(r io.Reader, file string) (*element, error) {
	decoder := xml.NewDecoder(r)
	decoder.CharsetReader = func(charset string, input io.Reader) (io.Reader, error) {
		switch strings.ToLower(charset) {
		case "us-ascii", "ascii":
			return input, nil
		case "iso-8859-1", "latin1":
			return &latin1Reader{r: input}, nil
		}
		return nil, fmt.Errorf("encoding %q is not supported: save the file as UTF-8", charset)
	}
	place := func() Pos {
		line, column := decoder.InputPos()
		return Pos{file, line, column}
	}
	fail := func(format string, args ...any) error { return &ModelError{place(), fmt.Sprintf(format, args...)} }
	var root *element
	var open []*element
	elements := 0
	for {
		at := place()
		token, err := decoder.Token()
		var syntax *xml.SyntaxError
		switch {
		case errors.Is(err, io.EOF):
			if root == nil {
				return nil, fail("no XML element in the file")
			}
			return root, nil
		case errors.As(err, &syntax):
			if len(open) > 0 && strings.Contains(syntax.Msg, "unexpected EOF") {
				return nil, fail("malformed XML: the file ends inside <%s> opened at %s", open[len(open)-1].name, open[len(open)-1].pos)
			}
			return nil, fail("malformed XML: %s", syntax.Msg)
		case err != nil:
			return nil, fail("malformed XML: %v", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if elements++; elements > maxParts {
				return nil, fail("the file has more than %d elements", maxParts)
			}
			e := &element{name: token.Name.Local, attrs: make(map[string]string, len(token.Attr)), pos: at}
			for _, a := range token.Attr {
				if _, twice := e.attrs[a.Name.Local]; twice {
					return nil, fail("malformed XML: attribute %q of <%s> twice", a.Name.Local, e.name)
				}
				e.attrs[a.Name.Local] = a.Value
			}
			switch {
			case len(open) == 0 && root != nil:
				return nil, fail("malformed XML: a second root element <%s>", e.name)
			case len(open) == 0:
				root = e
			case len(open) >= maxDepth:
				return nil, fail("elements are nested deeper than %d", maxDepth)
			default:
				parent := open[len(open)-1]
				parent.children = append(parent.children, e)
			}
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				e := open[len(open)-1]
				e.text = append(e.text, token...)
			} else if strings.TrimSpace(string(token)) != "" {
				return nil, fail("malformed XML: text outside the root element")
			}
		case xml.Directive:
			text := strings.ToUpper(string(token))
			if strings.HasPrefix(text, "DOCTYPE") && (strings.Contains(text, "ENTITY") || strings.Contains(text, "SYSTEM") || strings.Contains(text, "PUBLIC")) {
				return nil, fail("the document type names entities or another file, which is refused: remove the DOCTYPE")
			}
		}
	}
}

// latin1Reader turns ISO 8859-1 into UTF-8.
type latin1Reader struct {
	r    io.Reader
	rest []byte
}

func (l *latin1Reader) Read(p []byte) (int, error) {
	if len(l.rest) == 0 {
		var in [4096]byte
		n, err := l.r.Read(in[:])
		for _, b := range in[:n] {
			l.rest = append(l.rest, string(rune(b))...)
		}
		if n == 0 {
			return 0, err
		}
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// child returns the first child of that name, or nil.
func (e *element) child(name string) *element {
	for _, c := range e.children {
		if c.name == name {
			return c
		}
	}
	return nil
}
