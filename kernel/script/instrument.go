package script

import (
	"fmt"
	"go/ast"
	"go/token"
	"io"
	"reflect"
	"strconv"
	"sync/atomic"
)

// Yaegi says in which functions a panic passed, but for the place only where the function begins. So that an error can
// name the line, the tree of the script is changed before it is compiled: every function that can panic gets a variable
// that holds the number of the statement it is at, and a deferred call that hands the number over when the function ends,
// whichever way. Positions stay those of the file.
//
//	func f(x []int) int {
//		var at int; defer trace.Leave(&at)
//		at = 7; return x[0]
//	}
//
// The names contain a character that Go source cannot have in a name.
const (
	atName    = "jamba·at"
	traceName = "jamba·trace"
	tracePath = "jamba/trace"
)

// instrument changes the tree of a script.
func instrument(s *source) *trace {
	t := &trace{set: s.set, frames: map[int][]frame{}, out: io.Discard}
	names := map[ast.Node]string{}
	literals := map[string]int{}
	for _, d := range s.file.Decls {
		outer := "main.init"
		if f, ok := d.(*ast.FuncDecl); ok {
			outer = declName(f)
			names[f] = outer
		}
		nameLiterals(d, outer, names, literals)
	}
	used := false
	for n, name := range names {
		used = t.function(n, name) || used
	}
	t.last = make([]atomic.Int64, len(t.funcs))
	if used {
		spec := &ast.ImportSpec{Name: ident(traceName, s.file.Package), Path: &ast.BasicLit{ValuePos: s.file.Package, Kind: token.STRING, Value: strconv.Quote(tracePath)}}
		s.file.Decls = append([]ast.Decl{&ast.GenDecl{TokPos: s.file.Package, Tok: token.IMPORT, Specs: []ast.Spec{spec}}}, s.file.Decls...)
		s.file.Imports = append(s.file.Imports, spec)
	}
	return t
}

// declName names a function as Go's own traces do: main.f, main.(*T).m.
func declName(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return "main." + f.Name.Name
	}
	t, pointer := ast.Unparen(f.Recv.List[0].Type), false
	if star, ok := t.(*ast.StarExpr); ok {
		t, pointer = star.X, true
	}
	switch generic := t.(type) {
	case *ast.IndexExpr:
		t = generic.X
	case *ast.IndexListExpr:
		t = generic.X
	}
	name := "?"
	if id, ok := t.(*ast.Ident); ok {
		name = id.Name
	}
	if pointer {
		name = "(*" + name + ")"
	}
	return "main." + name + "." + f.Name.Name
}

// nameLiterals names function literals by the function around them and a number: main.f.func1.
func nameLiterals(n ast.Node, outer string, names map[ast.Node]string, count map[string]int) {
	ast.Inspect(n, func(inner ast.Node) bool {
		lit, ok := inner.(*ast.FuncLit)
		if !ok || inner == n {
			return true
		}
		count[outer]++
		name := fmt.Sprintf("%s.func%d", outer, count[outer])
		names[lit] = name
		nameLiterals(lit, name, names, count)
		return false
	})
}

func ident(name string, pos token.Pos) *ast.Ident { return &ast.Ident{NamePos: pos, Name: name} }

// function changes the body of one function and reports whether it did.
func (t *trace) function(n ast.Node, name string) bool {
	var body *ast.BlockStmt
	switch f := n.(type) {
	case *ast.FuncDecl:
		body = f.Body
	case *ast.FuncLit:
		body = f.Body
	}
	if body == nil {
		return false
	}
	before := len(t.points)
	t.block(&body.List, len(t.funcs), nil)
	if len(t.points) == before {
		return false
	}
	pos := body.Lbrace
	number := len(t.funcs)
	t.funcs = append(t.funcs, function{name, t.set.Position(pos)})
	at := func() ast.Expr { return ident(atName, pos) }
	call := &ast.CallExpr{Fun: t.selector("Leave", pos), Lparen: pos, Rparen: pos, Args: []ast.Expr{&ast.UnaryExpr{OpPos: pos, Op: token.AND, X: at()}}}
	prologue := []ast.Stmt{
		&ast.DeclStmt{Decl: &ast.GenDecl{TokPos: pos, Tok: token.VAR, Specs: []ast.Spec{
			&ast.ValueSpec{Names: []*ast.Ident{ident(atName, pos)}, Type: ident("int", pos)}}}},
		&ast.DeferStmt{Defer: pos, Call: call},
		assignNumber(&ast.StarExpr{Star: pos, X: t.selector("Current", pos)}, number, pos),
	}
	body.List = append(prologue, body.List...)
	return true
}

func (t *trace) selector(name string, pos token.Pos) ast.Expr {
	return &ast.SelectorExpr{X: ident(traceName, pos), Sel: ident(name, pos)}
}

func assignNumber(to ast.Expr, n int, pos token.Pos) ast.Stmt {
	return &ast.AssignStmt{Lhs: []ast.Expr{to}, TokPos: pos, Tok: token.ASSIGN,
		Rhs: []ast.Expr{&ast.BasicLit{ValuePos: pos, Kind: token.INT, Value: strconv.Itoa(n)}}}
}

// block puts a mark before every statement of a list that can panic. loop is the loop around, if its condition can.
func (t *trace) block(list *[]ast.Stmt, f int, loop ast.Stmt) {
	var out []ast.Stmt
	for _, s := range *list {
		inner := s
		if l, ok := s.(*ast.LabeledStmt); ok {
			inner = l.Stmt
		}
		if b, ok := inner.(*ast.BranchStmt); ok && b.Tok == token.CONTINUE && loop != nil {
			out = append(out, t.mark(f, loop.Pos()))
		} else if canPanic(inner) {
			out = append(out, t.mark(f, s.Pos()))
		}
		t.descend(inner, f, loop)
		out = append(out, s)
	}
	*list = out
}

// mark is the statement that notes where the function is.
func (t *trace) mark(f int, pos token.Pos) ast.Stmt {
	t.points = append(t.points, point{f, t.set.Position(pos)})
	return assignNumber(ident(atName, pos), len(t.points)-1, pos)
}

// descend goes into the blocks of a statement.
func (t *trace) descend(s ast.Stmt, f int, loop ast.Stmt) {
	switch s := s.(type) {
	case *ast.BlockStmt:
		t.block(&s.List, f, loop)
	case *ast.IfStmt:
		t.block(&s.Body.List, f, loop)
		if s.Else != nil {
			t.descend(s.Else, f, loop)
		}
	case *ast.ForStmt:
		if !risky(s.Cond) && !risky(s.Post) {
			t.block(&s.Body.List, f, nil)
			return
		}
		t.block(&s.Body.List, f, s)
		s.Body.List = append(s.Body.List, t.mark(f, s.For)) // the condition comes after the body
	case *ast.RangeStmt:
		t.block(&s.Body.List, f, nil)
	case *ast.SwitchStmt:
		t.clauses(s.Body, f, loop)
	case *ast.TypeSwitchStmt:
		t.clauses(s.Body, f, loop)
	case *ast.SelectStmt:
		t.clauses(s.Body, f, loop)
	}
}

func (t *trace) clauses(body *ast.BlockStmt, f int, loop ast.Stmt) {
	for _, s := range body.List {
		switch c := s.(type) {
		case *ast.CaseClause:
			t.block(&c.Body, f, loop)
		case *ast.CommClause:
			t.block(&c.Body, f, loop)
		}
	}
}

// canPanic reports whether a statement itself, without its blocks, does something that can panic.
func canPanic(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.BlockStmt, *ast.BranchStmt, *ast.EmptyStmt:
		return false
	case *ast.IfStmt:
		other, _ := s.Else.(*ast.IfStmt)
		return risky(s.Init) || risky(s.Cond) || other != nil && canPanic(other)
	case *ast.ForStmt:
		return risky(s.Init) || risky(s.Cond) || risky(s.Post)
	case *ast.RangeStmt:
		return risky(s.X)
	case *ast.SwitchStmt:
		return risky(s.Init) || risky(s.Tag) || risky(caseValues(s.Body))
	case *ast.TypeSwitchStmt:
		return risky(s.Init) || risky(s.Assign)
	case *ast.SelectStmt, *ast.SendStmt:
		return true
	}
	return risky(s)
}

// caseValues are the expressions of a switch's cases, without their statements.
func caseValues(body *ast.BlockStmt) ast.Node {
	all := &ast.CallExpr{Fun: ast.NewIdent("_")}
	for _, s := range body.List {
		all.Args = append(all.Args, s.(*ast.CaseClause).List...)
	}
	if len(all.Args) == 0 {
		return nil
	}
	return &ast.CompositeLit{Elts: all.Args}
}

// risky reports whether evaluating an expression or simple statement can panic. The bodies of function literals run
// elsewhere.
func risky(n ast.Node) bool {
	if n == nil || reflect.ValueOf(n).IsNil() {
		return false
	}
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr, *ast.IndexExpr, *ast.SliceExpr, *ast.StarExpr, *ast.SelectorExpr, *ast.TypeAssertExpr:
			found = true
		case *ast.BinaryExpr:
			found = found || n.Op == token.QUO || n.Op == token.REM || n.Op == token.EQL || n.Op == token.NEQ
		case *ast.AssignStmt:
			found = found || n.Tok == token.QUO_ASSIGN || n.Tok == token.REM_ASSIGN
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW
		}
		return !found
	})
	return found
}
