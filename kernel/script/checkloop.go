package script

import (
	"go/ast"
	"go/token"
	"go/types"
)

// Yaegi keeps some variables of a loop in one place for all iterations: those of the loop itself, as Go did before 1.22;
// those of a type switch or a case of select; and those that `v, ok := ` or a call of compiled code with several results defines. It matters
// where something that refers to the variable outlives the iteration.

// loopVariable looks at the use of a variable inside a function literal, or behind &.
func (c *checker) loopVariable(id *ast.Ident) {
	v, ok := c.info.Uses[id].(*types.Var)
	if !ok || v.IsField() {
		return
	}
	loop := c.sharedBy(v)
	if loop == nil || !within(id.Pos(), loop) {
		return
	}
	if lit := c.outermostLiteral(id, v); lit != nil {
		if how := c.escapes(lit, loop); how != "" {
			c.report(id.Pos(), "loop-variable", Error, c.copyFirst(v),
				"the function literal %s, and %s is one variable for all iterations", how, v.Name())
		}
		return
	}
	if u, ok := c.parent(id).(*ast.UnaryExpr); ok && u.Op == token.AND {
		if how := c.escapes(u, loop); how != "" {
			c.report(id.Pos(), "loop-variable", Error, c.copyFirst(v), "&%s %s, and it is the same address in all iterations", v.Name(), how)
		}
	}
}

func (c *checker) copyFirst(v *types.Var) string {
	switch def := c.definition(v).(type) {
	case *ast.TypeSwitchStmt:
		return "w := " + v.Name() + " first in the case, and w from there on"
	case *ast.AssignStmt:
		if c.received(def) {
			return "w := " + v.Name() + " first in the case, and w from there on"
		}
	}
	return v.Name() + " := " + v.Name() + " on a line of its own before, inside the loop"
}

// sharedBy returns the loop whose iterations share the variable, nil when each has its own.
func (c *checker) sharedBy(v *types.Var) ast.Stmt {
	def := c.definition(v)
	switch stmt := def.(type) {
	case *ast.RangeStmt:
		return stmt
	case *ast.AssignStmt:
		if loop, ok := c.parents[stmt].(*ast.ForStmt); ok && loop.Init == ast.Stmt(stmt) {
			return loop
		}
		if c.received(stmt) {
			return c.loop(stmt)
		}
		if len(stmt.Lhs) < 2 || len(stmt.Rhs) != 1 {
			return nil
		}
		if call, ok := ast.Unparen(stmt.Rhs[0]).(*ast.CallExpr); ok && c.hostCallee(call) == nil {
			return nil
		}
		return c.loop(stmt)
	case *ast.TypeSwitchStmt:
		return c.loop(stmt)
	}
	return nil
}

// received reports whether an assignment is the communication of a case of select.
func (c *checker) received(a *ast.AssignStmt) bool {
	clause, ok := c.parents[a].(*ast.CommClause)
	return ok && clause.Comm == ast.Stmt(a)
}

// definition returns the statement that defines a variable: range, :=, or type switch.
func (c *checker) definition(v *types.Var) ast.Node {
	for clause, object := range c.info.Implicits {
		if object == v {
			if s, ok := c.parents[c.parents[clause]].(*ast.TypeSwitchStmt); ok {
				return s
			}
			return nil
		}
	}
	for id, object := range c.info.Defs {
		if object == v {
			switch p := c.parents[id].(type) {
			case *ast.RangeStmt, *ast.AssignStmt:
				return p
			}
			return nil
		}
	}
	return nil
}

// outermostLiteral returns the outermost function literal around id that lies inside the scope of v.
func (c *checker) outermostLiteral(id *ast.Ident, v *types.Var) ast.Expr {
	var found ast.Expr
	for n := c.parents[ast.Node(id)]; n != nil && n.Pos() > v.Pos(); n = c.parents[n] {
		if lit, ok := n.(*ast.FuncLit); ok {
			found = lit
		}
	}
	return found
}

// escapes says how an expression may be used after the iteration, "" when it cannot. The defer statement has checks of
// its own.
func (c *checker) escapes(e ast.Expr, loop ast.Stmt) string {
	switch p := c.parent(e).(type) {
	case *ast.CallExpr:
		if ast.Unparen(p.Fun) == e { // called where it stands
			switch c.parents[p].(type) {
			case *ast.GoStmt:
				return "runs in a goroutine"
			}
			return ""
		}
		return c.escapesCall(e, p)
	case *ast.AssignStmt:
		return c.escapesAssign(e, p, loop)
	case *ast.ValueSpec:
		for i, value := range p.Values {
			if ast.Unparen(value) == e && i < len(p.Names) {
				return c.escapesVariable(c.info.Defs[p.Names[i]], loop)
			}
		}
	case *ast.KeyValueExpr:
		if lit, ok := c.parent(p).(*ast.CompositeLit); ok && p.Value == e {
			return c.escapes(lit, loop)
		}
	case *ast.CompositeLit:
		return c.escapes(p, loop)
	case *ast.UnaryExpr:
		if p.Op == token.AND {
			return c.escapes(p, loop)
		}
	case *ast.StarExpr, *ast.SelectorExpr, *ast.IndexExpr, *ast.BinaryExpr:
		return "" // only looked at
	}
	return "is kept"
}

// later lists functions that call their argument after they have returned.
var later = map[string][]string{
	"sync": {"Go", "OnceFunc"}, "time": {"AfterFunc"}, "context": {"AfterFunc"}, "net/http": nil, "runtime": {"SetFinalizer", "AddCleanup"},
	"container/list": nil, "container/heap": nil, "container/ring": nil, "flag": {"Func", "BoolFunc", "Var"}, "expvar": nil,
}

func (c *checker) escapesCall(e ast.Expr, call *ast.CallExpr) string {
	if host := c.hostCallee(call); host != nil {
		if names, ok := later[host.Pkg().Path()]; ok && isFunc(host, host.Pkg().Path(), names...) {
			return "is called later by " + host.Pkg().Name() + "." + host.Name()
		}
		if _, isGo := c.parents[call].(*ast.GoStmt); isGo {
			return "is used in a goroutine"
		}
		return "" // compiled code that takes a function calls it and returns
	}
	if own := c.callee(call); own != nil && c.onlyCalls(own, call, e) {
		return ""
	}
	return "is passed on"
}

// onlyCalls reports whether a function of the script does nothing with a parameter but call it.
func (c *checker) onlyCalls(f *types.Func, call *ast.CallExpr, arg ast.Expr) bool {
	at := -1
	for i, a := range call.Args {
		if ast.Unparen(a) == arg {
			at = i
		}
	}
	params := f.Signature().Params()
	if at < 0 || at >= params.Len() || f.Signature().Variadic() && at >= params.Len()-1 {
		return false
	}
	only := true
	for id, object := range c.info.Uses {
		if object != params.At(at) {
			continue
		}
		p, ok := c.parent(id).(*ast.CallExpr)
		if !ok || ast.Unparen(p.Fun) != ast.Expr(id) {
			only = false
			continue
		}
		if _, lit := c.function(id).(*ast.FuncLit); lit {
			only = false
		}
		switch c.parents[p].(type) {
		case *ast.GoStmt, *ast.DeferStmt:
			only = false
		}
	}
	return only
}

func (c *checker) escapesAssign(e ast.Expr, assign *ast.AssignStmt, loop ast.Stmt) string {
	for i, rhs := range assign.Rhs {
		if ast.Unparen(rhs) != e || i >= len(assign.Lhs) {
			continue
		}
		target := c.root(assign.Lhs[i])
		if id, ok := assign.Lhs[i].(*ast.Ident); ok && id.Name == "_" {
			return ""
		}
		if target == nil {
			return "is kept"
		}
		if _, index := assign.Lhs[i].(*ast.IndexExpr); index {
			return "is kept in " + target.Name()
		}
		return c.escapesVariable(target, loop)
	}
	return "is kept"
}

// escapesVariable says how what is in a variable may leave the iteration.
func (c *checker) escapesVariable(object types.Object, loop ast.Stmt) string {
	v, ok := object.(*types.Var)
	if !ok || !within(v.Pos(), loop) {
		return "is kept outside the loop"
	}
	how := ""
	for id, used := range c.info.Uses {
		if used == object && how == "" && c.leaks(id) {
			how = "is kept through " + v.Name()
		}
	}
	return how
}

// leaks reports whether the use of a variable may take its value out of the iteration: anything but calling it, reading or
// writing its fields, or passing it to compiled code.
func (c *checker) leaks(id *ast.Ident) bool {
	var e ast.Node = id
	for {
		sel, ok := c.parent(e).(*ast.SelectorExpr)
		if !ok || sel.X != e {
			break
		}
		e = sel
	}
	switch p := c.parent(e).(type) {
	case *ast.CallExpr:
		if _, ok := c.parents[p].(*ast.GoStmt); ok {
			return true
		}
		return ast.Unparen(p.Fun) != e && c.hostCallee(p) == nil
	case *ast.AssignStmt:
		for _, l := range p.Lhs {
			if l == e {
				return false
			}
		}
		return true
	case *ast.BinaryExpr, *ast.IncDecStmt, *ast.ExprStmt, *ast.IfStmt, *ast.RangeStmt:
		return false
	}
	return e == ast.Node(id) // a field that is read is another value, except where handled above
}

// rangeStmt looks at what is ranged over and into what.
func (c *checker) rangeStmt(r *ast.RangeStmt) {
	t := c.typeOf(r.X)
	if t == nil {
		return
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		if u.Info()&types.IsInteger != 0 {
			name := "i"
			if id, ok := r.Key.(*ast.Ident); ok && id.Name != "_" {
				name = id.Name
			}
			c.report(r.X.Pos(), "range", Error, "for "+name+" := 0; "+name+" < n; "+name+"++", "the interpreter crashes on range over an integer")
		}
	case *types.Signature:
		c.report(r.X.Pos(), "range", Error, "call it with the body of the loop as its callback", "the interpreter crashes on range over a function")
	case *types.Pointer:
		c.report(r.X.Pos(), "range", Error, "range over the array itself or over a slice of it, p[:]", "range over a pointer to an array fails")
	}
	if r.Tok == token.ASSIGN {
		c.report(r.For, "range", Error, "define new variables with := and assign them in the body", "range into existing variables leaves them unchanged")
	}
}
