package complexity

import (
	"go/ast"
	"go/token"
)

// structure walks a function for what the libraries do not give: its cognitive complexity by the paper, and its nesting.
type structure struct {
	fn       *ast.FuncDecl
	receiver *ast.Ident // nil for functions and for receivers without a name
	score    int
	depth    int // of nesting here
	deepest  int
	self     string          // name among the functions of the package, see nameOf
	calls    map[string]bool // functions of the package that are called, by such names
}

// readStructure walks a function. Its score lacks what recursion costs, which takes the whole package to see.
func readStructure(fn *ast.FuncDecl) *structure {
	s := &structure{fn: fn, self: nameOf(fn), calls: map[string]bool{}}
	if fn.Recv != nil && len(fn.Recv.List) > 0 && len(fn.Recv.List[0].Names) > 0 {
		s.receiver = fn.Recv.List[0].Names[0]
	}
	if fn.Body != nil {
		ast.Walk(s, fn.Body)
	}
	return s
}

// Visit implements [ast.Visitor]. Statements that hold others walk them here, at the right depth.
func (s *structure) Visit(n ast.Node) ast.Visitor {
	switch n := n.(type) {
	case *ast.IfStmt:
		s.score += 1 + s.depth
		s.chain(n)
		return nil
	case *ast.ForStmt:
		s.nested(n.Body, n.Init, n.Cond, n.Post)
		return nil
	case *ast.RangeStmt:
		s.nested(n.Body, n.Key, n.Value, n.X)
		return nil
	case *ast.SwitchStmt:
		s.nested(n.Body, n.Init, n.Tag)
		return nil
	case *ast.TypeSwitchStmt:
		s.nested(n.Body, n.Init, n.Assign)
		return nil
	case *ast.SelectStmt:
		s.nested(n.Body)
		return nil
	case *ast.FuncLit: // a level of nesting that costs nothing itself
		s.inside(n.Body)
		return nil
	case *ast.BranchStmt:
		if n.Label != nil {
			s.score++
		}
	case *ast.BinaryExpr:
		if logical(n) {
			var last token.Token
			s.sequence(n, &last)
			return nil
		}
	case *ast.CallExpr:
		if name := s.callee(n); name != "" {
			s.calls[name] = true
		}
	}
	return s
}

// nested scores a statement whose body is one level deeper than its head.
func (s *structure) nested(body ast.Node, head ...ast.Node) {
	s.score += 1 + s.depth
	s.here(head...)
	s.inside(body)
}

// chain walks an if with what follows from else on. Only the first if of a chain pays for the depth it stands at.
func (s *structure) chain(n *ast.IfStmt) {
	s.here(n.Init, n.Cond)
	s.inside(n.Body)
	switch other := n.Else.(type) {
	case *ast.IfStmt:
		s.score++
		s.chain(other)
	case *ast.BlockStmt:
		s.score++
		s.inside(other)
	}
}

func (s *structure) here(nodes ...ast.Node) {
	for _, n := range nodes {
		if n != nil {
			ast.Walk(s, n)
		}
	}
}

func (s *structure) inside(body ast.Node) {
	s.depth++
	s.deepest = max(s.deepest, s.depth)
	ast.Walk(s, body)
	s.depth--
}

// logical reports whether an expression is a && or ||, in parentheses or not.
func logical(e ast.Expr) bool {
	binary, ok := ast.Unparen(e).(*ast.BinaryExpr)
	return ok && (binary.Op == token.LAND || binary.Op == token.LOR)
}

// sequence scores the logical operators of an expression in the order of the text: every change of operator counts.
// Parentheses do not interrupt; everything else between two operators, a negation or a call, is walked for itself.
func (s *structure) sequence(e ast.Expr, last *token.Token) {
	if !logical(e) {
		ast.Walk(s, e)
		return
	}
	binary := ast.Unparen(e).(*ast.BinaryExpr)
	s.sequence(binary.X, last)
	if binary.Op != *last {
		s.score++
		*last = binary.Op
	}
	s.sequence(binary.Y, last)
}

// nameOf names a function among those of its package: name, or type.name for a method.
func nameOf(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return fn.Name.Name
	}
	return receiverType(fn) + "." + fn.Name.Name
}

// receiverType is the name of the type that a method belongs to, without pointer and type parameters.
func receiverType(fn *ast.FuncDecl) string {
	typ := ast.Unparen(fn.Recv.List[0].Type)
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = ast.Unparen(star.X)
	}
	if name, ok := generic(typ).(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// generic is f of f[int].
func generic(e ast.Expr) ast.Expr {
	switch index := e.(type) {
	case *ast.IndexExpr:
		return index.X
	case *ast.IndexListExpr:
		return index.X
	}
	return e
}

// callee names the function of this package that a call can be seen to go to without types: a function by its name, or
// another method of the receiver; "" is anything else. The parser's objects tell a local variable of the same name apart;
// what it finds in no scope of the file may stand in another file of the package.
func (s *structure) callee(call *ast.CallExpr) string {
	switch f := generic(ast.Unparen(call.Fun)).(type) {
	case *ast.Ident:
		if f.Obj == nil || f.Obj.Kind == ast.Fun || f.Obj == s.fn.Name.Obj {
			return f.Name
		}
	case *ast.SelectorExpr:
		x, ok := ast.Unparen(f.X).(*ast.Ident)
		if ok && s.receiver != nil && x.Obj == s.receiver.Obj && x.Obj != nil {
			return receiverType(s.fn) + "." + f.Sel.Name
		}
	}
	return ""
}
