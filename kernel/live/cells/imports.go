package cells

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"github.com/goplus/ixgo"
)

// importName returns the name under which a cell sees an import.
func importName(spec *ast.ImportSpec) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return ""
	}
	if p, ok := ixgo.LookupPackage(path); ok {
		return p.Name
	}
	return path[strings.LastIndexByte(path, '/')+1:]
}

// checkImports refuses packages that are not compiled in.
func (s *Session) checkImports(c *cell) error {
	var out Diagnostics
	for _, spec := range c.imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the type checker says it better
		}
		if _, ok := ixgo.LookupPackage(path); ok || path == "unsafe" {
			continue
		}
		at := s.ctx.FileSet.Position(spec.Path.Pos())
		message := fmt.Sprintf("package %s is not built into this kernel", path)
		if near := nearPackage(path); near != "" {
			message += fmt.Sprintf("; did you mean %q?", near)
		} else {
			message += "; the GoNB kernel compiles cells and can import any package"
		}
		out = append(out, Diagnostic{Cell: at.Filename, Line: at.Line, Column: at.Column, Message: message})
	}
	if out != nil {
		return out
	}
	return nil
}

// nearPackage finds the one known package whose path ends in the last part of an unknown one.
func nearPackage(path string) string {
	last := path[strings.LastIndexByte(path, '/')+1:]
	found := ""
	for _, known := range ixgo.PackageList() {
		if known == last || strings.HasSuffix(known, "/"+last) {
			if found != "" {
				return ""
			}
			found = known
		}
	}
	return found
}

// importMissing adds an import for a name that can only be a package: name.Symbol, where one known package of that name
// has the symbol. GoNB does the same with goimports. It reports whether it did.
func (s *Session) importMissing(u *unit, problems []types.Error) bool {
	done := false
	for _, e := range problems {
		name, ok := strings.CutPrefix(e.Msg, "undefined: ")
		if !ok || u.extra[name] != "" {
			continue
		}
		symbol := ""
		for _, d := range append(slices.Clone(u.file.Decls), u.body) {
			ast.Inspect(d, func(n ast.Node) bool {
				if sel, ok := n.(*ast.SelectorExpr); ok && sel.X.Pos() == e.Pos {
					if id, ok := sel.X.(*ast.Ident); ok && id.Name == name {
						symbol = sel.Sel.Name
					}
				}
				return true
			})
		}
		if symbol == "" {
			continue
		}
		if path := packageWith(name, symbol); path != "" {
			u.extra[name] = path
			done = true
		}
	}
	return done
}

// packageWith returns the path of the package that name.symbol can mean: the only one of that name, or the only one of them
// that has the symbol. It is "" when there is none or several.
func packageWith(name, symbol string) string {
	named := packagesNamed(name)
	if len(named) == 1 {
		return named[0]
	}
	with := slices.DeleteFunc(named, func(path string) bool {
		p, _ := ixgo.LookupPackage(path)
		return p == nil || !exports(p, symbol)
	})
	if len(with) == 1 {
		return with[0]
	}
	return ""
}

// packagesNamed returns the paths of the packages of a name.
func packagesNamed(name string) []string {
	if name == "unsafe" {
		return []string{name}
	}
	var out []string
	for _, path := range ixgo.PackageList() {
		if path != name && !strings.HasSuffix(path, "/"+name) && !strings.Contains(path, "/"+name+"/v") || strings.Contains(path, "internal/") {
			continue
		}
		if p, ok := ixgo.LookupPackage(path); ok && p.Name == name {
			out = append(out, path)
		}
	}
	return out
}

func exports(p *ixgo.Package, symbol string) bool {
	if _, ok := p.Funcs[symbol]; ok {
		return true
	}
	if _, ok := p.NamedTypes[symbol]; ok {
		return true
	}
	if _, ok := p.Interfaces[symbol]; ok {
		return true
	}
	if _, ok := p.AliasTypes[symbol]; ok {
		return true
	}
	if _, ok := p.Vars[symbol]; ok {
		return true
	}
	if _, ok := p.TypedConsts[symbol]; ok {
		return true
	}
	if _, ok := p.UntypedConsts[symbol]; ok {
		return true
	}
	// Interpreted packages (slices, maps) have only their source.
	return strings.Contains(p.Source, "\nfunc "+symbol+"[") || strings.Contains(p.Source, "\nfunc "+symbol+"(") ||
		strings.Contains(p.Source, "\ntype "+symbol+" ") || strings.Contains(p.Source, "\ntype "+symbol+"[")
}

// remember makes an import of a cell one of the session.
func (s *Session) remember(spec *ast.ImportSpec) {
	path, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return
	}
	switch name := importName(spec); name {
	case "_":
	case ".":
		if !slices.Contains(s.dots, path) {
			s.dots = append(s.dots, path)
		}
	default:
		delete(s.names, name)
		s.imports[name] = path
	}
}
