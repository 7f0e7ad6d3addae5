package cells

import (
	"errors"
	"fmt"
	"go/ast"
	"go/types"
	"maps"
	"slices"

	"github.com/goplus/ixgo"
	"golang.org/x/tools/go/ssa"
)

// library is what a cell leaves for later ones as source: generic functions, whose instances are compiled where they are
// used, and the methods that forward to the variables with their bodies.
type library struct {
	decls []ast.Decl
	info  *types.Info // about decls alone
	needs needs
}

// needs is what a piece of checked source mentions, by name or through a type.
type needs struct {
	pkgs    []*types.Package
	objects []types.Object // types and functions of cells
}

// load makes an interpreter for a lowered cell. The program that it runs holds what the cell mentions, and no more: the
// time it takes does not depend on how many cells there were.
func (s *Session) load(l *lowered) (*ixgo.Interp, error) {
	s.ctx.Builder.Reset()
	prog := s.ctx.Builder.Program()
	file := *l.file
	file.Decls = nil
	created := map[*types.Package]bool{s.pkg: true}
	taken := map[*library]bool{}
	var sources []*ssa.Package
	queue := []needs{needsOf(l.info)}
	for len(queue) > 0 {
		n := queue[0]
		queue = queue[1:]
		for _, obj := range n.objects {
			if lib := s.libs[obj]; lib != nil && !taken[lib] {
				taken[lib] = true
				file.Decls = append(file.Decls, lib.decls...)
				merge(l.info, lib.info)
				queue = append(queue, lib.needs)
			}
		}
		for _, pkg := range n.pkgs {
			if created[pkg] {
				continue
			}
			created[pkg] = true
			source := s.ctx.SourcePackage(pkg.Path())
			if source == nil || !source.Loaded() || source.Package != pkg {
				prog.CreatePackage(pkg, nil, nil, true)
				continue
			}
			// A generic package of the standard library, which is interpreted.
			sources = append(sources, prog.CreatePackage(pkg, source.Files, source.Info, true))
			if _, known := s.loader.needs[pkg]; !known {
				of := needsOf(source.Info)
				of.pkgs = append(of.pkgs, pkg.Imports()...)
				s.loader.needs[pkg] = of
			}
			queue = append(queue, s.loader.needs[pkg])
		}
	}
	file.Decls = append(file.Decls, l.file.Decls...)
	main := prog.CreatePackage(s.pkg, []*ast.File{&file}, l.info, false)
	sources = append(sources, main)
	for _, pkg := range sources {
		pkg.Build()
	}
	makeStoppable(sources)
	if _, _, room := ixgo.IcallStat(); len(l.stubs) > 0 && room < 64+4*len(l.stubs) {
		return nil, errors.New("cells: there is no room for more methods: too many types have been declared; restart the kernel")
	}
	interp, err := s.ctx.NewInterp(main)
	if err != nil {
		return nil, fmt.Errorf("cells: %w", err)
	}
	return interp, nil
}

// keep makes the library part of a cell available to later cells.
func (s *Session) keep(l *lowered) {
	if len(l.library) == 0 {
		return
	}
	lib := &library{decls: l.library, info: extract(l.info, l.library)}
	lib.needs = needsOf(lib.info)
	for _, d := range l.generic {
		if f, ok := l.info.Defs[d.Name].(*types.Func); ok {
			s.libs[f] = lib
		}
	}
	for _, spec := range l.types {
		if obj, ok := l.info.Defs[spec.Name].(*types.TypeName); ok {
			s.libs[obj] = lib
		}
	}
}

// extract returns the part of info that is about some declarations.
func extract(info *types.Info, decls []ast.Decl) *types.Info {
	out := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
		Instances: map[*ast.Ident]types.Instance{},
	}
	for _, d := range decls {
		ast.Inspect(d, func(n ast.Node) bool {
			if n == nil {
				return false
			}
			if obj, ok := info.Implicits[n]; ok {
				out.Implicits[n] = obj
			}
			if x, ok := n.(ast.Expr); ok {
				if tv, ok := info.Types[x]; ok {
					out.Types[x] = tv
				}
			}
			switch n := n.(type) {
			case *ast.Ident:
				if obj, ok := info.Defs[n]; ok {
					out.Defs[n] = obj
				}
				if obj, ok := info.Uses[n]; ok {
					out.Uses[n] = obj
				}
				if inst, ok := info.Instances[n]; ok {
					out.Instances[n] = inst
				}
			case *ast.SelectorExpr:
				if sel, ok := info.Selections[n]; ok {
					out.Selections[n] = sel
				}
			}
			return true
		})
	}
	return out
}

func merge(into, from *types.Info) {
	maps.Copy(into.Types, from.Types)
	maps.Copy(into.Defs, from.Defs)
	maps.Copy(into.Uses, from.Uses)
	maps.Copy(into.Implicits, from.Implicits)
	maps.Copy(into.Selections, from.Selections)
	maps.Copy(into.Instances, from.Instances)
}

func needsOf(info *types.Info) needs {
	pkgs := map[*types.Package]bool{}
	objects := map[types.Object]bool{}
	add := func(obj types.Object) {
		switch {
		case obj == nil || obj.Pkg() == nil:
		case inCell(obj):
			objects[obj] = true
		default:
			pkgs[obj.Pkg()] = true
		}
	}
	seen := map[types.Type]bool{}
	var walk func(t types.Type)
	walk = func(t types.Type) {
		if t == nil || seen[t] {
			return
		}
		seen[t] = true
		switch t := t.(type) {
		case *types.Alias:
			walk(types.Unalias(t))
		case *types.Named:
			add(t.Obj())
			for a := range t.TypeArgs().Types() {
				walk(a)
			}
			if st, ok := t.Underlying().(*types.Struct); ok { // promoted methods
				for f := range st.Fields() {
					if f.Embedded() {
						walk(f.Type())
					}
				}
			}
		case *types.Pointer:
			walk(t.Elem())
		case *types.Slice:
			walk(t.Elem())
		case *types.Array:
			walk(t.Elem())
		case *types.Chan:
			walk(t.Elem())
		case *types.Map:
			walk(t.Key())
			walk(t.Elem())
		case *types.Signature:
			walk(t.Params())
			walk(t.Results())
		case *types.Tuple:
			for v := range t.Variables() {
				walk(v.Type())
			}
		case *types.Struct:
			for f := range t.Fields() {
				walk(f.Type())
			}
		}
	}
	for _, obj := range info.Uses {
		switch obj := obj.(type) {
		case *types.PkgName:
			pkgs[obj.Imported()] = true
		case *types.Func:
			add(obj.Origin())
		default:
			add(obj)
			if obj != nil {
				walk(obj.Type())
			}
		}
	}
	for _, sel := range info.Selections {
		add(sel.Obj())
		walk(sel.Recv())
	}
	for _, tv := range info.Types {
		walk(tv.Type)
	}
	for _, obj := range info.Defs {
		if obj != nil {
			walk(obj.Type())
		}
	}
	return needs{pkgs: slices.Collect(maps.Keys(pkgs)), objects: slices.Collect(maps.Keys(objects))}
}

// makeStoppable lets the interpreter look between instructions whether it has been stopped. It does so in functions that
// can recover from a panic, and runs others without looking, so that a loop in one could not be interrupted. A function
// with a recovery block but without deferred calls is such a function and otherwise behaves as before.
func makeStoppable(pkgs []*ssa.Package) {
	seen := map[*ssa.Function]bool{}
	var visit func(fn *ssa.Function)
	visit = func(fn *ssa.Function) {
		if fn == nil || seen[fn] {
			return
		}
		seen[fn] = true
		if len(fn.Blocks) == 0 {
			return
		}
		if fn.Recover == nil {
			fn.Recover = fn.Blocks[0]
		}
		for _, anon := range fn.AnonFuncs {
			visit(anon)
		}
		var buf [16]*ssa.Value
		for _, b := range fn.Blocks {
			for _, instr := range b.Instrs {
				for _, op := range instr.Operands(buf[:0]) {
					if callee, ok := (*op).(*ssa.Function); ok {
						visit(callee)
					}
				}
			}
		}
	}
	for _, pkg := range pkgs {
		for _, m := range pkg.Members {
			if fn, ok := m.(*ssa.Function); ok {
				visit(fn)
			}
		}
		for _, m := range pkg.Members {
			t, ok := m.(*ssa.Type)
			if !ok {
				continue
			}
			named, ok := t.Type().(*types.Named)
			if !ok || named.TypeParams() != nil {
				continue
			}
			for m := range named.Methods() {
				visit(pkg.Prog.FuncValue(m))
			}
		}
	}
}
