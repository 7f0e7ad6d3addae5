package cells

import (
	"errors"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/goplus/ixgo"
)

// unit is a cell on its way to the interpreter.
type unit struct {
	*cell
	info *types.Info

	wrapped  bool              // the last expression is handed to show
	inner    bool              // functions are closures at the end of the statements, see closeOver
	assigned []*ast.AssignStmt // slot = function literal, to run before everything else
	retains  []ast.Decl
	extra    map[string]string // imports that the cell does without, name -> path

	kept map[string]*types.TypeName // types that are declared again as they are
}

// compile checks a cell. Errors are Diagnostics.
func (s *Session) compile(c *cell) (*unit, error) {
	if err := s.checkImports(c); err != nil {
		return nil, err
	}
	u := &unit{cell: c, extra: map[string]string{}, kept: map[string]*types.TypeName{}}
	if err := s.redeclare(u); err != nil {
		return nil, err
	}
	if u.last != nil {
		u.wrap()
	}
	for range 20 { // each round mends one thing
		problems := s.check(u)
		switch {
		case len(problems) == 0:
			if !u.inner && s.usesOwnVariables(u) {
				u.closeOver()
				continue
			}
			if err := s.nilInMap(u); err != nil {
				return nil, err
			}
			return u, nil
		case u.wrapped && u.lastHasNoValue(problems):
			u.unwrap()
		case s.importMissing(u, problems):
		case !u.inner && u.missesOwnVariables(problems):
			u.closeOver()
		default:
			return nil, s.explain(u, problems)
		}
	}
	return nil, errors.New("cells: the cell cannot be compiled") // each remedy applies at most once
}

// check type-checks the unit as it stands.
func (s *Session) check(u *unit) []types.Error {
	s.renew()
	file := s.assemble(u)
	source := &ixgo.SourcePackage{Context: s.ctx, Package: s.pkg, Files: []*ast.File{file}}
	err := source.Load()
	if err == nil {
		u.info = source.Info
		return nil
	}
	// Load gives the first error only. Once more for all of them.
	var all []types.Error
	s.renew()
	file = s.assemble(u)
	config := types.Config{
		Importer: s.ctx.Importer, Sizes: types.SizesFor("gc", runtime.GOARCH), DisableUnusedImportCheck: true,
		Error: func(err error) {
			var e types.Error
			if errors.As(err, &e) {
				all = append(all, e)
			}
		},
	}
	_ = types.NewChecker(&config, s.ctx.FileSet, s.pkg, &types.Info{}).Files([]*ast.File{file})
	if len(all) == 0 {
		all = append(all, types.Error{Fset: s.ctx.FileSet, Pos: file.Package, Msg: err.Error()})
	}
	return all
}

// assemble makes the file to check, and puts what earlier cells declared into the scope of its package.
func (s *Session) assemble(u *unit) *ast.File {
	used := map[string]bool{}
	file := &ast.File{Name: u.file.Name, Package: u.file.Package, FileStart: u.file.FileStart, FileEnd: u.file.FileEnd}
	for _, d := range u.file.Decls {
		if d = u.remaining(d); d != nil {
			file.Decls = append(file.Decls, d)
		}
	}
	file.Decls = append(append(file.Decls, u.retained()...), u.body)
	for _, d := range file.Decls {
		ast.Inspect(d, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				used[id.Name] = true
			}
			return true
		})
	}
	own := u.ownNames()
	var imports []ast.Decl
	for _, set := range []map[string]string{s.imports, u.extra} {
		for name, path := range set {
			if used[name] && !own[name] {
				imports = append(imports, importDecl(file.Package, name, path))
				own[name] = true
			}
		}
	}
	for _, path := range s.dots {
		imports = append(imports, importDecl(file.Package, ".", path))
	}
	file.Decls = append(imports, file.Decls...)
	for name := range used {
		if obj, live := s.names[name]; live && !own[name] {
			s.pkg.Scope().Insert(obj)
		}
	}
	for name, obj := range u.kept {
		if used[name] {
			s.pkg.Scope().Insert(obj)
		}
	}
	for _, stmt := range u.assigned { // methods of types that are kept
		if id := stmt.Lhs[0].(*ast.Ident); s.method(u, id.Name) != nil {
			s.pkg.Scope().Insert(s.method(u, id.Name).obj)
		}
	}
	return file
}

// remaining returns a declaration as the compiler is to see it, nil when it is not to see it.
func (u *unit) remaining(d ast.Decl) ast.Decl {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if slices.Contains(u.funcs, d) || slices.Contains(u.generic, d) {
			if u.inner && d.Recv == nil && !isGeneric(d) {
				return &ast.GenDecl{Tok: token.VAR, TokPos: d.Pos(), Specs: []ast.Spec{
					&ast.ValueSpec{Names: []*ast.Ident{d.Name}, Type: d.Type},
				}}
			}
			return d
		}
		return nil
	case *ast.GenDecl:
		if d.Tok != token.TYPE {
			return d
		}
		left := *d
		left.Specs = slices.DeleteFunc(slices.Clone(d.Specs), func(spec ast.Spec) bool {
			return u.kept[spec.(*ast.TypeSpec).Name.Name] != nil
		})
		if len(left.Specs) == 0 {
			return nil
		}
		return &left
	}
	return d
}

// retained returns functions that nobody calls. They make an interface of every type that the cell declares, without which
// the interpreter would not compile its methods: it does not know that later cells will call them.
func (u *unit) retained() []ast.Decl {
	if u.retains != nil {
		return u.retains
	}
	u.retains = []ast.Decl{}
	for _, spec := range u.types {
		if u.kept[spec.Name.Name] != nil || spec.TypeParams != nil || spec.Assign.IsValid() || spec.Name.Name == "_" {
			continue
		}
		// Constraints cannot be made an interface of; struct types can have methods that they embed.
		if _, isStruct := spec.Type.(*ast.StructType); !isStruct && !slices.ContainsFunc(u.funcs, func(d *ast.FuncDecl) bool { return receiver(d) == spec.Name.Name }) {
			continue
		}
		at := spec.Name.Pos()
		name := func(s string) *ast.Ident { return &ast.Ident{NamePos: at, Name: s} }
		list := func(id *ast.Ident, t ast.Expr) *ast.FieldList {
			f := &ast.Field{Type: t}
			if id != nil {
				f.Names = []*ast.Ident{id}
			}
			return &ast.FieldList{Opening: at, List: []*ast.Field{f}, Closing: at}
		}
		u.retains = append(u.retains, &ast.FuncDecl{
			Name: name("keep·" + spec.Name.Name),
			Type: &ast.FuncType{
				Func: at, Params: list(name("p"), &ast.StarExpr{Star: at, X: name(spec.Name.Name)}),
				Results: list(nil, &ast.InterfaceType{Interface: at, Methods: &ast.FieldList{Opening: at, Closing: at}}),
			},
			Body: &ast.BlockStmt{Lbrace: at, List: []ast.Stmt{&ast.ReturnStmt{Return: at, Results: []ast.Expr{name("p")}}}, Rbrace: at},
		})
	}
	return u.retains
}

// ownNames returns the names that the cell declares for the whole of it.
func (u *unit) ownNames() map[string]bool {
	own := map[string]bool{}
	for _, t := range u.types {
		own[t.Name.Name] = true
	}
	for _, list := range [][]*ast.FuncDecl{u.funcs, u.generic} {
		for _, f := range list {
			if f.Recv == nil {
				own[f.Name.Name] = true
			}
		}
	}
	for _, list := range [][]*ast.GenDecl{u.consts, u.vars} {
		for _, d := range list {
			for _, spec := range d.Specs {
				for _, id := range spec.(*ast.ValueSpec).Names {
					own[id.Name] = true
				}
			}
		}
	}
	for _, spec := range u.imports {
		own[importName(spec)] = true
	}
	return own
}

func importDecl(pos token.Pos, name, path string) ast.Decl {
	return &ast.GenDecl{TokPos: pos, Tok: token.IMPORT, Specs: []ast.Spec{&ast.ImportSpec{
		Name: &ast.Ident{NamePos: pos, Name: name},
		Path: &ast.BasicLit{ValuePos: pos, Kind: token.STRING, Value: strconv.Quote(path)},
	}}}
}

// wrap makes the last expression an argument of show.
func (u *unit) wrap() {
	x := u.last.X
	u.last.X = &ast.CallExpr{
		Fun: &ast.Ident{NamePos: x.Pos(), Name: showName}, Lparen: x.Pos(), Args: []ast.Expr{x}, Rparen: x.End(),
	}
	u.wrapped = true
}

func (u *unit) unwrap() {
	u.last.X = u.last.X.(*ast.CallExpr).Args[0]
	u.wrapped = false
}

// lastHasNoValue reports whether all that is wrong is that the last expression is a call without result.
func (u *unit) lastHasNoValue(problems []types.Error) bool {
	x := u.last.X.(*ast.CallExpr).Args[0]
	return slices.ContainsFunc(problems, func(e types.Error) bool {
		return e.Pos >= x.Pos() && e.Pos < x.End() && strings.Contains(e.Msg, "(no value) used as value")
	})
}

// closeOver turns the functions of the cell into closures at the end of its statements, where they see the variables
// that the statements declare. They still exist before the first statement runs.
func (u *unit) closeOver() {
	u.inner = true
	var at []ast.Stmt
	for _, d := range u.funcs {
		if d.Recv != nil {
			continue
		}
		stmt := &ast.AssignStmt{
			Lhs: []ast.Expr{&ast.Ident{NamePos: d.Name.Pos(), Name: d.Name.Name}}, TokPos: d.Name.Pos(), Tok: token.ASSIGN,
			Rhs: []ast.Expr{&ast.FuncLit{Type: d.Type, Body: d.Body}},
		}
		at = append(at, stmt)
		u.assigned = append(u.assigned, stmt)
	}
	u.body.Body.List = append(u.body.Body.List, at...)
}

// missesOwnVariables reports whether a function with a problem mentions a variable that the cell's statements declare.
func (u *unit) missesOwnVariables(problems []types.Error) bool {
	return slices.ContainsFunc(u.funcs, func(d *ast.FuncDecl) bool {
		if d.Recv != nil || d.Body == nil {
			return false
		}
		wrong := slices.ContainsFunc(problems, func(e types.Error) bool { return d.Pos() <= e.Pos && e.Pos < d.End() })
		return wrong && mentions(d.Body, u.declaresVariable)
	})
}

// mentions reports whether a name for which is holds occurs in n.
func mentions(n ast.Node, is func(name string) bool) (found bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && is(id.Name) {
			found = true
		}
		return !found
	})
	return found
}

func (u *unit) declaresVariable(name string) bool {
	return slices.ContainsFunc(u.declares, func(id *ast.Ident) bool { return id.Name == name })
}

// usesOwnVariables reports whether a function of the cell took a variable of an earlier cell for one that the cell itself
// declares again.
func (s *Session) usesOwnVariables(u *unit) bool {
	for _, d := range u.funcs {
		found := false
		if d.Recv != nil {
			continue
		}
		ast.Inspect(d.Body, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && s.slotOf(u.info.Uses[id]) != nil && u.declaresVariable(id.Name) {
				found = true
			}
			return !found
		})
		if found {
			return true
		}
	}
	return false
}

// explain turns the type checker's errors into diagnostics.
func (s *Session) explain(u *unit, problems []types.Error) error {
	var out Diagnostics
	seen := map[string]bool{}
	for _, e := range problems {
		at := s.ctx.FileSet.Position(e.Pos)
		d := Diagnostic{Cell: at.Filename, Line: max(at.Line, 1), Column: max(at.Column, 1), Message: readable(e.Msg)}
		if strings.HasPrefix(d.Message, "\t") && len(out) > 0 { // more about the one before
			out[len(out)-1].Message += "\n" + d.Message
			continue
		}
		if name, ok := strings.CutPrefix(d.Message, "undefined: "); ok && u.declaresVariable(name) {
			d.Message += " here: the cell declares it with a statement; declare it with var before the first statement, or in an earlier cell"
		}
		if name, ok := strings.CutPrefix(d.Message, "undefined: "); ok {
			if paths := packagesNamed(name); len(paths) > 1 {
				d.Message += fmt.Sprintf(" (several packages have this name: import one of %q)", paths)
			}
		}
		d.Message += s.outdated(u, at.Line)
		if seen[d.String()] {
			continue
		}
		seen[d.String()] = true
		if out = append(out, d); len(out) == 10 {
			break
		}
	}
	return out
}

// outdated explains messages such as "cannot use x (variable of type T) as T value": names the variables of a line whose
// type has been declared again since.
func (s *Session) outdated(u *unit, line int) string {
	for _, d := range append(slices.Clone(u.file.Decls), u.body) {
		hint := ""
		ast.Inspect(d, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok || s.ctx.FileSet.Position(id.Pos()).Line != line || s.slotOf(s.names[id.Name]) == nil {
				return hint == ""
			}
			t := types.Unalias(s.names[id.Name].Type())
			for more := true; more; {
				switch x := t.(type) {
				case *types.Pointer:
					t = types.Unalias(x.Elem())
				case *types.Slice:
					t = types.Unalias(x.Elem())
				default:
					more = false
				}
			}
			if named, ok := t.(*types.Named); ok && inCell(named.Obj()) && s.names[named.Obj().Name()] != named.Obj() {
				hint = fmt.Sprintf("\n%s was made before %s was declared again: run the cell that makes it once more", id.Name, named.Obj().Name())
			}
			return hint == ""
		})
		if hint != "" {
			return hint
		}
	}
	return ""
}

// readable takes names that only the compiler of cells knows out of a message.
func readable(message string) string {
	return strings.NewReplacer(showName, "the cell's value", "main.", "").Replace(message)
}
