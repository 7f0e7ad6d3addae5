package script

import (
	"fmt"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/traefik/yaegi/stdlib"
	"github.com/traefik/yaegi/stdlib/unrestricted"

	"github.com/jamba-threat/jamba/kernel/internal/symbols"
)

// universe is what a script can import: packages by import path, symbols by name.
type universe map[string]map[string]reflect.Value

// newUniverse merges the tables: the standard library, what yaegi leaves out of it for the sake of a sandbox (a script is
// its user's own program), and ours.
func newUniverse() universe {
	u := universe{}
	for _, table := range []map[string]map[string]reflect.Value{stdlib.Symbols, unrestricted.Symbols, symbols.Exports()} {
		for key, content := range table {
			p := path.Dir(key)
			if p == "." || strings.HasPrefix(p, "github.com/traefik/yaegi") {
				continue // yaegi's own
			}
			if u[p] == nil {
				u[p] = map[string]reflect.Value{}
			}
			maps.Copy(u[p], content)
		}
	}
	return u
}

// tableImporter makes packages for go/types out of symbol tables: there is no source on the user's machine, and the tables
// are exactly what a script can use.
type tableImporter struct {
	tables  universe
	made    map[string]*types.Package   // imported by the script
	homes   map[string]*types.Package   // where types live, imported or not
	known   map[reflect.Type]types.Type //
	pending []func()                    // methods to be added: they may refer to any type
}

func newImporter(u universe) *tableImporter {
	return &tableImporter{tables: u, made: map[string]*types.Package{}, homes: map[string]*types.Package{}, known: map[reflect.Type]types.Type{}}
}

func (im *tableImporter) has(path string) bool { return im.tables[path] != nil }

// Import implements types.Importer.
func (im *tableImporter) Import(p string) (*types.Package, error) {
	if pkg := im.made[p]; pkg != nil {
		return pkg, nil
	}
	if !im.has(p) {
		return nil, fmt.Errorf("no package %s in scripts", p)
	}
	pkg := im.home(p, path.Base(p))
	im.made[p] = pkg
	for _, name := range slices.Sorted(maps.Keys(im.tables[p])) {
		if !strings.HasPrefix(name, "_") && pkg.Scope().Lookup(name) == nil {
			im.declare(pkg, name, im.tables[p][name])
		}
	}
	for len(im.pending) > 0 {
		next := im.pending
		im.pending = nil
		for _, f := range next {
			f()
		}
	}
	pkg.MarkComplete()
	return pkg, nil
}

// home returns the package that a type lives in.
func (im *tableImporter) home(p, name string) *types.Package {
	pkg := im.homes[p]
	if pkg == nil {
		if elements := strings.Split(p, "/"); len(elements) > 1 && len(name) > 1 && name[0] == 'v' && strings.Trim(name[1:], "0123456789") == "" {
			name = elements[len(elements)-2] // math/rand/v2 is package rand
		}
		pkg = types.NewPackage(p, name)
		im.homes[p] = pkg
	}
	return pkg
}

// declare adds one symbol of a table to a package.
func (im *tableImporter) declare(pkg *types.Package, name string, v reflect.Value) {
	scope, t := pkg.Scope(), v.Type()
	switch {
	case v.CanAddr():
		scope.Insert(types.NewVar(token.NoPos, pkg, name, im.convert(t)))
	case v.Kind() == reflect.Func:
		scope.Insert(types.NewFunc(token.NoPos, pkg, name, im.signature(t, 0)))
	case v.Kind() == reflect.Pointer && v.IsNil() && !t.Implements(reflect.TypeFor[constant.Value]()):
		own := im.convert(t.Elem())
		if named, ok := own.(*types.Named); ok && named.Obj().Pkg() == pkg && named.Obj().Name() == name {
			scope.Insert(named.Obj())
			return
		}
		scope.Insert(types.NewTypeName(token.NoPos, pkg, name, own)) // an alias
	default:
		if c := im.constant(pkg, name, v); c != nil {
			scope.Insert(c)
		}
	}
}

// constant makes a constant; yaegi's tables hold untyped ones as constant.Value.
func (im *tableImporter) constant(pkg *types.Package, name string, v reflect.Value) *types.Const {
	if c, ok := v.Interface().(constant.Value); ok {
		kinds := map[constant.Kind]types.BasicKind{constant.Bool: types.UntypedBool, constant.String: types.UntypedString,
			constant.Int: types.UntypedInt, constant.Float: types.UntypedFloat, constant.Complex: types.UntypedComplex}
		return types.NewConst(token.NoPos, pkg, name, types.Typ[kinds[c.Kind()]], c)
	}
	var value constant.Value
	switch {
	case v.CanInt():
		value = constant.MakeInt64(v.Int())
	case v.CanUint():
		value = constant.MakeUint64(v.Uint())
	case v.CanFloat():
		value = constant.MakeFloat64(v.Float())
	case v.Kind() == reflect.String:
		value = constant.MakeString(v.String())
	case v.Kind() == reflect.Bool:
		value = constant.MakeBool(v.Bool())
	default:
		return nil
	}
	return types.NewConst(token.NoPos, pkg, name, im.convert(v.Type()), value)
}

var basicKinds = map[reflect.Kind]types.BasicKind{
	reflect.Bool: types.Bool, reflect.String: types.String, reflect.UnsafePointer: types.UnsafePointer,
	reflect.Int: types.Int, reflect.Int8: types.Int8, reflect.Int16: types.Int16, reflect.Int32: types.Int32, reflect.Int64: types.Int64,
	reflect.Uint: types.Uint, reflect.Uint8: types.Uint8, reflect.Uint16: types.Uint16, reflect.Uint32: types.Uint32, reflect.Uint64: types.Uint64,
	reflect.Uintptr: types.Uintptr, reflect.Float32: types.Float32, reflect.Float64: types.Float64,
	reflect.Complex64: types.Complex64, reflect.Complex128: types.Complex128,
}

// convert turns a type of the running program into one of go/types.
func (im *tableImporter) convert(t reflect.Type) types.Type {
	if known := im.known[t]; known != nil {
		return known
	}
	if t == reflect.TypeFor[error]() {
		return types.Universe.Lookup("error").Type()
	}
	if t.Name() == "" || t.PkgPath() == "" {
		made := im.underlying(t)
		im.known[t] = made
		return made
	}
	pkg := im.home(t.PkgPath(), path.Base(t.PkgPath()))
	named := types.NewNamed(types.NewTypeName(token.NoPos, pkg, t.Name(), nil), nil, nil)
	im.known[t] = named // before its parts, which may refer to it
	named.SetUnderlying(im.underlying(t))
	if t.Kind() != reflect.Interface {
		im.pending = append(im.pending, func() { im.methods(named, t) })
	}
	return named
}

func (im *tableImporter) methods(named *types.Named, t reflect.Type) {
	pkg, pointer := named.Obj().Pkg(), reflect.PointerTo(t)
	byValue := map[string]bool{}
	for i := range t.NumMethod() {
		byValue[t.Method(i).Name] = true
	}
	for i := range pointer.NumMethod() {
		m := pointer.Method(i)
		var receiver types.Type = named
		if !byValue[m.Name] {
			receiver = types.NewPointer(named)
		}
		s := im.signature(m.Type, 1)
		withReceiver := types.NewSignatureType(types.NewVar(token.NoPos, pkg, "", receiver), nil, nil, s.Params(), s.Results(), s.Variadic())
		named.AddMethod(types.NewFunc(token.NoPos, pkg, m.Name, withReceiver))
	}
}

func (im *tableImporter) underlying(t reflect.Type) types.Type {
	switch t.Kind() {
	case reflect.Pointer:
		return types.NewPointer(im.convert(t.Elem()))
	case reflect.Slice:
		return types.NewSlice(im.convert(t.Elem()))
	case reflect.Array:
		return types.NewArray(im.convert(t.Elem()), int64(t.Len()))
	case reflect.Map:
		return types.NewMap(im.convert(t.Key()), im.convert(t.Elem()))
	case reflect.Chan:
		dirs := map[reflect.ChanDir]types.ChanDir{reflect.BothDir: types.SendRecv, reflect.SendDir: types.SendOnly, reflect.RecvDir: types.RecvOnly}
		return types.NewChan(dirs[t.ChanDir()], im.convert(t.Elem()))
	case reflect.Func:
		return im.signature(t, 0)
	case reflect.Struct:
		return im.structure(t)
	case reflect.Interface:
		return im.interfaceOf(t)
	}
	return types.Typ[basicKinds[t.Kind()]]
}

func (im *tableImporter) structure(t reflect.Type) types.Type {
	var fields []*types.Var
	var tags []string
	for i := range t.NumField() {
		f := t.Field(i)
		var pkg *types.Package
		if f.PkgPath != "" {
			pkg = im.home(f.PkgPath, path.Base(f.PkgPath))
		}
		fields = append(fields, types.NewField(token.NoPos, pkg, f.Name, im.convert(f.Type), f.Anonymous))
		tags = append(tags, string(f.Tag))
	}
	return types.NewStruct(fields, tags)
}

func (im *tableImporter) interfaceOf(t reflect.Type) types.Type {
	var methods []*types.Func
	for i := range t.NumMethod() {
		m := t.Method(i)
		var pkg *types.Package
		if m.PkgPath != "" {
			pkg = im.home(m.PkgPath, path.Base(m.PkgPath))
		}
		methods = append(methods, types.NewFunc(token.NoPos, pkg, m.Name, im.signature(m.Type, 0)))
	}
	return types.NewInterfaceType(methods, nil).Complete()
}

// signature converts a function type without its first parameters.
func (im *tableImporter) signature(t reflect.Type, skip int) *types.Signature {
	var params, results []*types.Var
	for i := skip; i < t.NumIn(); i++ {
		params = append(params, types.NewParam(token.NoPos, nil, "", im.convert(t.In(i))))
	}
	for i := range t.NumOut() {
		results = append(results, types.NewParam(token.NoPos, nil, "", im.convert(t.Out(i))))
	}
	return types.NewSignatureType(nil, nil, nil, types.NewTuple(params...), types.NewTuple(results...), t.IsVariadic())
}
