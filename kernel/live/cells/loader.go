package cells

import (
	"fmt"
	"go/types"
	"reflect"

	"github.com/goplus/ixgo"
	"golang.org/x/tools/go/types/typeutil"
)

// loader answers the interpreter's questions about packages and types. To those about compiled packages ixgo's own loader
// knows the answer; here are added the variables and the types of earlier cells, which to a later cell are as compiled
// ones.
type loader struct {
	ixgo.Loader
	slots   map[string]*slot            // by path
	reflect typeutil.Map                // types.Type -> reflect.Type, for types declared in cells
	types   map[reflect.Type]types.Type // the other way
	seen    map[types.Type]struct{}     // what remember has walked
	needs   map[*types.Package]needs    // of interpreted packages
}

func newLoader(base ixgo.Loader) *loader {
	return &loader{Loader: base, slots: map[string]*slot{}, types: map[reflect.Type]types.Type{}, seen: map[types.Type]struct{}{}, needs: map[*types.Package]needs{}}
}

// Installed implements ixgo.Loader.
func (l *loader) Installed(path string) (*ixgo.Package, bool) {
	if s, ok := l.slots[path]; ok {
		return s.table, true
	}
	return l.Loader.Installed(path)
}

// LookupReflect implements ixgo.Loader.
func (l *loader) LookupReflect(t types.Type) (reflect.Type, bool) {
	if rt := l.reflect.At(t); rt != nil {
		return rt.(reflect.Type), true
	}
	return l.Loader.LookupReflect(t)
}

// LookupTypes implements ixgo.Loader.
func (l *loader) LookupTypes(rt reflect.Type) (types.Type, bool) {
	if t, ok := l.types[rt]; ok {
		return t, true
	}
	return l.Loader.LookupTypes(rt)
}

// typeOf returns the compiler's view of the type of a compiled value.
func (l *loader) typeOf(rt reflect.Type) (t types.Type, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("type %s: %v", rt, r)
		}
	}()
	if path := rt.PkgPath(); path != "" {
		if _, err := l.Import(path); err != nil {
			return nil, err
		}
	}
	base, ok := l.Loader.(*ixgo.TypesLoader)
	if !ok {
		return nil, fmt.Errorf("type %s: unknown loader %T", rt, l.Loader)
	}
	return base.ToType(rt), nil
}

// remember records which reflect.Type stands for which type that a cell declared, so that the next cell means the same
// type by it: the interpreter would make a new one. It walks the two side by side.
func (l *loader) remember(t types.Type, rt reflect.Type) {
	t = types.Unalias(t)
	if _, done := l.seen[t]; done || rt == nil {
		return
	}
	if named, ok := t.(*types.Named); ok {
		if !inCell(named.Obj()) && named.TypeArgs().Len() == 0 {
			return // a compiled type: known, and made of known ones
		}
		l.seen[t] = struct{}{}
		if _, known := l.LookupReflect(t); !known {
			l.reflect.Set(t, rt)
			l.types[rt] = t
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		l.remember(u.Elem(), rt.Elem())
	case *types.Slice:
		l.remember(u.Elem(), rt.Elem())
	case *types.Array:
		l.remember(u.Elem(), rt.Elem())
	case *types.Chan:
		l.remember(u.Elem(), rt.Elem())
	case *types.Map:
		l.remember(u.Key(), rt.Key())
		l.remember(u.Elem(), rt.Elem())
	case *types.Struct:
		for i := range min(u.NumFields(), rt.NumField()) {
			l.remember(u.Field(i).Type(), rt.Field(i).Type)
		}
	case *types.Signature:
		for i := range min(u.Params().Len(), rt.NumIn()) {
			l.remember(u.Params().At(i).Type(), rt.In(i))
		}
		for i := range min(u.Results().Len(), rt.NumOut()) {
			l.remember(u.Results().At(i).Type(), rt.Out(i))
		}
	case *types.Interface:
		if rt.Kind() != reflect.Interface {
			return
		}
		for i := range u.NumMethods() {
			if m, ok := rt.MethodByName(u.Method(i).Name()); ok {
				l.remember(u.Method(i).Type(), m.Type)
			}
		}
	}
	if named, ok := t.(*types.Named); ok {
		l.rememberMethods(named, rt)
	}
}

// rememberMethods walks what methods take and return: a type may be mentioned nowhere else.
func (l *loader) rememberMethods(named *types.Named, rt reflect.Type) {
	if types.IsInterface(named) {
		return
	}
	for i := range named.NumMethods() {
		fn := named.Method(i)
		m, ok := reflect.PointerTo(rt).MethodByName(fn.Name())
		if !ok {
			continue
		}
		sig := fn.Signature()
		for i := range min(sig.Params().Len(), m.Type.NumIn()-1) {
			l.remember(sig.Params().At(i).Type(), m.Type.In(i+1))
		}
		for i := range min(sig.Results().Len(), m.Type.NumOut()) {
			l.remember(sig.Results().At(i).Type(), m.Type.Out(i))
		}
	}
}

// inCell reports whether a cell declared the object.
func inCell(obj types.Object) bool {
	return obj.Pkg() != nil && obj.Pkg().Path() == cellPath
}

// cellPath is the import path of every cell: one path, so that cells see each other's unexported fields and methods.
const cellPath = "main"
