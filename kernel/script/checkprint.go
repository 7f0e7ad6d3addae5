package script

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"
)

// To compiled code a value of a script's type is a value of an unnamed type: struct { Xn int } for struct { n int },
// float64 for a Celsius. Packages that look at values by reflection, or ask them for a String method, see that.

// reflecting lists such packages, and the methods that each asks values for.
var reflecting = map[string][]string{
	"fmt":           {"String", "Error", "Format", "GoString"},
	"log":           {"String", "Error", "Format", "GoString"},
	"log/slog":      {"String", "Error", "LogValue", "MarshalText", "MarshalJSON"},
	"encoding/json": {"MarshalJSON", "MarshalText", "UnmarshalJSON", "UnmarshalText"},
	"encoding/xml":  {"MarshalXML", "MarshalText", "UnmarshalXML", "UnmarshalText", "MarshalXMLAttr", "UnmarshalXMLAttr"},
	"encoding/gob":  {"GobEncode", "GobDecode", "MarshalBinary", "UnmarshalBinary"},
	"text/template": nil, // any method
	"html/template": nil,
	"reflect":       nil,

	module + "kernel/notebook": {"PNG", "SVG", "HTML", "Markdown", "String", "Error"},
}

// callPrint looks at the arguments that compiled code gets as any.
func (c *checker) callPrint(call *ast.CallExpr) {
	host := c.hostCallee(call)
	if host == nil {
		return
	}
	methods, ok := reflecting[host.Pkg().Path()]
	if !ok {
		return
	}
	format, hasFormat := c.format(host, call)
	for i, arg := range call.Args {
		t := c.typeOf(arg)
		if t == nil || !takesAny(host, i, call.Ellipsis.IsValid()) || isInterface(t) {
			continue
		}
		if n := c.withMethods(t, methods); n != nil && !c.printsWell(host, arg, format, hasFormat) {
			c.report(arg.Pos(), "print", Error, c.callMethod(n, methods), "%s.%s does not see the methods of %s", host.Pkg().Name(), host.Name(), n.Obj().Name())
			continue
		}
		c.printShape(host, arg, t, format)
	}
}

// callMethod says how to get the text oneself.
func (c *checker) callMethod(n *types.Named, methods []string) string {
	for _, name := range methods {
		if (name == "String" || name == "Error") && hasMethod(n, name) {
			return "call ." + name + "() yourself, for each element if there are several"
		}
	}
	return "convert it to a type without methods first: a struct of basic types, a map or a slice"
}

// printShape looks for what shows the names of types and fields.
func (c *checker) printShape(host *types.Func, arg ast.Expr, t types.Type, format string) {
	name := host.Pkg().Name() + "." + host.Name()
	switch host.Pkg().Path() {
	case "fmt", "log":
		if n := c.withMethods(t, nil); strings.Contains(format, "%T") && (n != nil || c.mentionsOwn(t)) {
			c.report(arg.Pos(), "print", Error, "write the name of the type into the text", "%%T shows the underlying type, not %s", c.nameOf(t))
			return
		}
		if strings.Contains(format, "%#v") && c.mentionsOwn(t) {
			c.report(arg.Pos(), "print", Error, "%+v, or print the fields", "%%#v shows the underlying type, not %s", c.nameOf(t))
			return
		}
		if f := c.unexported(t, map[types.Type]bool{}); f != "" && (strings.Contains(format, "%+v") || strings.Contains(format, "%#v")) {
			c.report(arg.Pos(), "print", Error, "export the field, or print the fields by name", "the field %s is printed as X%s", f, f)
		}
	case "encoding/json", "encoding/xml", "encoding/gob":
		if f := c.unexported(t, map[types.Type]bool{}); f != "" {
			c.report(arg.Pos(), "print", Error, "a struct with exported fields only", "%s writes the unexported field %s as X%s", name, f, f)
		} else if f := c.embedded(t, map[types.Type]bool{}); f != "" {
			c.report(arg.Pos(), "print", Error, "name the fields in one struct", "%s does not join the fields of the embedded %s", name, f)
		}
	case "reflect":
		if c.mentionsOwn(t) && isFunc(host, "reflect", "TypeOf") {
			c.report(arg.Pos(), "print", Warning, "a switch over what the script itself knows", "reflect shows the underlying type of %s, without name and methods", c.nameOf(t))
		}
	}
}

// takesAny reports whether parameter i is any.
func takesAny(f *types.Func, i int, spread bool) bool {
	s := f.Signature()
	last := s.Params().Len() - 1
	if s.Variadic() && i >= last {
		if spread {
			return false
		}
		slice, ok := s.Params().At(last).Type().(*types.Slice)
		return ok && isEmptyInterface(slice.Elem())
	}
	return i <= last && isEmptyInterface(s.Params().At(i).Type())
}

// format returns the constant format of a call like fmt.Printf, and whether it has a format at all.
func (c *checker) format(f *types.Func, call *ast.CallExpr) (string, bool) {
	if !strings.HasSuffix(f.Name(), "f") {
		return "", false
	}
	for _, arg := range call.Args {
		if v := c.info.Types[arg].Value; v != nil && v.Kind() == constant.String {
			return constant.StringVal(v), true
		}
	}
	return "%T%+v", true // not known: take the worst
}

// printsWell reports whether yaegi finds the String method after all: for functions of fmt, where the argument is a
// variable, an element, a field or a literal, and only verbs for text occur.
func (c *checker) printsWell(f *types.Func, arg ast.Expr, format string, hasFormat bool) bool {
	n := c.ownNamed(c.typeOf(arg))
	if f.Pkg().Path() != "fmt" || n == nil || !hasMethod(n, "String") || hasMethod(n, "Error", "Format") || hasFormat && !textVerbs(format) {
		return false
	}
	if types.NewMethodSet(c.typeOf(arg)).Lookup(c.pkg, "String") == nil || c.overHostType(n) {
		return false // the compiled program prints the value, or yaegi uses the methods of the other type
	}
	switch e := ast.Unparen(arg).(type) {
	case *ast.Ident, *ast.SelectorExpr, *ast.IndexExpr, *ast.CompositeLit, *ast.StarExpr:
		return true
	case *ast.UnaryExpr:
		return e.Op == token.AND
	}
	return false
}

// textVerbs reports whether a format has no verbs but %v, %s and %q, with width at most.
func textVerbs(format string) bool {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		for i++; i < len(format) && strings.IndexByte("-0123456789.", format[i]) >= 0; i++ {
		}
		if i < len(format) && strings.IndexByte("vsq%", format[i]) < 0 {
			return false
		}
	}
	return true
}

// overHostType reports whether a type is defined by a named type of a compiled package: type D time.Duration.
func (c *checker) overHostType(n *types.Named) bool {
	for _, d := range c.file.Decls {
		decl, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, s := range decl.Specs {
			if spec, ok := s.(*ast.TypeSpec); ok && c.info.Defs[spec.Name] == types.Object(n.Obj()) {
				_, named := types.Unalias(c.typeOf(spec.Type)).(*types.Named)
				return named
			}
		}
	}
	return false
}

// withMethods looks in a type and in what it is made of for a type of the script with one of the methods; nil is any.
func (c *checker) withMethods(t types.Type, methods []string) *types.Named {
	var found *types.Named
	c.walkType(t, map[types.Type]bool{}, func(part types.Type) {
		if n := c.ownValue(part); n != nil && found == nil && hasMethod(n, methods...) {
			found = n
		}
	})
	return found
}

func (c *checker) mentionsOwn(t types.Type) bool {
	found := false
	c.walkType(t, map[types.Type]bool{}, func(part types.Type) { found = found || c.ownValue(part) != nil })
	return found
}

// maxParts ends the walk through a generic type that refers to ever larger instances of itself.
const maxParts = 10_000

// walkType visits a type and the types of its elements and fields, those of compiled packages left out.
func (c *checker) walkType(t types.Type, seen map[types.Type]bool, visit func(types.Type)) {
	if t == nil || seen[t] || len(seen) > maxParts {
		return
	}
	seen[t] = true
	if n, ok := types.Unalias(t).(*types.Named); ok && n.Obj().Pkg() != c.pkg {
		return
	}
	visit(t)
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		c.walkType(u.Elem(), seen, visit)
	case *types.Slice:
		c.walkType(u.Elem(), seen, visit)
	case *types.Array:
		c.walkType(u.Elem(), seen, visit)
	case *types.Map:
		c.walkType(u.Key(), seen, visit)
		c.walkType(u.Elem(), seen, visit)
	case *types.Struct:
		for i := range u.NumFields() {
			c.walkType(u.Field(i).Type(), seen, visit)
		}
	}
}

// unexported returns an unexported field of a struct of the script, "" when there is none.
func (c *checker) unexported(t types.Type, seen map[types.Type]bool) string {
	return c.field(t, seen, func(f *types.Var) bool { return !f.Exported() })
}

func (c *checker) embedded(t types.Type, seen map[types.Type]bool) string {
	return c.field(t, seen, (*types.Var).Embedded)
}

func (c *checker) field(t types.Type, seen map[types.Type]bool, is func(*types.Var) bool) string {
	name := ""
	c.walkType(t, seen, func(part types.Type) {
		if s, ok := part.Underlying().(*types.Struct); ok {
			for i := range s.NumFields() {
				if name == "" && is(s.Field(i)) {
					name = s.Field(i).Name()
				}
			}
		}
	})
	return name
}
