package script

import (
	"go/ast"
	"go/token"
	"go/types"
)

// Statements whose order of evaluation, or one of whose forms, the interpreter gets wrong.

// parallel is an assignment to several places. Yaegi writes some values straight to their place as they are computed, and
// then copies the others over.
func (c *checker) parallel(a *ast.AssignStmt) {
	if len(a.Lhs) < 2 {
		return
	}
	if len(a.Rhs) == 1 {
		c.results(a)
		return
	}
	old := false // does it set anything that was there before?
	for _, l := range a.Lhs {
		id, ok := l.(*ast.Ident)
		old = old || !ok || c.info.Defs[id] == nil && id.Name != "_"
	}
	const instead = "one assignment a line, through a new variable where they depend on each other"
	for _, r := range a.Rhs {
		if old && (c.isNil(r) || c.calls(r)) {
			c.report(a.Pos(), "parallel-assignment", Error, instead, "values of this assignment get lost, for one of them is nil or comes from a call")
			return
		}
	}
	for _, l := range a.Lhs {
		index, ok := ast.Unparen(l).(*ast.IndexExpr)
		if !ok {
			continue
		}
		for _, other := range a.Lhs {
			if id, ok := other.(*ast.Ident); ok && c.mentions(index, c.info.ObjectOf(id)) {
				c.report(l.Pos(), "parallel-assignment", Error, instead, "the place depends on %s, which the same assignment changes first", id.Name)
			}
		}
	}
}

// results is an assignment of the results of one call, or of a value and whether it is there.
func (c *checker) results(a *ast.AssignStmt) {
	for _, l := range a.Lhs {
		index, ok := ast.Unparen(l).(*ast.IndexExpr)
		if !ok {
			continue
		}
		if t := c.typeOf(index.X); t != nil {
			if _, isMap := t.Underlying().(*types.Map); isMap {
				c.report(l.Pos(), "parallel-assignment", Error, "v, err := ..., then assign v", "the element of the map does not get its value")
			}
		}
	}
}

// receive is a value from a channel that goes anywhere but into a variable.
func (c *checker) receive(a *ast.AssignStmt) {
	if a.Tok == token.DEFINE || len(a.Rhs) != 1 {
		return
	}
	if u, ok := ast.Unparen(a.Rhs[0]).(*ast.UnaryExpr); !ok || u.Op != token.ARROW {
		return
	}
	for _, l := range a.Lhs {
		if _, variable := ast.Unparen(l).(*ast.Ident); !variable {
			c.report(l.Pos(), "receive", Error, "v := <-c, then assign v", "a value received from a channel gets lost on its way to anything but a variable")
			return
		}
	}
}

// returnStmt: results that have names are set one after the other.
func (c *checker) returnStmt(r *ast.ReturnStmt) {
	var list *ast.FieldList
	switch f := c.function(r).(type) {
	case *ast.FuncDecl:
		list = f.Type.Results
	case *ast.FuncLit:
		list = f.Type.Results
	}
	if list == nil || len(r.Results) < 2 {
		return
	}
	var named []types.Object
	for _, field := range list.List {
		for _, id := range field.Names {
			named = append(named, c.info.Defs[id])
		}
	}
	for i, result := range named {
		if i >= len(r.Results) || result == nil {
			return
		}
		if id, ok := ast.Unparen(r.Results[i]).(*ast.Ident); ok && c.info.Uses[id] == result {
			continue // it stays what it is
		}
		for _, later := range r.Results[i+1:] {
			if c.mentions(later, result) {
				c.report(later.Pos(), "named-result", Error, "compute it into a new variable before the return, or do not name the results",
					"the result %s is set before this is computed from it", result.Name())
				return
			}
		}
	}
}

// switchStmt: a list of conditions, and values compared with an interface.
func (c *checker) switchStmt(s *ast.SwitchStmt) {
	condition := s.Tag == nil
	if !condition {
		t := c.typeOf(s.Tag)
		if t == nil {
			return
		}
		if isInterface(t) {
			c.report(s.Tag.Pos(), "switch", Error, "if x == value, or an assertion to a concrete type first", "a switch over an interface value fails")
			return
		}
		b, ok := t.Underlying().(*types.Basic)
		condition = ok && b.Info()&types.IsBoolean != 0
	}
	for _, clause := range s.Body.List {
		if list := clause.(*ast.CaseClause).List; condition && len(list) > 1 {
			c.report(list[1].Pos(), "switch", Error, "case a || b", "only the first condition of a case is looked at")
		}
	}
}

// calls reports whether computing an expression calls something or receives from a channel.
func (c *checker) calls(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			found = found || c.info.Types[n].Value == nil
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW
		}
		return !found
	})
	return found
}

// mentions reports whether the variable occurs in an expression.
func (c *checker) mentions(e ast.Node, v types.Object) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		found = found || ok && v != nil && c.info.Uses[id] == v
		return !found
	})
	return found
}
