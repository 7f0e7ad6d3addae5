package cells

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
)

// lowered is a unit in the form in which it runs: one function, and the variables as package variables.
type lowered struct {
	*unit
	file    *ast.File
	globals []*types.Var // variables that are new, as the cell's own package variables
	reused  map[types.Object]*slot
	step    *types.Var
	steps   [][]types.Object // variables that have their value when step has reached the index
	funcs   []string         // names of the function literals at the head of the body, for stack traces
	library []ast.Decl       // what later cells need as source
	methods map[*types.TypeName]map[string]*types.Var
	stubs   []*ast.FuncDecl
	written map[*ast.FuncDecl]*ast.FuncDecl // stubs to what the cell has
}

// lower rewrites the checked syntax, and the checker's results with it.
//
// A variable that a cell declares must outlive the cell's function, and a function must be found by cells that were
// compiled before it: both become package variables, in place of the objects that the checker made. A variable that is
// there already with the same type is used again, so that what refers to it sees the new value.
func (s *Session) lower(u *unit) *lowered {
	l := &lowered{unit: u, reused: map[types.Object]*slot{}, methods: map[*types.TypeName]map[string]*types.Var{}, written: map[*ast.FuncDecl]*ast.FuncDecl{}}
	replace := map[types.Object]types.Object{}
	place := func(obj types.Object, as *types.Var) {
		if sl := s.reusable(obj.Name(), as.Type()); sl != nil {
			replace[obj] = sl.obj
			l.reused[sl.obj] = sl
			return
		}
		replace[obj] = as
		l.globals = append(l.globals, as)
	}
	for _, id := range u.declares {
		if v, ok := u.info.Defs[id].(*types.Var); ok {
			place(v, v)
		}
	}
	for _, d := range u.vars {
		for _, spec := range d.Specs {
			for _, id := range spec.(*ast.ValueSpec).Names {
				if v, ok := u.info.Defs[id].(*types.Var); ok && id.Name != "_" {
					place(v, v)
				}
			}
		}
	}
	var prologue []ast.Stmt
	for _, d := range u.funcs {
		if d.Recv != nil {
			prologue = append(prologue, l.method(s.pkg, d))
			continue
		}
		if u.inner {
			v := u.info.Defs[d.Name].(*types.Var)
			place(v, v)
			continue
		}
		f := u.info.Defs[d.Name].(*types.Func)
		v := types.NewVar(f.Pos(), s.pkg, f.Name(), f.Type())
		place(f, v)
		prologue = append(prologue, l.function(d, replace[f].(*types.Var), f.Signature()))
	}
	for _, stmt := range u.assigned {
		prologue = append(prologue, stmt)
		l.funcs = append(l.funcs, stmt.Lhs[0].(*ast.Ident).Name)
	}
	for id, obj := range u.info.Uses {
		if to := replace[obj]; to != nil {
			u.info.Uses[id] = to
		}
	}
	l.step = types.NewVar(token.NoPos, s.pkg, stepName, types.Typ[types.Int])
	l.body.Body.List = append(append(prologue, l.initialise(replace)...), l.statements(replace)...)
	for _, name := range u.calls {
		l.body.Body.List = append(l.body.Body.List, l.call(name, replace))
	}
	s.goStatements(l)
	l.assemble()
	return l
}

// reusable returns the slot that a new declaration of a name may take over.
func (s *Session) reusable(name string, t types.Type) *slot {
	sl := s.slotOf(s.names[name])
	if sl == nil || sl.given || !types.Identical(sl.obj.Type(), t) {
		return nil
	}
	return sl
}

// use returns an identifier that means obj.
func (l *lowered) use(pos token.Pos, obj types.Object) *ast.Ident {
	id := &ast.Ident{NamePos: pos, Name: obj.Name()}
	l.info.Uses[id] = obj
	return id
}

// function turns the declaration of a function into an assignment to its variable.
func (l *lowered) function(d *ast.FuncDecl, v *types.Var, sig *types.Signature) ast.Stmt {
	lit := &ast.FuncLit{Type: d.Type, Body: d.Body}
	l.info.Types[d.Type] = types.TypeAndValue{Type: sig}
	l.info.Types[lit] = types.TypeAndValue{Type: sig}
	l.funcs = append(l.funcs, d.Name.Name)
	return &ast.AssignStmt{Lhs: []ast.Expr{l.use(d.Name.Pos(), v)}, TokPos: d.Name.Pos(), Tok: token.ASSIGN, Rhs: []ast.Expr{lit}}
}

// method moves the body of a method into a variable, and leaves a method that calls it.
func (l *lowered) method(pkg *types.Package, d *ast.FuncDecl) ast.Stmt {
	f := l.info.Defs[d.Name].(*types.Func)
	sig := f.Signature()
	params := []*types.Var{sig.Recv()}
	for i := range sig.Params().Len() {
		params = append(params, sig.Params().At(i))
	}
	whole := types.NewSignatureType(nil, nil, nil, types.NewTuple(params...), sig.Results(), sig.Variadic())
	typ := receiver(d)
	v := types.NewVar(f.Pos(), pkg, methodName(typ, f.Name()), whole)
	l.globals = append(l.globals, v)
	owner := pkg.Scope().Lookup(typ).(*types.TypeName)
	if l.methods[owner] == nil {
		l.methods[owner] = map[string]*types.Var{}
	}
	l.methods[owner][f.Name()] = v

	lit := &ast.FuncLit{Type: functionType(d), Body: d.Body}
	l.info.Types[lit.Type] = types.TypeAndValue{Type: whole}
	l.info.Types[lit] = types.TypeAndValue{Type: whole}
	l.funcs = append(l.funcs, v.Name())

	at := d.Body.Lbrace
	call := &ast.CallExpr{Fun: l.use(at, v), Lparen: at, Rparen: at}
	for _, field := range lit.Type.Params.List {
		for _, id := range field.Names {
			call.Args = append(call.Args, l.use(at, l.info.Defs[id]))
		}
	}
	if sig.Variadic() {
		call.Ellipsis = at
	}
	var forward ast.Stmt = &ast.ExprStmt{X: call}
	switch sig.Results().Len() {
	case 0:
		l.info.Types[call] = types.TypeAndValue{Type: types.NewTuple()}
	case 1:
		l.info.Types[call] = types.TypeAndValue{Type: sig.Results().At(0).Type()}
		forward = &ast.ReturnStmt{Return: at, Results: []ast.Expr{call}}
	default:
		l.info.Types[call] = types.TypeAndValue{Type: sig.Results()}
		forward = &ast.ReturnStmt{Return: at, Results: []ast.Expr{call}}
	}
	stub := *d
	stub.Body = &ast.BlockStmt{Lbrace: at, List: []ast.Stmt{forward}, Rbrace: d.Body.Rbrace}
	l.stubs = append(l.stubs, &stub)
	l.written[&stub] = d
	return &ast.AssignStmt{Lhs: []ast.Expr{l.use(d.Name.Pos(), v)}, TokPos: d.Name.Pos(), Tok: token.ASSIGN, Rhs: []ast.Expr{lit}}
}

// initialise turns the initial values of the variables at the head of the cell into assignments, in the order that the
// type checker found: that of their dependencies.
func (l *lowered) initialise(replace map[types.Object]types.Object) []ast.Stmt {
	var out []ast.Stmt
	for _, init := range l.info.InitOrder {
		stmt := &ast.AssignStmt{TokPos: init.Rhs.Pos(), Tok: token.ASSIGN, Rhs: []ast.Expr{init.Rhs}}
		var set []types.Object
		for _, v := range init.Lhs {
			if v.Name() == "_" {
				stmt.Lhs = append(stmt.Lhs, &ast.Ident{NamePos: v.Pos(), Name: "_"})
				continue
			}
			stmt.Lhs = append(stmt.Lhs, l.use(v.Pos(), replace[v]))
			set = append(set, replace[v])
		}
		out = append(out, stmt, l.stepAfter(init.Rhs.End(), set))
	}
	l.info.InitOrder = nil
	return out
}

// statements turns declarations among the statements into assignments.
func (l *lowered) statements(replace map[types.Object]types.Object) []ast.Stmt {
	own := len(l.body.Body.List) - len(l.declares) - len(l.assigned) // without what parse and closeOver have added
	var out []ast.Stmt
	for _, stmt := range l.body.Body.List[:own] {
		var set []types.Object
		assign := func(id *ast.Ident) ast.Expr {
			if v, ok := l.info.Defs[id].(*types.Var); ok && replace[v] != nil {
				delete(l.info.Defs, id)
				l.info.Uses[id] = replace[v]
				set = append(set, replace[v])
			}
			return id
		}
		switch st := stmt.(type) {
		case *ast.AssignStmt:
			if st.Tok == token.DEFINE {
				st.Tok = token.ASSIGN
				for _, lhs := range st.Lhs {
					assign(lhs.(*ast.Ident))
				}
			}
			out = append(out, st)
		case *ast.DeclStmt:
			for _, spec := range st.Decl.(*ast.GenDecl).Specs {
				spec, ok := spec.(*ast.ValueSpec)
				if !ok {
					out = append(out, st)
					break
				}
				a := &ast.AssignStmt{TokPos: spec.Pos(), Tok: token.ASSIGN, Rhs: spec.Values}
				for _, id := range spec.Names {
					a.Lhs = append(a.Lhs, assign(id))
				}
				out = append(out, a)
			}
		default:
			out = append(out, stmt)
		}
		if set != nil {
			out = append(out, l.stepAfter(stmt.End(), set))
		}
	}
	return out
}

// stepAfter records how far the cell has come, so that one that stops half-way declares what it has set and nothing else.
func (l *lowered) stepAfter(pos token.Pos, set []types.Object) ast.Stmt {
	l.steps = append(l.steps, set)
	n := int64(len(l.steps))
	lit := &ast.BasicLit{ValuePos: pos, Kind: token.INT, Value: fmt.Sprint(n)}
	l.info.Types[lit] = types.TypeAndValue{Type: types.Typ[types.Int], Value: constant.MakeInt64(n)}
	return &ast.AssignStmt{Lhs: []ast.Expr{l.use(pos, l.step)}, TokPos: pos, Tok: token.ASSIGN, Rhs: []ast.Expr{lit}}
}

// call runs a function without arguments of the cell.
func (l *lowered) call(name string, replace map[types.Object]types.Object) ast.Stmt {
	var v types.Object
	for _, to := range replace {
		if to.Name() == name {
			v = to
		}
	}
	pos := l.body.Body.Rbrace
	call := &ast.CallExpr{Fun: l.use(pos, v), Lparen: pos, Rparen: pos}
	l.info.Types[call] = types.TypeAndValue{Type: types.NewTuple()}
	return &ast.ExprStmt{X: call}
}

// assemble makes the file that is built.
func (l *lowered) assemble() {
	l.file = &ast.File{Name: l.unit.file.Name, Package: l.unit.file.Package, FileStart: l.unit.file.FileStart, FileEnd: l.unit.file.FileEnd}
	for _, d := range l.unit.file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && (g.Tok == token.TYPE || g.Tok == token.CONST) {
			if d := l.remaining(g); d != nil {
				l.file.Decls = append(l.file.Decls, d)
			}
		}
	}
	for _, d := range l.generic {
		l.library = append(l.library, d)
	}
	for _, d := range l.stubs {
		l.library = append(l.library, d)
	}
	l.file.Decls = append(append(l.file.Decls, l.library...), l.retained()...)
	vars := &ast.GenDecl{TokPos: l.file.Package, Tok: token.VAR}
	for _, v := range append(l.globals, l.step) {
		id := &ast.Ident{NamePos: v.Pos(), Name: v.Name()}
		l.info.Defs[id] = v
		vars.Specs = append(vars.Specs, &ast.ValueSpec{Names: []*ast.Ident{id}})
	}
	l.file.Decls = append(l.file.Decls, vars, l.body)
}

// goStatements lets the session start the goroutines of a cell: it then knows whose they are, and a panic in one is
// reported instead of ending the process.
func (s *Session) goStatements(l *lowered) {
	rewrite := func(list []ast.Stmt) {
		for i, stmt := range list {
			st, ok := stmt.(*ast.GoStmt)
			if !ok {
				continue
			}
			if call := s.spawnCall(l, st.Call); call != nil {
				list[i] = &ast.ExprStmt{X: call}
			}
		}
	}
	for _, d := range l.library {
		ast.Inspect(d, func(n ast.Node) bool { return inBlock(n, rewrite) })
	}
	ast.Inspect(l.body, func(n ast.Node) bool { return inBlock(n, rewrite) })
}

func inBlock(n ast.Node, rewrite func([]ast.Stmt)) bool {
	switch n := n.(type) {
	case *ast.BlockStmt:
		rewrite(n.List)
	case *ast.CaseClause:
		rewrite(n.Body)
	case *ast.CommClause:
		rewrite(n.Body)
	case *ast.LabeledStmt:
		one := []ast.Stmt{n.Stmt}
		rewrite(one)
		n.Stmt = one[0]
	}
	return true
}

// spawnCall returns the call of the session that does what go call would, nil for calls that stay: of builtins, and of
// functions that take the results of another.
func (s *Session) spawnCall(l *lowered, call *ast.CallExpr) *ast.CallExpr {
	if l.info.Types[call.Fun].IsBuiltin() || l.info.Types[call.Fun].IsType() {
		return nil
	}
	if len(call.Args) == 1 {
		if _, several := l.info.TypeOf(call.Args[0]).(*types.Tuple); several {
			return nil
		}
	}
	name := goName
	if call.Ellipsis.IsValid() {
		name = goSpreadName
	}
	out := &ast.CallExpr{
		Fun: l.use(call.Pos(), s.names[name]), Lparen: call.Lparen, Rparen: call.Rparen,
		Args: append([]ast.Expr{call.Fun}, call.Args...),
	}
	l.info.Types[out] = types.TypeAndValue{Type: types.NewTuple()}
	return out
}
