package script

import (
	"go/ast"
	"go/types"
)

// deferStmt: yaegi evaluates what a deferred call uses when the call runs, not when it is deferred.
func (c *checker) deferStmt(d *ast.DeferStmt) {
	if c.loop(d) != nil {
		if c.usesVariables(d.Call) {
			c.report(d.Defer, "defer-loop", Error, "put the body of the loop into a function of its own, which is called for each iteration",
				"a deferred call in a loop sees the values of the last iteration")
		}
		return
	}
	for _, e := range d.Call.Args {
		if v := c.changes(e, d); v != nil {
			c.reportLate(e, v)
		}
	}
	switch f := ast.Unparen(d.Call.Fun).(type) {
	case *ast.SelectorExpr:
		s := c.info.Selections[f]
		if s == nil || s.Kind() == types.MethodVal && isPointer(s.Obj().(*types.Func).Signature().Recv().Type()) && !isPointer(c.typeOf(f.X)) {
			return // a function of a package, or a method that gets the address of a variable
		}
		if v := c.changes(f.X, d); v != nil {
			c.reportLate(f.X, v)
		}
	case *ast.Ident:
		if v := c.changes(f, d); v != nil {
			c.reportLate(f, v)
		}
	}
}

func (c *checker) reportLate(e ast.Expr, v *types.Var) {
	c.report(e.Pos(), "defer-argument", Error, "copy it to a variable that is not changed and defer with that; or, if the later value is meant, defer a function literal that reads it",
		"%s changes after this line, and the deferred call sees the later value", v.Name())
}

// changes returns the variable by whose change the expression has another value after the deferred call d. What a pointer,
// a map or a slice refers to may change: the compiled program sees that too.
func (c *checker) changes(e ast.Expr, d *ast.DeferStmt) *types.Var {
	v := c.root(e)
	if v == nil {
		return nil
	}
	if _, variable := ast.Unparen(e).(*ast.Ident); variable && refers(v.Type()) {
		if c.assignedAfter(v, d.Pos()) || c.namedResult(v, d) {
			return v
		}
		return nil
	}
	if c.changedAfter(v, d.Pos()) || c.namedResult(v, d) {
		return v
	}
	return nil
}

// refers reports whether a value of the type is a reference.
func refers(t types.Type) bool {
	switch t.Underlying().(type) {
	case *types.Pointer, *types.Map, *types.Slice, *types.Chan, *types.Signature, *types.Interface:
		return true
	}
	return false
}

// usesVariables reports whether a call depends on any variable.
func (c *checker) usesVariables(call *ast.CallExpr) bool {
	uses := false
	ast.Inspect(call, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if v, ok := c.info.Uses[id].(*types.Var); ok && !v.IsField() && (v.Pkg() == c.pkg && v.Parent() != c.pkg.Scope()) {
				uses = uses || !within(v.Pos(), call) // its own variables do not count
			}
		}
		return !uses
	})
	return uses
}

// namedResult reports whether the variable is a result of the function around n: a return statement assigns it.
func (c *checker) namedResult(v *types.Var, n ast.Node) bool {
	var list *ast.FieldList
	switch f := c.function(n).(type) {
	case *ast.FuncDecl:
		list = f.Type.Results
	case *ast.FuncLit:
		list = f.Type.Results
	}
	return list != nil && within(v.Pos(), list)
}

// goStmt: the receiver of a method started by go is not copied.
func (c *checker) goStmt(g *ast.GoStmt) {
	sel, ok := ast.Unparen(g.Call.Fun).(*ast.SelectorExpr)
	if !ok {
		return
	}
	s := c.info.Selections[sel]
	if s == nil || s.Kind() != types.MethodVal || c.ownNamed(s.Recv()) == nil || isPointer(s.Obj().(*types.Func).Signature().Recv().Type()) {
		return
	}
	if v := c.root(sel.X); v != nil && c.changedAfter(v, g.Pos()) {
		c.report(sel.Pos(), "go-receiver", Error, "copy it first: u := "+v.Name()+"; go func() { u."+sel.Sel.Name+"() }()",
			"%s changes after this line, and the goroutine may see the later value", v.Name())
	}
}

// methodUse: a method that is not called where it stands.
func (c *checker) methodUse(sel *ast.SelectorExpr) {
	s := c.info.Selections[sel]
	if s == nil {
		return
	}
	if call, ok := c.parent(sel).(*ast.CallExpr); ok && ast.Unparen(call.Fun) == ast.Expr(sel) && s.Kind() == types.MethodVal {
		return
	}
	switch s.Kind() {
	case types.MethodVal:
		if c.boundWell(sel, s) {
			return
		}
		c.report(sel.Sel.Pos(), "method-value", Error, "a function literal that calls it: func(...) { x."+sel.Sel.Name+"(...) }",
			"the method %s is not called here; as a value it fails, or sees later changes of its receiver", sel.Sel.Name)
	case types.MethodExpr:
		c.report(sel.Sel.Pos(), "method-expression", Error, "a function literal that takes the receiver as its parameter",
			"the method %s taken from its type fails", sel.Sel.Name)
	}
}

// boundWell reports whether a method value is one that works: of the script's own type, with a pointer receiver, on a
// variable that stays the same, outside loops.
func (c *checker) boundWell(sel *ast.SelectorExpr, s *types.Selection) bool {
	recv := s.Obj().(*types.Func).Signature().Recv()
	if c.ownNamed(s.Recv()) == nil || types.IsInterface(s.Recv()) || !isPointer(recv.Type()) || c.loop(sel) != nil {
		return false
	}
	v := c.root(sel.X)
	return v != nil && (isPointer(v.Type()) && !c.assignedAfter(v, sel.Pos()) || !isPointer(v.Type()))
}

// builtin: functions that came after Go 1.20.
func (c *checker) builtin(id *ast.Ident) {
	b, ok := c.info.Uses[id].(*types.Builtin)
	if !ok {
		return
	}
	switch b.Name() {
	case "min", "max":
		c.report(id.Pos(), "builtin", Error, "math.Min and math.Max for float64, or an if", "%s is unknown to the interpreter", b.Name())
	case "clear":
		c.report(id.Pos(), "builtin", Error, "for k := range m { delete(m, k) }, or a loop that sets the elements to zero", "clear is unknown to the interpreter")
	}
}

// newValue: new(expr) of Go 1.26.
func (c *checker) newValue(call *ast.CallExpr) {
	id, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok || len(call.Args) != 1 {
		return
	}
	if b, ok := c.info.Uses[id].(*types.Builtin); ok && b.Name() == "new" && !c.info.Types[call.Args[0]].IsType() {
		c.report(call.Pos(), "builtin", Error, "v := value; p := &v", "new of a value gives a pointer to zero")
	}
}

// genericAlias: yaegi crashes on an alias with type parameters.
func (c *checker) genericAlias(t *ast.TypeSpec) {
	if t.TypeParams != nil && t.Assign.IsValid() {
		c.report(t.Pos(), "generic", Error, "a defined type: type "+t.Name.Name+"[...] ... without the =", "the interpreter crashes on a generic alias")
	}
}

// initOrder: the variables of the package are initialised in the order of the text, except that direct references are
// followed. What a function reads is not.
func (c *checker) initOrder() {
	initialised := map[*types.Var]bool{}
	for _, init := range c.info.InitOrder {
		for _, v := range init.Lhs {
			initialised[v] = true
		}
	}
	for _, init := range c.info.InitOrder {
		v := init.Lhs[0]
		if len(init.Lhs) > 1 {
			c.report(v.Pos(), "init-order", Error, "declare them, and assign them in main or in func init", "several package variables from one call fail")
			continue
		}
		reads := map[*types.Var]bool{}
		c.readsThrough(init.Rhs, false, map[*types.Func]bool{}, reads)
		for other := range reads {
			if other.Pos() > v.Pos() && initialised[other] {
				c.report(v.Pos(), "init-order", Error, "declare "+other.Name()+" before "+v.Name()+", or assign "+v.Name()+" in main",
					"%s is initialised by a function that reads %s, which has no value yet", v.Name(), other.Name())
			}
		}
	}
}

// readsThrough collects the package variables that are read by functions which an expression calls, or passes to a call.
func (c *checker) readsThrough(n ast.Node, inside bool, seen map[*types.Func]bool, reads map[*types.Var]bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		switch used := c.info.Uses[id].(type) {
		case *types.Func:
			body := c.body(used)
			if body == nil || seen[used] || !inside && !c.inCall(id) {
				return true
			}
			seen[used] = true
			c.readsThrough(body, true, seen, reads)
		case *types.Var:
			if inside {
				reads[used] = true
			}
		}
		return true
	})
}

// inCall reports whether an identifier is called, as a function or a method, or is an argument.
func (c *checker) inCall(id *ast.Ident) bool {
	p := c.parent(id)
	if sel, ok := p.(*ast.SelectorExpr); ok {
		p = c.parent(sel)
	}
	_, ok := p.(*ast.CallExpr)
	return ok
}

func (c *checker) body(f *types.Func) *ast.BlockStmt {
	for _, d := range c.file.Decls {
		if decl, ok := d.(*ast.FuncDecl); ok && c.info.Defs[decl.Name] == types.Object(f) {
			return decl.Body
		}
	}
	return nil
}
