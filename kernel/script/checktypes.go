package script

import (
	"go/ast"
	"go/token"
	"go/types"
)

// What the checks ask about types and places.

// ownNamed returns the named type if it is declared in the script, pointers looked through.
func (c *checker) ownNamed(t types.Type) *types.Named {
	if t == nil {
		return nil
	}
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := types.Unalias(t).(*types.Named); ok && n.Obj().Pkg() == c.pkg && c.pkg != nil {
		return n
	}
	return nil
}

// ownValue returns the named type if it is declared in the script, is no interface, and is not behind a pointer.
func (c *checker) ownValue(t types.Type) *types.Named {
	if n := c.ownNamed(t); n != nil && !types.IsInterface(n) && !isPointer(t) {
		return n
	}
	return nil
}

func isPointer(t types.Type) bool {
	_, ok := types.Unalias(t).(*types.Pointer)
	return ok
}

// hasMethod reports whether the type or the pointer to it has the method; "" is any method.
func hasMethod(n *types.Named, names ...string) bool {
	if types.IsInterface(n) {
		return false
	}
	set := types.NewMethodSet(types.NewPointer(n))
	if len(names) == 0 {
		return set.Len() > 0
	}
	for i := range set.Len() {
		for _, name := range names {
			if set.At(i).Obj().Name() == name {
				return true
			}
		}
	}
	return false
}

var errorInterface = types.Universe.Lookup("error").Type().Underlying().(*types.Interface)

// isErrorType reports whether a type of the script, or the pointer to it, is an error.
func isErrorType(n *types.Named) bool {
	return n != nil && !types.IsInterface(n) && types.Implements(types.NewPointer(n), errorInterface)
}

func isInterface(t types.Type) bool {
	if t == nil {
		return false
	}
	_, param := types.Unalias(t).(*types.TypeParam)
	return types.IsInterface(t) && !param
}

// isEmptyInterface reports whether t is any.
func isEmptyInterface(t types.Type) bool {
	i, ok := t.Underlying().(*types.Interface)
	return ok && i.NumMethods() == 0 && isInterface(t)
}

func (c *checker) typeOf(e ast.Expr) types.Type { return c.info.TypeOf(e) }

// nameOf writes a type as the script does.
func (c *checker) nameOf(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string {
		if p == c.pkg {
			return ""
		}
		return p.Name()
	})
}

// callee returns the function or method that a call names, nil for a function value.
func (c *checker) callee(call *ast.CallExpr) *types.Func {
	var id *ast.Ident
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		id = f
	case *ast.SelectorExpr:
		id = f.Sel
	default:
		return nil
	}
	f, _ := c.info.Uses[id].(*types.Func)
	return f
}

// hostCallee returns the function of a compiled package that a call names.
func (c *checker) hostCallee(call *ast.CallExpr) *types.Func {
	if f := c.callee(call); f != nil && f.Pkg() != nil && f.Pkg() != c.pkg {
		return f
	}
	return nil
}

func isFunc(f *types.Func, pkg string, names ...string) bool {
	if f == nil || f.Pkg() == nil || f.Pkg().Path() != pkg {
		return false
	}
	for _, name := range names {
		if f.Name() == name {
			return true
		}
	}
	return len(names) == 0
}

// parent returns the node around n, parentheses looked through.
func (c *checker) parent(n ast.Node) ast.Node {
	p := c.parents[n]
	for {
		paren, ok := p.(*ast.ParenExpr)
		if !ok {
			return p
		}
		p = c.parents[paren]
	}
}

// function returns the innermost function around n, nil at package level.
func (c *checker) function(n ast.Node) ast.Node {
	for n = c.parents[n]; n != nil; n = c.parents[n] {
		switch n.(type) {
		case *ast.FuncDecl, *ast.FuncLit:
			return n
		}
	}
	return nil
}

// loop returns the innermost loop whose body holds n, within the same function.
func (c *checker) loop(n ast.Node) ast.Stmt {
	for child, p := n, c.parents[n]; p != nil; child, p = p, c.parents[p] {
		switch p := p.(type) {
		case *ast.FuncDecl, *ast.FuncLit:
			return nil
		case *ast.ForStmt:
			if child == p.Body {
				return p
			}
		case *ast.RangeStmt:
			if child == p.Body {
				return p
			}
		}
	}
	return nil
}

func within(pos token.Pos, n ast.Node) bool { return n.Pos() <= pos && pos < n.End() }

// root returns the variable at the bottom of x, x.f, x[i], *x and &x, nil when there is another expression.
func (c *checker) root(e ast.Expr) *types.Var {
	for {
		switch x := ast.Unparen(e).(type) {
		case *ast.Ident:
			v, _ := c.info.ObjectOf(x).(*types.Var)
			return v
		case *ast.SelectorExpr:
			if id, ok := x.X.(*ast.Ident); ok {
				if _, pkg := c.info.Uses[id].(*types.PkgName); pkg {
					v, _ := c.info.Uses[x.Sel].(*types.Var)
					return v
				}
			}
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.UnaryExpr:
			if x.Op != token.AND {
				return nil
			}
			e = x.X
		default:
			return nil
		}
	}
}

// assignedAfter reports whether the variable itself gets another value after the position.
func (c *checker) assignedAfter(v *types.Var, pos token.Pos) bool {
	assigned := false
	ast.Inspect(c.file, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok && a.Pos() > pos {
			for _, l := range a.Lhs {
				id, ok := ast.Unparen(l).(*ast.Ident)
				assigned = assigned || ok && c.info.Uses[id] == types.Object(v)
			}
		}
		return !assigned
	})
	return assigned
}

// changedAfter reports whether the variable, or a part of it, is assigned after the position, anywhere in the script.
func (c *checker) changedAfter(v *types.Var, pos token.Pos) bool {
	changed := false
	ast.Inspect(c.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				if id, ok := l.(*ast.Ident); ok && c.info.Defs[id] != nil {
					continue // a new variable
				}
				changed = changed || n.Pos() > pos && c.root(l) == v
			}
		case *ast.IncDecStmt:
			changed = changed || n.Pos() > pos && c.root(n.X) == v
		case *ast.UnaryExpr: // its address is taken: anything may happen
			changed = changed || n.Op == token.AND && n.Pos() > pos && c.root(n.X) == v
		}
		return !changed
	})
	return changed
}
