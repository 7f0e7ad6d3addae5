package threat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// nodeKind is what a value in a configuration file is, in JSON's terms.
type nodeKind string

const (
	objectNode nodeKind = "keys"
	listNode   nodeKind = "a list"
	textNode   nodeKind = "a text"
	numberNode nodeKind = "a number"
	boolNode   nodeKind = "true or false"
	nullNode   nodeKind = "nothing"
)

// configNode is one value of a YAML or JSON file with its position. Both formats come to the same tree, so that what
// follows exists once.
type configNode struct {
	line, column int
	kind         nodeKind
	text         string        // of a scalar: the content of a text, a number or true/false as in JSON
	entries      []configEntry // of keys, in file order, repeated ones included
	items        []*configNode // of a list
}

type configEntry struct {
	name       string
	key, value *configNode
}

func (n *configNode) describe() string {
	switch n.kind {
	case textNode:
		return fmt.Sprintf("the text %q", n.text)
	case numberNode, boolNode:
		return n.text
	}
	return string(n.kind)
}

// json writes the value as JSON text.
func (n *configNode) json() string {
	switch n.kind {
	case objectNode:
		parts := make([]string, len(n.entries))
		for i, e := range n.entries {
			parts[i] = quoteJSON(e.name) + ":" + e.value.json()
		}
		return "{" + strings.Join(parts, ",") + "}"
	case listNode:
		parts := make([]string, len(n.items))
		for i, item := range n.items {
			parts[i] = item.json()
		}
		return "[" + strings.Join(parts, ",") + "]"
	case textNode:
		return quoteJSON(n.text)
	case nullNode:
		return "null"
	}
	return n.text
}

func quoteJSON(s string) string {
	text, _ := json.Marshal(s) // a string always has JSON
	return string(text)
}

// maxDepth bounds the nesting of a file; no configuration needs a tenth of it.
const maxDepth = 50

// parseYAML reads one YAML document. Anchors, aliases, merge keys and several documents are refused: a configuration
// that is not on the page where one reads it is not worth the few lines that they save.
func parseYAML(name string, text []byte) (*configNode, error) {
	file, err := yamlFile(text)
	if err != nil {
		var positioned interface {
			GetToken() *token.Token
			GetMessage() string
		}
		if errors.As(err, &positioned) && positioned.GetToken() != nil {
			at := positioned.GetToken().Position
			return nil, &ConfigError{[]string{fmt.Sprintf("%s:%d:%d: %s", name, at.Line, at.Column, positioned.GetMessage())}}
		}
		return nil, &ConfigError{[]string{fmt.Sprintf("%s: %s", name, firstLine(err.Error()))}}
	}
	y := &yamlReader{name: name}
	var root *configNode
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.CommentType {
			continue
		}
		if root != nil {
			y.problem(doc, "a second document begins; a configuration is one")
			break
		}
		root = y.node(doc.Body, 0)
	}
	if y.problems != nil {
		return nil, &ConfigError{y.problems}
	}
	return root, nil
}

// yamlFile parses; a panic of the parser over hostile input becomes an error.
func yamlFile(text []byte) (file *ast.File, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("this is not YAML: %v", v)
		}
	}()
	// Repeated keys are reported with all other problems, by the flattener.
	return parser.ParseBytes(bytes.TrimPrefix(text, []byte("\ufeff")), 0, parser.AllowDuplicateMapKey())
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}

type yamlReader struct {
	name     string
	problems []string
}

func (y *yamlReader) problem(n ast.Node, format string, args ...any) *configNode {
	out := at(n)
	y.problems = append(y.problems, fmt.Sprintf("%s:%d:%d: ", y.name, out.line, out.column)+fmt.Sprintf(format, args...))
	out.kind = nullNode
	return out
}

// at is a node at the position of an element of the file.
func at(n ast.Node) *configNode {
	t := n.GetToken()
	if doc, ok := n.(*ast.DocumentNode); ok && doc.Start != nil {
		t = doc.Start
	}
	if t != nil && t.Position != nil {
		return &configNode{line: t.Position.Line, column: t.Position.Column}
	}
	return &configNode{line: 1, column: 1}
}

func (y *yamlReader) node(n ast.Node, depth int) *configNode {
	if depth > maxDepth {
		return y.problem(n, "is nested more than %d levels deep", maxDepth)
	}
	out := at(n)
	switch n := n.(type) {
	case *ast.MappingNode:
		out.kind = objectNode
		if len(n.Values) > 0 && !n.IsFlowStyle {
			out = at(n.Values[0].Key) // the token of a block mapping is its first colon
			out.kind = objectNode
		}
		for _, v := range n.Values {
			out.entries = append(out.entries, y.entry(v, depth))
		}
	case *ast.MappingValueNode:
		out = at(n.Key)
		out.kind, out.entries = objectNode, []configEntry{y.entry(n, depth)}
	case *ast.SequenceNode:
		out.kind = listNode
		for _, v := range n.Values {
			out.items = append(out.items, y.node(v, depth+1))
		}
	case *ast.TagNode:
		return y.node(n.Value, depth+1)
	case *ast.StringNode:
		out.kind, out.text = textNode, n.Value
		// The parser takes 1e-9 and 1e400 for texts; without quotes they are numbers.
		if n.Token.Type == token.StringType && looksNumeric(n.Value) {
			out.kind = numberNode
		}
	case *ast.LiteralNode:
		out.kind, out.text = textNode, n.Value.Value
	case *ast.BoolNode:
		out.kind, out.text = boolNode, strconv.FormatBool(n.Value)
	case *ast.IntegerNode:
		out.kind, out.text = numberNode, fmt.Sprint(n.Value)
	case *ast.FloatNode:
		out.kind, out.text = numberNode, strconv.FormatFloat(n.Value, 'g', -1, 64)
		if math.IsInf(n.Value, 0) || math.IsNaN(n.Value) {
			out.text = n.GetToken().Value
		}
	case *ast.InfinityNode, *ast.NanNode:
		out.kind, out.text = numberNode, n.GetToken().Value
	case *ast.NullNode:
		out.kind = nullNode
	default:
		return y.problem(n, "%s is not supported in a configuration; write the values out", strings.ToLower(n.Type().String()))
	}
	return out
}

func looksNumeric(s string) bool {
	if strings.Trim(s, "+-.0123456789eE") != "" {
		return false
	}
	_, err := strconv.ParseFloat(s, 64)
	return err == nil || errors.Is(err, strconv.ErrRange)
}

func (y *yamlReader) entry(v *ast.MappingValueNode, depth int) configEntry {
	e := configEntry{key: at(v.Key)}
	switch k := v.Key.(type) {
	case *ast.MergeKeyNode:
		y.problem(k, "merge keys are not supported in a configuration; write the values out")
	case *ast.StringNode:
		e.name = k.Value
	default:
		e.name = strings.TrimSpace(v.Key.String())
	}
	if v.Value == nil {
		e.value = &configNode{line: e.key.line, column: e.key.column, kind: nullNode}
		return e
	}
	e.value = y.node(v.Value, depth+1)
	return e
}
