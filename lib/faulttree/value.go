package faulttree

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// value is a part of a YAML or JSON file with its place: a scalar, a list, or a mapping in the order of the file.
type value struct {
	kind   valueKind
	text   string   // of a scalar
	quoted bool     // a scalar that is a string whatever it looks like
	keys   []*value // of a mapping
	items  []*value // of a list or mapping
	pos    Pos
}

type valueKind uint8

const (
	scalar valueKind = iota
	list
	mapping
)

func (k valueKind) String() string { return [...]string{"a single value", "a list", "a mapping"}[k] }

// anchor matches every anchor and alias, and some text that only looks like one.
var anchor = regexp.MustCompile(`(?m)(^|[\s\[\]{},:])[&*]\S`)

// parseYAML reads the one document of a YAML file.
func parseYAML(text []byte, name string) (*value, error) {
	if line := tooDeep(text); line > 0 {
		return nil, &ModelError{Pos{name, line, 1}, fmt.Sprintf("values are nested deeper than %d", maxDepth)}
	}
	// The parser takes a kilobyte and more for each of its tokens.
	if n := bytes.Count(text, []byte("\n")) + 4*bytes.Count(text, []byte(",")); n > maxParts {
		return nil, &ModelError{Pos{File: name}, "the file has too many values for YAML: write it as JSON"}
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	sections := longSections(lines)
	anchors := anchor.Match(text)
	if len(lines) > maxPlainLines && (sections == nil || anchors) {
		return nil, &ModelError{Pos{File: name}, fmt.Sprintf("more than %d lines: write gates and events in block style without anchors, or as JSON", maxPlainLines)}
	}
	if sections == nil || anchors {
		return parseYAMLLines(lines, 0, name)
	}
	// The parser takes time with the square of the number of keys of a mapping, and a level of stack for each, so long
	// sections are given to it in parts.
	rest := slices.Clone(lines)
	for _, s := range sections {
		for i := s.first; i < s.end; i++ {
			rest[i] = []byte("\n")
		}
	}
	root, err := parseYAMLLines(rest, 0, name)
	if err != nil || root.kind != mapping {
		return root, err
	}
	for _, s := range sections {
		at := slices.IndexFunc(root.keys, func(k *value) bool { return k.pos.Line == s.first })
		if at < 0 {
			return parseYAMLLines(lines, 0, name) // not what it looked like
		}
		whole := &value{}
		for i, start := range s.parts {
			end := s.end
			if i+1 < len(s.parts) {
				end = s.parts[i+1]
			}
			part, err := parseYAMLLines(lines[start:end], start, name)
			if err != nil {
				return nil, err
			}
			if i == 0 {
				whole.kind, whole.pos = part.kind, part.pos
			}
			if part.kind != whole.kind || part.kind == scalar {
				return nil, &ModelError{part.pos, fmt.Sprintf("expected %s like above, found %s", whole.kind, part.kind)}
			}
			whole.keys = append(whole.keys, part.keys...)
			whole.items = append(whole.items, part.items...)
		}
		root.items[at] = whole
	}
	return root, nil
}

const (
	partSize      = 400    // entries of a section that are parsed together
	maxPlainLines = 20_000 // lines that are given to the parser in one piece
)

// section is a long block mapping or list below a key at the left margin: lines first to end, and where its parts start.
type section struct {
	first, end int
	parts      []int
}

// longSections finds the sections with more entries than one part.
func longSections(lines [][]byte) []section {
	indent := func(line []byte) int { // -1 for lines without content
		trimmed := bytes.TrimLeft(line, " ")
		if c := bytes.TrimSpace(trimmed); len(c) == 0 || c[0] == '#' {
			return -1
		}
		return len(line) - len(trimmed)
	}
	var found []section
	for i := 0; i < len(lines); i++ {
		key, _, _ := bytes.Cut(lines[i], []byte(" #"))
		if indent(lines[i]) != 0 || !bytes.HasSuffix(bytes.TrimSpace(key), []byte(":")) {
			continue
		}
		s := section{first: i + 1, end: i + 1}
		depth, isList, entries := -1, false, 0
		for ; s.end < len(lines); s.end++ {
			n := indent(lines[s.end])
			if n < 0 {
				continue
			}
			dash := bytes.HasPrefix(lines[s.end][n:], []byte("- "))
			if depth < 0 {
				depth, isList = n, dash
			}
			if n < depth || n == 0 && !dash || n == depth && dash != isList {
				break
			}
			if n == depth {
				if entries%partSize == 0 {
					s.parts = append(s.parts, s.end)
				}
				entries++
			}
		}
		if entries > partSize {
			found = append(found, s)
		}
		i = s.end - 1
	}
	return found
}

// parseYAMLLines reads a document or a part of one that starts after the given number of lines.
func parseYAMLLines(lines [][]byte, before int, name string) (*value, error) {
	file, err := parser.ParseBytes(bytes.Join(lines, nil), 0)
	if err != nil {
		var syntax yaml.Error
		if errors.As(err, &syntax) && syntax.GetToken() != nil {
			at := syntax.GetToken().Position
			return nil, &ModelError{Pos{name, before + at.Line, at.Column}, "malformed YAML: " + syntax.GetMessage()}
		}
		return nil, &ModelError{Pos{File: name}, "malformed YAML: " + strings.Join(strings.Fields(err.Error()), " ")}
	}
	c := yamlConverter{file: name, before: before, anchors: make(map[string]*value)}
	var body ast.Node
	for _, document := range file.Docs {
		if document.Body == nil {
			continue
		}
		if body != nil {
			return nil, &ModelError{c.pos(document.Body), "a second document in the file: a model is one document"}
		}
		body = document.Body
	}
	if body == nil {
		return nil, &ModelError{Pos{File: name}, "the file is empty"}
	}
	v := c.convert(body, 0)
	return v, c.err
}

// tooDeep returns the line at which brackets or dashes nest so deep that the parser's own recursion would be at risk.
func tooDeep(text []byte) (line int) {
	depth := 0
	for i, row := range bytes.Split(text, []byte("\n")) {
		depth += bytes.Count(row, []byte("[")) + bytes.Count(row, []byte("{"))
		if depth > maxDepth || len(row)-len(bytes.TrimLeft(row, "- ?")) > 4*maxDepth {
			return i + 1
		}
		depth = max(0, depth-bytes.Count(row, []byte("]"))-bytes.Count(row, []byte("}")))
	}
	return 0
}

type yamlConverter struct {
	file    string
	before  int // lines of the file before the text
	anchors map[string]*value
	err     error
}

func (c *yamlConverter) pos(n ast.Node) Pos {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return Pos{c.file, c.before + t.Position.Line, t.Position.Column}
	}
	return Pos{File: c.file}
}

func (c *yamlConverter) fail(pos Pos, format string, args ...any) *value {
	if c.err == nil {
		c.err = &ModelError{pos, fmt.Sprintf(format, args...)}
	}
	return &value{pos: pos}
}

func (c *yamlConverter) convert(n ast.Node, depth int) *value {
	v := &value{}
	if n != nil {
		v.pos = c.pos(n)
	}
	if depth > maxDepth {
		return c.fail(v.pos, "values are nested deeper than %d", maxDepth)
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		v.kind = mapping
		if len(n.Values) > 0 {
			v.pos = c.pos(n.Values[0].Key)
		}
		for _, pair := range n.Values {
			c.pair(v, pair, depth)
		}
	case *ast.MappingValueNode: // a mapping with one key
		v.kind = mapping
		v.pos = c.pos(n.Key)
		c.pair(v, n, depth)
	case *ast.SequenceNode:
		v.kind = list
		for _, item := range n.Values {
			v.items = append(v.items, c.convert(item, depth+1))
		}
	case *ast.StringNode:
		v.text = n.Value
		v.quoted = n.Token != nil && (strings.HasPrefix(n.Token.Origin, `"`) || strings.HasPrefix(strings.TrimLeft(n.Token.Origin, " \n"), `"`) || strings.HasPrefix(strings.TrimLeft(n.Token.Origin, " \n"), "'"))
	case *ast.LiteralNode:
		v.text, v.quoted = n.Value.Value, true
	case *ast.NullNode:
	case *ast.AnchorNode:
		inner := c.convert(n.Value, depth)
		c.anchors[n.Name.GetToken().Value] = inner
		return inner
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		if known, ok := c.anchors[name]; ok {
			return known // shared, not copied: aliases of aliases cannot grow
		}
		return c.fail(v.pos, "alias *%s has no anchor before it", name)
	case *ast.TagNode:
		return c.fail(v.pos, "tag %s: tags are not used in a model", n.Start.Value)
	case nil:
	default:
		if t := n.GetToken(); t != nil { // numbers and truth values, read from their text where they are used
			v.text = t.Value
		}
	}
	return v
}

func (c *yamlConverter) pair(v *value, pair *ast.MappingValueNode, depth int) {
	key := c.convert(pair.Key, depth+1)
	if key.kind != scalar {
		c.fail(key.pos, "a key must be a name")
		return
	}
	item := &value{pos: key.pos}
	if pair.Value != nil {
		item = c.convert(pair.Value, depth+1)
	}
	v.keys = append(v.keys, key)
	v.items = append(v.items, item)
}

// parseJSON reads a JSON file into the same form.
func parseJSON(text []byte, name string) (*value, error) {
	p := &jsonParser{decoder: json.NewDecoder(bytes.NewReader(text)), text: text, file: name, line: 1}
	p.decoder.UseNumber()
	v, err := p.value(0)
	if err == nil {
		if _, more := p.decoder.Token(); !errors.Is(more, io.EOF) {
			err = &ModelError{p.pos(), "malformed JSON: text after the end of the model"}
		}
	}
	return v, err
}

type jsonParser struct {
	decoder *json.Decoder
	text    []byte
	file    string
	// line counts to offset at, start is the offset of its beginning.
	line, at, start int
	values          int
}

// pos returns the place of the next token.
func (p *jsonParser) pos() Pos {
	offset := int(p.decoder.InputOffset())
	for offset < len(p.text) && strings.IndexByte(" \t\r\n,:", p.text[offset]) >= 0 {
		offset++
	}
	for ; p.at < offset; p.at++ {
		if p.text[p.at] == '\n' {
			p.line, p.start = p.line+1, p.at+1
		}
	}
	return Pos{p.file, p.line, offset - p.start + 1}
}

func (p *jsonParser) fail(pos Pos, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &ModelError{pos, "malformed JSON: the file ends too early"}
	}
	return &ModelError{pos, "malformed JSON: " + err.Error()}
}

func (p *jsonParser) value(depth int) (*value, error) {
	v := &value{pos: p.pos()}
	if depth > maxDepth {
		return nil, &ModelError{v.pos, fmt.Sprintf("values are nested deeper than %d", maxDepth)}
	}
	if p.values++; p.values > maxParts {
		return nil, &ModelError{v.pos, fmt.Sprintf("the file has more than %d values", maxParts)}
	}
	token, err := p.decoder.Token()
	if err != nil {
		return nil, p.fail(v.pos, err)
	}
	switch token := token.(type) {
	case string:
		v.text, v.quoted = token, true
	case json.Number:
		v.text = token.String()
	case bool:
		v.text = strconv.FormatBool(token)
	case json.Delim:
		v.kind = list
		if token == '{' {
			v.kind = mapping
		}
		for p.decoder.More() {
			if v.kind == mapping {
				key := &value{pos: p.pos()}
				token, err := p.decoder.Token()
				if err != nil {
					return nil, p.fail(key.pos, err)
				}
				key.text, _ = token.(string)
				v.keys = append(v.keys, key)
			}
			item, err := p.value(depth + 1)
			if err != nil {
				return nil, err
			}
			v.items = append(v.items, item)
		}
		if _, err := p.decoder.Token(); err != nil {
			return nil, p.fail(p.pos(), err)
		}
	}
	return v, nil
}
