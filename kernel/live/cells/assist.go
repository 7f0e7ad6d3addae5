package cells

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/goplus/ixgo"
)

// Completion is what could stand in place of src[From:To].
type Completion struct {
	From, To int
	Matches  []Match
}

// Match is one way to complete a name.
type Match struct {
	Name      string
	Kind      string // "function", "instance", "class", "module", "keyword": Jupyter's words, which have icons
	Signature string // of a function
}

// Complete returns the names that could stand at an offset: after a dot the fields, methods or members of what is before
// it, elsewhere the names of the session, the cell's own, packages and keywords.
func (s *Session) Complete(src string, offset int) Completion {
	src, _ = Directives(src)
	offset = min(max(offset, 0), len(src))
	from := offset
	for from > 0 && isNameByte(src[from-1]) {
		from--
	}
	to := offset
	for to < len(src) && isNameByte(src[to]) {
		to++
	}
	prefix := src[from:offset]
	out := Completion{From: from, To: to}
	if !s.mu.TryLock() { // a cell runs
		return out
	}
	defer s.mu.Unlock()
	before := strings.TrimRight(src[:from], " \t\n")
	if strings.HasSuffix(before, ".") {
		out.Matches = s.members(src, len(before)-1, to)
	} else {
		out.Matches = s.visible(src)
	}
	out.Matches = slices.DeleteFunc(out.Matches, func(m Match) bool {
		return !strings.HasPrefix(strings.ToLower(m.Name), strings.ToLower(prefix)) || m.Name == "_"
	})
	slices.SortFunc(out.Matches, func(a, b Match) int {
		return cmp.Or(-compareBool(strings.HasPrefix(a.Name, prefix), strings.HasPrefix(b.Name, prefix)), cmp.Compare(a.Name, b.Name))
	})
	out.Matches = slices.CompactFunc(out.Matches, func(a, b Match) bool { return a.Name == b.Name })
	return out
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func isNameByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}

// placeholder is a name that no cell has, though it could.
const placeholder = "xˍcompletion"

// members completes after the dot at src[dot].
func (s *Session) members(src string, dot, to int) []Match {
	// The name after the dot is replaced by one that is certain to be there, so that the cell parses.
	text := src[:dot] + "." + placeholder + src[to:]
	info, file := s.partial(text, dot)
	if file == nil {
		return nil
	}
	var found []Match
	for _, d := range file.Decls {
		ast.Inspect(d, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != placeholder {
				return true
			}
			if id, ok := sel.X.(*ast.Ident); ok {
				if name, ok := info.Uses[id].(*types.PkgName); ok {
					found = packageMembers(name.Imported())
					return false
				}
				if info.Uses[id] == nil && info.Types[sel.X].Type == nil {
					found = s.unimported(id.Name)
					return false
				}
			}
			if tv, ok := info.Types[sel.X]; ok && tv.Type != nil {
				found = s.typeMembers(tv.Type)
			}
			return true
		})
	}
	return found
}

// unimported completes the members of a package that the cell would import by itself.
func (s *Session) unimported(name string) []Match {
	var out []Match
	for _, path := range ixgo.PackageList() {
		if p, ok := ixgo.LookupPackage(path); ok && p.Name == name && !strings.Contains(path, "internal") {
			if pkg, err := s.loader.Import(path); err == nil {
				out = append(out, packageMembers(pkg)...)
			}
		}
	}
	return out
}

func packageMembers(pkg *types.Package) []Match {
	var out []Match
	for _, name := range pkg.Scope().Names() {
		if token.IsExported(name) {
			out = append(out, match(pkg.Scope().Lookup(name)))
		}
	}
	return out
}

// typeMembers lists fields and methods, promoted ones included. A cell sees unexported ones of types of cells.
func (s *Session) typeMembers(t types.Type) []Match {
	var out []Match
	visible := func(obj types.Object) bool { return obj.Exported() || inCell(obj) }
	seen := map[types.Type]bool{}
	var walk func(t types.Type)
	walk = func(t types.Type) {
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		if seen[t] {
			return
		}
		seen[t] = true
		if st, ok := t.Underlying().(*types.Struct); ok {
			for f := range st.Fields() {
				if visible(f) {
					out = append(out, match(f))
				}
				if f.Embedded() {
					walk(f.Type())
				}
			}
		}
	}
	walk(t)
	set := types.NewMethodSet(t)
	if _, pointer := t.Underlying().(*types.Pointer); !pointer && !types.IsInterface(t) {
		set = types.NewMethodSet(types.NewPointer(t)) // variables are addressable
	}
	for m := range set.Methods() {
		if visible(m.Obj()) {
			out = append(out, match(m.Obj()))
		}
	}
	return out
}

// visible lists what a name alone can mean.
func (s *Session) visible(src string) []Match {
	var out []Match
	for name, obj := range s.names {
		if !strings.Contains(name, "·") {
			out = append(out, match(obj))
		}
	}
	for name := range s.imports {
		out = append(out, Match{Name: name, Kind: "module"})
	}
	for _, name := range types.Universe.Names() {
		out = append(out, match(types.Universe.Lookup(name)))
	}
	for t := token.BREAK; t <= token.VAR; t++ {
		out = append(out, Match{Name: t.String(), Kind: "keyword"})
	}
	known := map[string]bool{}
	for _, path := range ixgo.PackageList() {
		if p, ok := ixgo.LookupPackage(path); ok && !strings.Contains(path, "internal") && !known[p.Name] {
			known[p.Name] = true
			out = append(out, Match{Name: p.Name, Kind: "module"})
		}
	}
	// Names that the cell itself declares, wherever that is.
	tokens := lex(src)
	for i, l := range tokens {
		if l.tok == token.IDENT && i+1 < len(tokens) && (tokens[i+1].tok == token.DEFINE || tokens[i+1].tok == token.COMMA) {
			out = append(out, Match{Name: l.lit, Kind: "instance"})
		}
	}
	return out
}

func match(obj types.Object) Match {
	m := Match{Name: obj.Name(), Kind: "instance"}
	switch obj := obj.(type) {
	case *types.Func:
		m.Kind, m.Signature = "function", types.TypeString(obj.Type(), qualify)
	case *types.Builtin:
		m.Kind = "function"
	case *types.TypeName:
		m.Kind = "class"
	case *types.Var:
		if _, ok := obj.Type().Underlying().(*types.Signature); ok {
			m.Kind, m.Signature = "function", types.TypeString(obj.Type(), qualify)
		}
	}
	return m
}

// qualify writes types as a cell would: its own without a package.
func qualify(p *types.Package) string {
	if p.Path() == cellPath || strings.HasPrefix(p.Path(), "·") {
		return ""
	}
	return p.Name()
}

// partial checks a cell that may be wrong, and returns what is known about it all the same. What does not parse up to the
// end is checked as far as the line of at.
func (s *Session) partial(src string, at int) (*types.Info, *ast.File) {
	fset := token.NewFileSet()
	lenient := func(src string) *cell {
		c, err := parse(fset, "In[*]", src)
		if err != nil {
			return nil
		}
		return c
	}
	c := lenient(src)
	if c == nil {
		end := at + strings.IndexByte(src[at:]+"\n", '\n')
		if c = lenient(src[:end] + closing(src[:end])); c == nil {
			start := strings.LastIndexByte(src[:at], '\n') + 1
			if c = lenient(src[start:end] + closing(src[start:end])); c == nil {
				return nil, nil
			}
		}
	}
	u := &unit{cell: c, extra: map[string]string{}, kept: map[string]*types.TypeName{}}
	s.renew()
	file := s.assemble(u)
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}
	config := types.Config{Importer: s.ctx.Importer, Sizes: types.SizesFor("gc", runtime.GOARCH), Error: func(error) {}}
	_ = types.NewChecker(&config, fset, s.pkg, info).Files([]*ast.File{file}) // wrong it is, most of the time
	return info, file
}

// closing returns the brackets that a text has open.
func closing(src string) string {
	var open []byte
	for _, l := range lex(src) {
		switch l.tok {
		case token.LPAREN:
			open = append(open, ')')
		case token.LBRACK:
			open = append(open, ']')
		case token.LBRACE:
			open = append(open, '}')
		case token.RPAREN, token.RBRACK, token.RBRACE:
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		}
	}
	slices.Reverse(open)
	return string(open)
}

// Inspect describes the name at an offset: its declaration, the value of a variable, the fields and methods of a type.
func (s *Session) Inspect(src string, offset int) (string, bool) {
	src, _ = Directives(src)
	offset = min(max(offset, 0), len(src))
	from, to := offset, offset
	for from > 0 && isNameByte(src[from-1]) {
		from--
	}
	for to < len(src) && isNameByte(src[to]) {
		to++
	}
	if from == to { // behind the bracket of a call: the function
		for from > 0 && (src[from-1] == '(' || src[from-1] == ' ') {
			from--
		}
		to = from
		for from > 0 && isNameByte(src[from-1]) {
			from--
		}
	}
	if from == to || !s.mu.TryLock() {
		return "", false
	}
	defer s.mu.Unlock()
	name := src[from:to]
	start := from
	for start > 0 && (isNameByte(src[start-1]) || src[start-1] == '.') { // pkg.Name, x.Field.Method
		start--
	}
	info, file := s.partial(src[start:to], 0)
	if file == nil {
		return "", false
	}
	var obj types.Object
	for _, d := range file.Decls {
		ast.Inspect(d, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && id.Name == name {
				if o := info.Uses[id]; o != nil {
					obj = o
				}
			}
			return true
		})
	}
	if obj == nil {
		if path, ok := s.imports[name]; ok {
			return fmt.Sprintf("package %s // import %q", name, path), true
		}
		var packages []string
		for _, path := range ixgo.PackageList() {
			if p, ok := ixgo.LookupPackage(path); ok && p.Name == name && start == from && !strings.Contains(path, "internal") {
				packages = append(packages, fmt.Sprintf("package %s // import %q", name, path))
			}
		}
		if packages != nil {
			return strings.Join(packages, "\n"), true
		}
		return s.inspectUnimported(src[start:to])
	}
	return s.about(obj), true
}

// inspectUnimported describes pkg.Name of a package that a cell would import by itself.
func (s *Session) inspectUnimported(expr string) (string, bool) {
	name, symbol, ok := strings.Cut(expr, ".")
	if !ok {
		return "", false
	}
	path := packageWith(name, symbol)
	if path == "" {
		return "", false
	}
	pkg, err := s.loader.Import(path)
	if err != nil || pkg.Scope().Lookup(symbol) == nil {
		return "", false
	}
	return s.about(pkg.Scope().Lookup(symbol)), true
}

func (s *Session) about(obj types.Object) string {
	var b strings.Builder
	switch obj := obj.(type) {
	case *types.PkgName:
		fmt.Fprintf(&b, "package %s // import %q", obj.Imported().Name(), obj.Imported().Path())
		return b.String()
	case *types.Const:
		fmt.Fprintf(&b, "const %s %s = %s", obj.Name(), types.TypeString(obj.Type(), qualify), constantText(obj.Val()))
	case *types.TypeName:
		fmt.Fprintf(&b, "type %s %s", obj.Name(), types.TypeString(obj.Type().Underlying(), qualify))
		for _, m := range s.typeMembers(obj.Type()) {
			if m.Signature != "" {
				fmt.Fprintf(&b, "\nfunc (%s) %s%s", obj.Name(), m.Name, strings.TrimPrefix(m.Signature, "func"))
			}
		}
	default:
		b.WriteString(types.ObjectString(obj, qualify))
	}
	if sl := s.slotOf(obj); sl != nil && sl.ptr.Elem().Kind() != reflect.Func {
		value := fmt.Sprintf("%+v", sl.ptr.Elem().Interface())
		if len(value) > 200 {
			value = value[:200] + "..."
		}
		fmt.Fprintf(&b, "\n= %s", value)
	}
	if obj.Pkg() != nil && qualify(obj.Pkg()) != "" {
		fmt.Fprintf(&b, "\nimport %q", obj.Pkg().Path())
	}
	return b.String()
}

func constantText(v constant.Value) string {
	if v == nil {
		return "?"
	}
	return v.String()
}

// IsComplete tells whether a cell that is being typed can run: "complete", "incomplete" with the indent of its next line,
// or "invalid".
func IsComplete(src string) (status, indent string) {
	src, _ = Directives(src)
	depth := 0
	var last token.Token
	for _, l := range lex(src) {
		switch l.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		}
		if l.tok != token.SEMICOLON || l.lit != "\n" {
			last = l.tok
		}
	}
	switch {
	case depth > 0:
		return "incomplete", strings.Repeat("\t", depth)
	case openEnd(src), last.IsOperator() && !closes(last):
		return "incomplete", ""
	}
	if _, err := parse(token.NewFileSet(), "In[*]", src); err != nil {
		return "invalid", ""
	}
	return "complete", ""
}

// openEnd reports whether the text ends inside a raw string or a comment.
func openEnd(src string) bool {
	var list scanner.ErrorList
	_, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+src, 0)
	return errors.As(err, &list) && slices.ContainsFunc(list, func(e *scanner.Error) bool {
		return strings.Contains(e.Msg, "not terminated") && !strings.Contains(e.Msg, "string literal not") || strings.Contains(e.Msg, "raw string literal not terminated")
	})
}

func closes(t token.Token) bool {
	switch t {
	case token.RPAREN, token.RBRACK, token.RBRACE, token.INC, token.DEC, token.SEMICOLON, token.ELLIPSIS:
		return true
	}
	return false
}

// Names returns what the session's cells have declared, sorted.
func (s *Session) Names() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Sorted(maps.Keys(s.names))
	return slices.DeleteFunc(out, func(name string) bool { return strings.Contains(name, "·") })
}
