package cells

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"strconv"
)

// cell is the syntax of one cell, as one Go file: its declarations, and a function with its statements.
type cell struct {
	name string // "In[3]", the file of its positions
	file *ast.File
	body *ast.FuncDecl // the statements

	imports []*ast.ImportSpec
	funcs   []*ast.FuncDecl // without those of generic functions and of methods of generic types
	generic []*ast.FuncDecl
	types   []*ast.TypeSpec
	consts  []*ast.GenDecl
	vars    []*ast.GenDecl // at the head of the cell

	texts map[ast.Node]string // of functions and types, with their places, to declare them once more

	declares []*ast.Ident // variables that the statements declare, in order
	last     *ast.ExprStmt
	calls    []string // functions to run after the statements: main and init
}

// parse reads the cell. Errors are a Diagnostics.
func parse(fset *token.FileSet, name, src string) (*cell, error) {
	chunks := split(src)
	c := &cell{name: name, texts: map[ast.Node]string{}}
	decls := mask(src, chunks, func(k chunk) bool { return k.kind == chunkDecl })
	stmts := mask(src, chunks, func(k chunk) bool { return k.kind == chunkStatement })
	line := "/*line " + name + ":1:1*/"
	file, err := parser.ParseFile(fset, name, "package main;"+line+decls, parser.SkipObjectResolution)
	if err != nil {
		return nil, diagnose(src, err)
	}
	body, err := parser.ParseFile(fset, name, "package main;func _(){"+line+stmts+"\n}", parser.SkipObjectResolution)
	if err != nil {
		return nil, diagnose(src, err)
	}
	if len(body.Decls) != 1 {
		return nil, Diagnostics{{Line: 1, Column: 1, Message: "unexpected } at the end of the cell"}}
	}
	c.file, c.body = file, body.Decls[0].(*ast.FuncDecl)
	c.body.Name.Name = bodyName
	start := fset.File(file.Package).Offset(file.Package) + len("package main;"+line)
	for _, d := range file.Decls {
		c.quote(fset, src, start, d)
		c.sort(d)
	}
	c.collect()
	return c, nil
}

// quote keeps the text of a declaration of a function or of types. start is the offset of the cell in its file.
func (c *cell) quote(fset *token.FileSet, src string, start int, d ast.Decl) {
	keep := func(n ast.Node, keyword string) {
		file := fset.File(n.Pos())
		from, to := file.Offset(n.Pos())-start, file.Offset(n.End())-start
		at := fset.Position(n.Pos())
		c.texts[n] = fmt.Sprintf("/*line %s:%d:%d*/%s%s", at.Filename, at.Line, max(1, at.Column-len(keyword)), keyword, src[from:to])
	}
	switch d := d.(type) {
	case *ast.FuncDecl:
		keep(d, "")
	case *ast.GenDecl:
		if d.Tok == token.TYPE {
			for _, spec := range d.Specs {
				keep(spec, "type ")
			}
		}
	}
}

// again adds a declaration that an earlier cell had, given its text.
func (c *cell) again(fset *token.FileSet, text string) error {
	file, err := parser.ParseFile(fset, "", "package main;"+text, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, d := range file.Decls {
		c.texts[d] = text
		if g, ok := d.(*ast.GenDecl); ok {
			c.texts[g.Specs[0]] = text
		}
		c.sort(d)
		c.file.Decls = append(c.file.Decls, d)
	}
	return nil
}

// sort puts a declaration where it belongs.
func (c *cell) sort(d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		switch {
		case isGeneric(d):
			c.generic = append(c.generic, d)
		default:
			if d.Recv == nil && (d.Name.Name == "main" || d.Name.Name == "init") {
				d.Name.Name += "·" + strconv.Itoa(len(c.calls))
				c.calls = append(c.calls, d.Name.Name)
			}
			if d.Recv != nil {
				nameParameters(d)
			}
			c.funcs = append(c.funcs, d)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.ImportSpec:
				c.imports = append(c.imports, spec)
			case *ast.TypeSpec:
				if id, ok := spec.Type.(*ast.Ident); ok {
					// The type checker follows bare names through the declarations of the package, and would not find
					// there what an earlier cell has declared.
					spec.Type = &ast.ParenExpr{Lparen: id.Pos(), X: id, Rparen: id.End()}
				}
				c.types = append(c.types, spec)
			case *ast.ValueSpec:
				if d.Tok == token.VAR {
					zeroValues(spec)
				}
			}
		}
		switch d.Tok {
		case token.CONST:
			c.consts = append(c.consts, d)
		case token.VAR:
			c.vars = append(c.vars, d)
		}
	}
}

// isGeneric reports whether a function has type parameters, its receiver's included.
func isGeneric(d *ast.FuncDecl) bool {
	if d.Type.TypeParams != nil {
		return true
	}
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return false
	}
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	switch ast.Unparen(t).(type) {
	case *ast.IndexExpr, *ast.IndexListExpr:
		return true
	}
	return false
}

// nameParameters gives names to parameters without, so that a method can pass them on.
func nameParameters(d *ast.FuncDecl) {
	n := 0
	for _, list := range []*ast.FieldList{d.Recv, d.Type.Params} {
		for _, field := range list.List {
			if field.Names == nil {
				field.Names = []*ast.Ident{{NamePos: field.Type.Pos(), Name: "_"}}
			}
			for _, id := range field.Names {
				if id.Name == "_" {
					n++
					id.Name = "p·" + strconv.Itoa(n)
				}
			}
		}
	}
}

// zeroValues writes out what a declaration without values means: running a cell again sets its variables again.
func zeroValues(spec *ast.ValueSpec) {
	if len(spec.Values) > 0 || spec.Type == nil {
		return
	}
	for range spec.Names {
		zero := &ast.StarExpr{Star: spec.Type.Pos(), X: &ast.CallExpr{
			Fun: &ast.Ident{NamePos: spec.Type.Pos(), Name: "new"}, Args: []ast.Expr{spec.Type},
			Lparen: spec.Type.Pos(), Rparen: spec.Type.End(),
		}}
		spec.Values = append(spec.Values, zero)
	}
}

// collect finds the variables that the statements declare and the expression that the cell ends in.
func (c *cell) collect() {
	list := c.body.Body.List
	for _, stmt := range list {
		switch stmt := stmt.(type) {
		case *ast.AssignStmt:
			if stmt.Tok == token.DEFINE {
				for _, lhs := range stmt.Lhs {
					if id, ok := lhs.(*ast.Ident); ok && id.Name != "_" {
						c.declares = append(c.declares, id)
					}
				}
			}
		case *ast.DeclStmt:
			d, ok := stmt.Decl.(*ast.GenDecl)
			if !ok || d.Tok != token.VAR {
				continue
			}
			for _, spec := range d.Specs {
				spec := spec.(*ast.ValueSpec)
				zeroValues(spec)
				for _, id := range spec.Names {
					if id.Name != "_" {
						c.declares = append(c.declares, id)
					}
				}
			}
		}
	}
	if len(list) > 0 {
		end := list[len(list)-1]
		for labeled, ok := end.(*ast.LabeledStmt); ok; labeled, ok = end.(*ast.LabeledStmt) {
			end = labeled.Stmt
		}
		c.last, _ = end.(*ast.ExprStmt)
	}
	// A variable that the cell does not use is for the next one.
	for _, id := range c.declares {
		c.body.Body.List = append(c.body.Body.List, &ast.AssignStmt{
			Lhs: []ast.Expr{ast.NewIdent("_")}, Tok: token.ASSIGN, Rhs: []ast.Expr{&ast.Ident{NamePos: c.body.Body.Rbrace, Name: id.Name}},
		})
	}
}

// Diagnostic is a message of the compiler about a place in a cell.
type Diagnostic struct {
	Cell         string // "In[3]"; "" is the cell that was to run
	Line, Column int    // from 1
	Message      string
}

// String returns the place and the message.
func (d Diagnostic) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", d.Cell, d.Line, d.Column, d.Message)
}

// Diagnostics are what is wrong with a cell that does not compile. Nothing of it ran, nothing has changed.
type Diagnostics []Diagnostic

// Error returns one line for each.
func (d Diagnostics) Error() string {
	text := ""
	for i, one := range d {
		if i > 0 {
			text += "\n"
		}
		text += one.String()
	}
	return text
}

// diagnose turns the parser's errors into diagnostics.
func diagnose(src string, err error) error {
	var list scanner.ErrorList
	if !errors.As(err, &list) {
		return err
	}
	list.RemoveMultiples()
	var out Diagnostics
	for _, e := range list {
		d := Diagnostic{Cell: e.Pos.Filename, Line: e.Pos.Line, Column: e.Pos.Column, Message: e.Msg}
		if end := lines(src); d.Line > end { // the brace that closes the function around the statements
			d.Line, d.Message = end, "the cell ends too early: "+e.Msg
		}
		out = append(out, d)
		if len(out) == 10 {
			break
		}
	}
	return out
}

func lines(src string) int {
	n := 1
	for i := range len(src) {
		if src[i] == '\n' && i < len(src)-1 {
			n++
		}
	}
	return n
}
