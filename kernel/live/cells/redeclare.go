package cells

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/printer"
	"go/token"
	"go/types"
	"maps"
	"slices"
)

// typeSource is how a live type was declared. A cell that is run again declares its types again; as long as nothing about
// them has changed they stay the types they are, so that the values made before still have them. A method with the
// signature it had may have another body: methods are called through variables, as functions are.
type typeSource struct {
	spec    string                  // the declaration without comments
	text    string                  // the declaration as it was written
	uses    map[string]types.Object // what the names in it mean
	methods map[string]*method
	generic map[string]string // methods of a generic type, as they were written
}

type method struct {
	signature string
	text      string
	uses      map[string]types.Object
	slot      *slot
}

// text prints syntax without comments and positions.
func text(n any) string {
	var b bytes.Buffer
	// The printer fails on writers that fail, and on nodes it does not know; neither is possible here.
	_ = (&printer.Config{Mode: printer.RawFormat}).Fprint(&b, token.NewFileSet(), n)
	return b.String()
}

// signature prints the receiver and the type of a method.
func signature(d *ast.FuncDecl) string {
	return text(&ast.FuncDecl{Recv: d.Recv, Name: d.Name, Type: d.Type})
}

// receiver returns the name of a method's type, and "" for a function.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return ""
	}
	t := ast.Unparen(d.Recv.List[0].Type)
	if star, ok := t.(*ast.StarExpr); ok {
		t = ast.Unparen(star.X)
	}
	switch x := t.(type) {
	case *ast.IndexExpr:
		t = x.X
	case *ast.IndexListExpr:
		t = x.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// redeclare finds the types of the cell that are already declared as the cell declares them. Their methods become
// assignments to the variables through which the methods are called.
func (s *Session) redeclare(u *unit) error {
	if err := s.extend(u); err != nil {
		return err
	}
	methods := map[string]map[string]*ast.FuncDecl{}
	for _, d := range u.funcs {
		if t := receiver(d); t != "" {
			if methods[t] == nil {
				methods[t] = map[string]*ast.FuncDecl{}
			}
			methods[t][d.Name.Name] = d
		}
	}
	own := u.ownNames()
	for _, spec := range u.types {
		if obj, src := s.liveType(spec.Name.Name); src != nil && spec.TypeParams == nil && text(spec) == src.spec && sameMethods(src, methods[spec.Name.Name]) {
			u.kept[spec.Name.Name] = obj
		}
	}
	// A type is another one when one that it is made of is. Until nothing changes: types may refer to each other.
	for changed := true; changed; {
		changed = false
		for name := range u.kept {
			_, src := s.liveType(name)
			for _, uses := range src.allUses() {
				for used, obj := range uses {
					if same := s.names[used] == obj && (!own[used] || u.kept[used] == obj); !same && u.kept[name] != nil {
						delete(u.kept, name)
						changed = true
					}
				}
			}
		}
	}
	// A method of a type of an earlier cell: the same signature is a new body for it.
	for name, set := range methods {
		obj, src := s.liveType(name)
		if obj == nil || own[name] || src == nil {
			continue
		}
		for _, d := range set {
			if m := src.methods[d.Name.Name]; m != nil && m.signature == signature(d) {
				u.kept[name] = obj
			}
		}
	}
	left := u.funcs[:0:0]
	for _, d := range u.funcs {
		name := receiver(d)
		if u.kept[name] == nil {
			left = append(left, d)
			continue
		}
		stmt := &ast.AssignStmt{
			Lhs: []ast.Expr{&ast.Ident{NamePos: d.Name.Pos(), Name: methodName(name, d.Name.Name)}}, TokPos: d.Name.Pos(), Tok: token.ASSIGN,
			Rhs: []ast.Expr{&ast.FuncLit{Type: functionType(d), Body: d.Body}},
		}
		u.assigned = append(u.assigned, stmt)
		u.body.Body.List = append(u.body.Body.List, stmt)
	}
	u.funcs = left
	return nil
}

// extend declares a type once more that a cell gives a method which it does not have: a type cannot get methods later, so
// this is a new type of the same name. Values of the old one stay what they are.
func (s *Session) extend(u *unit) error {
	own := u.ownNames()
	added := map[string]map[string]bool{} // methods of the cell by type
	grown := map[string]bool{}
	for _, d := range slices.Concat(u.funcs, u.generic) {
		name := receiver(d)
		_, src := s.liveType(name)
		if src == nil || own[name] {
			continue
		}
		if added[name] == nil {
			added[name] = map[string]bool{}
		}
		added[name][d.Name.Name] = true
		if m := src.methods[d.Name.Name]; isGeneric(d) || m == nil || m.signature != signature(d) {
			grown[name] = true
		}
	}
	for name := range grown {
		_, src := s.liveType(name)
		texts := []string{src.text}
		for m, known := range src.methods {
			if !added[name][m] {
				texts = append(texts, known.text)
			}
		}
		for m, text := range src.generic {
			if !added[name][m] {
				texts = append(texts, text)
			}
		}
		for _, text := range texts {
			if err := u.again(s.ctx.FileSet, text); err != nil {
				return fmt.Errorf("cells: declare %s again: %w", name, err)
			}
		}
	}
	return nil
}

func (t *typeSource) allUses() []map[string]types.Object {
	out := []map[string]types.Object{t.uses}
	for m := range maps.Values(t.methods) {
		out = append(out, m.uses)
	}
	return out
}

func sameMethods(src *typeSource, now map[string]*ast.FuncDecl) bool {
	if len(src.methods) != len(now) {
		return false
	}
	for name, d := range now {
		if m := src.methods[name]; m == nil || m.signature != signature(d) {
			return false
		}
	}
	return true
}

// liveType returns a type that earlier cells declared, with its source.
func (s *Session) liveType(name string) (*types.TypeName, *typeSource) {
	obj, ok := s.names[name].(*types.TypeName)
	if !ok {
		return nil, nil
	}
	return obj, s.sources[obj]
}

// methodName is the name of the variable that holds a method's body.
func methodName(typ, name string) string { return typ + "." + name }

// method finds the variable of a method of a kept type.
func (s *Session) method(u *unit, name string) *slot {
	for typ, obj := range u.kept {
		for m, known := range s.sources[obj].methods {
			if methodName(typ, m) == name {
				return known.slot
			}
		}
	}
	return nil
}

// functionType is the type of a method as a function: the receiver comes first.
func functionType(d *ast.FuncDecl) *ast.FuncType {
	params := &ast.FieldList{Opening: d.Type.Params.Opening, Closing: d.Type.Params.Closing}
	params.List = append(append(params.List, d.Recv.List...), d.Type.Params.List...)
	return &ast.FuncType{Func: d.Pos(), Params: params, Results: d.Type.Results}
}

// usesOf returns the objects that the names in a piece of syntax mean, as far as cells declared them.
func usesOf(info *types.Info, nodes ...ast.Node) map[string]types.Object {
	out := map[string]types.Object{}
	for _, n := range nodes {
		ast.Inspect(n, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				if obj := info.Uses[id]; obj != nil && obj.Pkg() != nil && inCell(obj) {
					if _, field := obj.(*types.Var); !field {
						out[id.Name] = obj
					}
				}
			}
			return true
		})
	}
	return out
}
