package cells

import (
	"go/ast"
	"go/types"
)

// nilInMap refuses nil as the value of a key in a map of interfaces: ixgo v1.1.1 removes the key instead, which would go
// unnoticed. It sees what is written as nil, not a variable that happens to be.
func (s *Session) nilInMap(u *unit) error {
	var out Diagnostics
	refuse := func(value ast.Expr) {
		if !u.info.Types[value].IsNil() {
			return
		}
		at := s.ctx.FileSet.Position(value.Pos())
		out = append(out, Diagnostic{Cell: at.Filename, Line: at.Line, Column: at.Column,
			Message: "this kernel cannot keep nil in a map of interfaces, it would remove the key; leave the key out, or use a map of pointers"})
	}
	inspect := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, left := range n.Lhs {
				if at, ok := ast.Unparen(left).(*ast.IndexExpr); ok && len(n.Rhs) == len(n.Lhs) && holdsInterfaces(u.info.TypeOf(at.X)) {
					refuse(n.Rhs[i])
				}
			}
		case *ast.CompositeLit:
			if holdsInterfaces(u.info.TypeOf(n)) {
				for _, element := range n.Elts {
					if pair, ok := element.(*ast.KeyValueExpr); ok {
						refuse(pair.Value)
					}
				}
			}
		}
		return true
	}
	for _, d := range u.file.Decls {
		ast.Inspect(d, inspect)
	}
	ast.Inspect(u.body, inspect)
	if out != nil {
		return out
	}
	return nil
}

// holdsInterfaces reports whether a type is a map whose values are interfaces.
func holdsInterfaces(t types.Type) bool {
	if t == nil {
		return false
	}
	m, ok := t.Underlying().(*types.Map)
	return ok && types.IsInterface(m.Elem())
}
