package script

import (
	"go/ast"
	"go/token"
	"go/types"
)

// Interfaces and errors. Yaegi wraps a script's value that becomes an interface; compiled code, assertions, type switches
// and comparisons see through the wrapper in some cases only. The rules here were found by running every combination, see
// TestAssertions.

// assertion is x.(T).
func (c *checker) assertion(a *ast.TypeAssertExpr) {
	if a.Type == nil {
		return
	}
	from, to := c.typeOf(a.X), c.typeOf(a.Type)
	if from == nil || to == nil || !isInterface(from) {
		return
	}
	if c.recovered(a.X) {
		c.report(a.Pos(), "recover", Error, "fmt.Sprint(r) for its text", "a recovered value has lost its type, the assertion is false")
		return
	}
	if why := c.assertionFails(from, to); why != "" {
		c.report(a.Pos(), "assertion", Error, "keep the value in a variable of its own type, or give the interface a method that answers the question",
			"the assertion to %s is unreliable: %s", c.nameOf(to), why)
		return
	}
	if own := c.basicOfOwn(to); isEmptyInterface(from) && own != "" {
		c.report(a.Pos(), "assertion", Warning, "keep a "+own+" in a variable of its own type", "the assertion to %s is true for a %s too", c.nameOf(to), own)
	}
	if isEmptyInterface(from) && isInterface(to) {
		c.report(a.Pos(), "assertion", Warning, "assert to the concrete type", "the assertion to %s is false for types of the script", c.nameOf(to))
	}
}

func (c *checker) assertionFails(from, to types.Type) string {
	own := c.ownNamed(to)
	switch {
	case c.ownNamed(from) != nil: // an interface of the script: its values stay what they are
		return ""
	case own == nil && isInterface(to) && !isEmptyInterface(from):
		if _, named := types.Unalias(to).(*types.Named); !named {
			return "an interface without a name is never found"
		}
		return ""
	case own == nil:
		return ""
	case isInterface(to):
		return "it is an interface of the script"
	case !isEmptyInterface(from):
		if c.ownValue(to) != nil {
			return "only pointers are found in an interface of a compiled package"
		}
		return ""
	}
	return c.confusable(own, to)
}

// confusable says with what a type of the script is confused in an any.
func (c *checker) confusable(n *types.Named, t types.Type) string {
	if _, basic := n.Underlying().(*types.Basic); basic && !isPointer(t) {
		return c.nameOf(n) + " and " + n.Underlying().String() + " are the same to the interpreter"
	}
	if twin := c.twin(n); twin != "" {
		return c.nameOf(n) + " and " + twin + " have the same fields and are the same to the interpreter"
	}
	return ""
}

// twin returns another type of the script with the same underlying type.
func (c *checker) twin(n *types.Named) string {
	for _, object := range c.info.Defs {
		if name, ok := object.(*types.TypeName); ok && !name.IsAlias() && name != n.Obj() && name.Pkg() == c.pkg {
			if types.Identical(name.Type().Underlying(), n.Underlying()) {
				return name.Name()
			}
		}
	}
	return ""
}

// basicOfOwn returns a type of the script that is defined by the basic type t, "" when there is none.
func (c *checker) basicOfOwn(t types.Type) string {
	if _, basic := t.(*types.Basic); !basic {
		return ""
	}
	for _, object := range c.info.Defs {
		if name, ok := object.(*types.TypeName); ok && !name.IsAlias() && name.Pkg() == c.pkg && types.Identical(name.Type().Underlying(), t) {
			return name.Name()
		}
	}
	return ""
}

// recovered reports whether an expression is what recover returned.
func (c *checker) recovered(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		id, ok := ast.Unparen(e.Fun).(*ast.Ident)
		if !ok {
			return false
		}
		b, ok := c.info.Uses[id].(*types.Builtin)
		return ok && b.Name() == "recover"
	case *ast.Ident:
		v, ok := c.info.Uses[e].(*types.Var)
		if !ok {
			return false
		}
		assign, ok := c.definition(v).(*ast.AssignStmt)
		return ok && len(assign.Rhs) == 1 && c.recovered(assign.Rhs[0])
	}
	return false
}

// typeSwitch is switch x.(type).
func (c *checker) typeSwitch(s *ast.TypeSwitchStmt) {
	var x ast.Expr
	ast.Inspect(s.Assign, func(n ast.Node) bool {
		if a, ok := n.(*ast.TypeAssertExpr); ok && x == nil {
			x = a.X
		}
		return x == nil
	})
	from := c.typeOf(x)
	if from == nil {
		return
	}
	if c.recovered(x) {
		c.report(s.Switch, "recover", Error, "fmt.Sprint(r) for its text", "a recovered value has lost its type, no case is taken")
		return
	}
	for _, clause := range s.Body.List {
		for _, e := range clause.(*ast.CaseClause).List {
			to := c.typeOf(e)
			if to == nil || !c.info.Types[e].IsType() {
				continue
			}
			if why := c.caseFails(from, to); why != "" {
				c.report(e.Pos(), "type-switch", Error, "if v, ok := x.("+c.nameOf(to)+"); ok, or a method of the interface", "the case %s is unreliable: %s", c.nameOf(to), why)
			}
		}
	}
}

func (c *checker) caseFails(from, to types.Type) string {
	own := c.ownNamed(to)
	switch {
	case isInterface(to) && !isEmptyInterface(to):
		return "a type switch does not find interfaces"
	case own == nil || c.ownNamed(from) != nil:
		return ""
	case hasMethod(own):
		return "a type switch does not find types of the script that have methods"
	}
	return c.confusable(own, to)
}

// compare is == or != between interfaces.
func (c *checker) compare(b *ast.BinaryExpr) {
	if b.Op != token.EQL && b.Op != token.NEQ {
		return
	}
	x, y := c.typeOf(b.X), c.typeOf(b.Y)
	if x == nil || y == nil || !isInterface(x) && !isInterface(y) || c.isNil(b.X) || c.isNil(b.Y) {
		return
	}
	ownX, ownY := c.ownNamed(x), c.ownNamed(y)
	switch {
	case ownX != nil && hasMethodOrInterface(ownX), ownY != nil && hasMethodOrInterface(ownY):
		c.report(b.OpPos, "interface-compare", Error, "a method that returns something to compare, such as a name", "interface values that hold types of the script compare as different")
	case c.ownErrors && types.Implements(x, errorInterface) && types.Implements(y, errorInterface) && !c.hostVariable(b.X) && !c.hostVariable(b.Y):
		c.report(b.OpPos, "own-error", Error, "compare with errors made by errors.New, or keep the reason in a variable", "comparing errors fails where one is of a type of the script")
	}
}

func hasMethodOrInterface(n *types.Named) bool { return types.IsInterface(n) || hasMethod(n) }

func (c *checker) isNil(e ast.Expr) bool { return c.info.Types[e].IsNil() }

// hostVariable reports whether an expression is a variable of a compiled package, such as io.EOF.
func (c *checker) hostVariable(e ast.Expr) bool {
	v := c.root(e)
	return v != nil && v.Pkg() != c.pkg
}

// mapKey is map[K]V with an interface of the script as K.
func (c *checker) mapKey(m *ast.MapType) {
	if n := c.ownNamed(c.typeOf(m.Key)); n != nil && types.IsInterface(n) {
		c.report(m.Key.Pos(), "interface-compare", Error, "a key of a basic type, such as a name", "a map with the interface %s as its key fails", n.Obj().Name())
	}
}

// assignLiteral is x.f = T{...} where x.f is an interface of the script.
func (c *checker) assignLiteral(a *ast.AssignStmt) {
	if a.Tok != token.ASSIGN || len(a.Lhs) != len(a.Rhs) {
		return
	}
	for i, rhs := range a.Rhs {
		lit, ok := ast.Unparen(rhs).(*ast.CompositeLit)
		if !ok || c.ownValue(c.typeOf(lit)) == nil {
			continue
		}
		if _, variable := a.Lhs[i].(*ast.Ident); variable {
			continue
		}
		if t := c.typeOf(a.Lhs[i]); t != nil && isInterface(t) && !isEmptyInterface(t) {
			c.report(lit.Pos(), "interface-literal", Error, "v := "+c.nameOf(c.typeOf(lit))+"{...}, then assign v", "assigning a literal to an interface in a field or an element fails")
		}
	}
}

// embedding is a struct that embeds an interface of the script.
func (c *checker) embedding(s *ast.StructType) {
	for _, f := range s.Fields.List {
		if n := c.ownNamed(c.typeOf(f.Type)); len(f.Names) == 0 && n != nil && types.IsInterface(n) {
			c.report(f.Pos(), "interface-embedding", Error, "a field with a name, and methods that call it", "the interface %s embedded in a struct fails once it is replaced", n.Obj().Name())
		}
	}
}

// declaresErrors reports whether the script has an error type of its own.
func (c *checker) declaresErrors() bool {
	for _, object := range c.info.Defs {
		if name, ok := object.(*types.TypeName); ok {
			if n, ok := name.Type().(*types.Named); ok && isErrorType(n) {
				return true
			}
		}
	}
	return false
}

// errorValue: an error type whose values, not pointers, are errors.
func (c *checker) errorValue(e ast.Expr) {
	id, ok := e.(*ast.Ident)
	if !ok || id.Name != "Error" {
		return
	}
	f, ok := c.info.Defs[id].(*types.Func)
	if !ok || f.Signature().Recv() == nil || isPointer(f.Signature().Recv().Type()) {
		return
	}
	if n := c.ownValue(f.Signature().Recv().Type()); isErrorType(n) {
		name := n.Obj().Name()
		c.report(id.Pos(), "own-error", Error, "func (e *"+name+") Error() string, and &"+name+"{...}; or errors.New and fmt.Errorf",
			"values of %s lose their Error method when they become an error", name)
	}
}

// callErrors looks at a script's errors that go into compiled code.
func (c *checker) callErrors(call *ast.CallExpr) {
	host := c.hostCallee(call)
	if host == nil {
		return
	}
	if isFunc(host, "errors", "As") && len(call.Args) == 2 {
		if t, ok := types.Unalias(c.typeOf(call.Args[1])).(*types.Pointer); ok && c.ownNamed(t.Elem()) != nil {
			c.report(call.Pos(), "own-error", Error, "errors.Is with an error made by errors.New", "errors.As panics on a type of the script")
		}
		return
	}
	if isFunc(host, "errors", "Is") && c.ownErrors && len(call.Args) == 2 && !c.hostVariable(call.Args[1]) {
		c.report(call.Pos(), "own-error", Error, "errors made by errors.New instead of a type of the script", "errors.Is is false for errors of a type of the script")
		return
	}
	params := host.Signature().Params()
	for i, arg := range call.Args {
		n := c.ownNamed(c.typeOf(arg))
		if !isErrorType(n) {
			continue
		}
		if t := paramType(host.Signature(), params, i); t != nil && types.Identical(t.Underlying(), errorInterface) {
			c.report(arg.Pos(), "own-error", Error, "var err error = e, then pass err", "%s.%s panics on a %s", host.Pkg().Name(), host.Name(), c.nameOf(c.typeOf(arg)))
		}
	}
}

func paramType(s *types.Signature, params *types.Tuple, i int) types.Type {
	if s.Variadic() && i >= params.Len()-1 {
		if slice, ok := params.At(params.Len() - 1).Type().(*types.Slice); ok {
			return slice.Elem()
		}
		return nil
	}
	if i < params.Len() {
		return params.At(i).Type()
	}
	return nil
}
