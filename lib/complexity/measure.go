package complexity

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"math"
	"slices"

	"github.com/fzipp/gocyclo"
	"github.com/uudashr/gocognit"
	"github.com/yagipy/maintidx"
)

// measured is what one file holds.
type measured struct {
	clause    string // name in the package clause
	generated bool
	functions []Function // in the order of the text, without package and file
	ignored   int        // functions with //gocyclo:ignore
	lines     int
	counts    *counts // of all tokens
}

// measure reads one file.
func measure(name string, src []byte, paper bool) (m *measured, p *Problem) {
	defer func() { // a fault of a library in one file must not take the others with it
		if v := recover(); v != nil {
			m, p = nil, &Problem{File: name, Message: fmt.Sprintf("internal error: %v", v)}
		}
	}()
	fset := token.NewFileSet()
	// Objects are needed: without them maintidx and gocognit give other values.
	file, err := parser.ParseFile(fset, name, src, parser.ParseComments)
	if err != nil {
		return nil, parseProblem(name, err)
	}
	all := words(src)
	m = &measured{clause: file.Name.Name, generated: ast.IsGenerated(file), lines: lineCount(src), counts: count(all)}
	found := functions(fset, file)
	for _, stat := range gocyclo.AnalyzeASTFile(file, fset, nil) {
		fn := found[stat.Pos.Offset]
		from, to := fset.PositionFor(fn.Pos(), false), fset.PositionFor(fn.End(), false)
		f := Function{
			Function: stat.FuncName, Line: from.Line, Lines: to.Line - from.Line + 1, clause: m.clause,
			Cyclomatic: stat.Complexity, Cognitive: gocognit.Complexity(fn), Halstead: count(between(all, from.Offset, to.Offset)).halstead(),
			cognitiveIgnored: directive(fn.Doc, "//gocognit:ignore"),
		}
		s := readStructure(fn)
		if paper {
			f.Cognitive = s.score
		}
		f.Nesting, f.self, f.calls = s.deepest, s.self, s.calls
		f.MaintainabilityIndex = maintainability(fn, f.Lines)
		m.functions = append(m.functions, f)
	}
	m.ignored = len(found) - len(m.functions)
	return m, nil
}

// functions finds what gocyclo calls a function, by the offset of the word func. A literal that is the value of a
// package-level variable becomes a declaration with the name of the variable, which is what the other libraries take.
func functions(fset *token.FileSet, file *ast.File) map[int]*ast.FuncDecl {
	found := map[int]*ast.FuncDecl{}
	add := func(fn *ast.FuncDecl) { found[fset.PositionFor(fn.Pos(), false).Offset] = fn }
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			add(decl)
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				spec, ok := spec.(*ast.ValueSpec)
				if !ok {
					continue
				}
				for _, value := range spec.Values {
					if literal, ok := value.(*ast.FuncLit); ok {
						name := spec.Names[0].Name
						add(&ast.FuncDecl{
							Doc: decl.Doc, Name: &ast.Ident{NamePos: literal.Pos(), Name: name, Obj: ast.NewObj(ast.Fun, name)},
							Type: literal.Type, Body: literal.Body,
						})
					}
				}
			}
		}
	}
	return found
}

// maintainability is maintidx's index. The library has the counts; the formula in it is not exported.
func maintainability(fn *ast.FuncDecl, lines int) int {
	v := maintidx.NewVisitor()
	ast.Walk(v, fn)
	v.Coef.HalstVol.Calc()
	index := 171 - 5.2*math.Log(v.Coef.HalstVol.Val) - 0.23*float64(v.Coef.Cyc.Val) - 16.2*math.Log(float64(lines))
	return int(math.Max(0, index*100/171))
}

func directive(doc *ast.CommentGroup, text string) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return c.Text == text })
}

func lineCount(src []byte) int {
	n := bytes.Count(src, []byte("\n"))
	if len(src) > 0 && src[len(src)-1] != '\n' {
		n++
	}
	return n
}

// Problem is a file, or a folder, that could not be read.
type Problem struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`   // from 1; 0 when the whole file is meant
	Column  int    `json:"column,omitempty"` // in bytes, from 1
	Message string `json:"message"`
}

// Error is file:line:column: message.
func (p *Problem) Error() string {
	if p.Line == 0 {
		return p.File + ": " + p.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
}

// readProblem leaves out the path that the error repeats.
func readProblem(name string, err error) *Problem {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return &Problem{File: name, Message: err.Error()}
}

// parseProblem keeps the first of a parser's errors: the others often follow from it.
func parseProblem(name string, err error) *Problem {
	var list scanner.ErrorList
	if !errors.As(err, &list) || len(list) == 0 {
		return &Problem{File: name, Message: err.Error()}
	}
	first := list[0]
	p := &Problem{File: name, Line: first.Pos.Line, Column: first.Pos.Column, Message: first.Msg}
	if more := len(list) - 1; more > 0 {
		p.Message += fmt.Sprintf(" (and %d more)", more)
	}
	return p
}
