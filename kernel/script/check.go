package script

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// Severity says what a finding does to a run.
type Severity string

const (
	Error   Severity = "error"   // the script is not run: it would fail, or do something else than when compiled
	Warning Severity = "warning" // the script runs: it is wrong only for some values, which cannot be told beforehand
)

// Finding is one place where the interpreter would not do what Go does, or that the compiler refuses.
type Finding struct {
	File     string   `json:"file"`
	Line     int      `json:"line"`   // from 1
	Column   int      `json:"column"` // from 1, in bytes
	Check    string   `json:"check"`  // see Checks
	Severity Severity `json:"severity"`
	Problem  string   `json:"problem"` // what is wrong
	Instead  string   `json:"instead"` // how to write it
}

// String returns the finding as one line: file:line:column: problem; instead: ... [check].
func (f Finding) String() string {
	text := fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Problem)
	if f.Severity == Warning {
		text = fmt.Sprintf("%s:%d:%d: warning: %s", f.File, f.Line, f.Column, f.Problem)
	}
	if f.Instead != "" {
		text += "; instead: " + f.Instead
	}
	return text + " [" + f.Check + "]"
}

// CheckInfo describes a check.
type CheckInfo struct {
	Name string // as in a comment //jamba:allow NAME, which silences it for its own and the next line
	Doc  string // what yaegi 0.16.1 does, in one sentence
}

// Checks lists all checks. The check "compile", what the compiler itself refuses, cannot be silenced.
func Checks() []CheckInfo { return slices.Clone(checks) }

var checks = []CheckInfo{
	{"compile", "the Go compiler refuses the script; yaegi accepts unused variables and imports and missing returns"},
	{"import", "the package is not compiled into the program"},
	{"symbol", "the package has no such name in scripts: it is generic, or newer than Go 1.22"},
	{"loop-variable", "a variable of a loop is one for all iterations, as before Go 1.22, where a closure or pointer outlives the iteration"},
	{"defer-loop", "a deferred call in a loop sees the values of the last iteration"},
	{"defer-argument", "a deferred call sees what its arguments are when it runs, not when it was deferred"},
	{"go-receiver", "a method started by go sees later changes of its receiver"},
	{"range", "range over an integer, a function, a pointer to an array, or into existing variables fails or does nothing"},
	{"parallel-assignment", "an assignment of several values loses some where a call or nil is among them, where a map element is set by a call with several results, or where a place depends on another"},
	{"receive", "a value received from a channel and assigned to an element, a field or through a pointer gets lost"},
	{"named-result", "a return of several values sets results that have names one after the other, so that later ones see earlier ones"},
	{"switch", "of several conditions in one case only the first counts; a switch over the value of an interface fails"},
	{"builtin", "min, max and clear are unknown, new of a value gives zero"},
	{"init-order", "package variables are initialised in the order of the text, also where a function reads a later one"},
	{"method-value", "a method that is not called at once fails, or sees later changes of its receiver"},
	{"method-expression", "a method taken from its type fails"},
	{"print", "fmt, log and what reads values by reflection do not see methods, names or unexported fields of a script's types"},
	{"own-error", "a script's error type is lost in compiled code: errors.As, errors.Is and %w do not find it"},
	{"assertion", "an assertion from an interface to a script's type or to an interface gives the wrong answer for some values"},
	{"type-switch", "a type switch does not find a script's types with methods, nor interfaces"},
	{"recover", "a recovered value has lost its type"},
	{"interface-compare", "interface values that hold a script's types compare as different, or fail"},
	{"interface-literal", "assigning a composite literal of a script's type to an interface fails"},
	{"interface-embedding", "an interface of the script embedded in a struct fails once it is replaced"},
	{"generic", "the interpreter crashes on an alias with type parameters"},
}

// Check reads a script and returns what would go wrong, in the order of the text. It runs nothing. The error, which is
// ErrScript, is about a file that cannot be read, does not parse or is no program.
func Check(path string) (findings []Finding, err error) {
	src, err := read(path, token.NewFileSet())
	if err != nil {
		return nil, err
	}
	defer func() {
		if v := recover(); v != nil { // go/types promises nothing for every text there is
			err = refuse(nil, "script: %s cannot be checked: %v; does `go vet` accept it?", path, v)
		}
	}()
	return src.check(newUniverse()), nil
}

// checker is one check of one script.
type checker struct {
	*source
	pkg      *types.Package
	info     *types.Info
	parents  map[ast.Node]ast.Node
	findings []Finding
	missing  map[string]bool // paths of packages that are not there, whose uses need no finding of their own

	ownErrors bool // the script declares types that are errors
}

func (s *source) check(u universe) []Finding {
	c := &checker{source: s, parents: map[ast.Node]ast.Node{}, missing: map[string]bool{}}
	c.typeCheck(newImporter(u))
	c.link()
	c.ownErrors = c.declaresErrors()
	c.initOrder()
	ast.Inspect(s.file, func(n ast.Node) bool {
		if n != nil {
			c.node(n)
		}
		return true
	})
	return c.result()
}

// node applies the checks to one node of the tree.
func (c *checker) node(n ast.Node) {
	switch n := n.(type) {
	case *ast.RangeStmt:
		c.rangeStmt(n)
	case *ast.DeferStmt:
		c.deferStmt(n)
	case *ast.GoStmt:
		c.goStmt(n)
	case *ast.Ident:
		c.builtin(n)
		c.loopVariable(n)
	case *ast.CallExpr:
		c.newValue(n)
		c.callErrors(n)
		c.callPrint(n)
	case *ast.SelectorExpr:
		c.methodUse(n)
	case *ast.TypeAssertExpr:
		c.assertion(n)
	case *ast.TypeSwitchStmt:
		c.typeSwitch(n)
	case *ast.BinaryExpr:
		c.compare(n)
	case *ast.AssignStmt:
		c.assignLiteral(n)
		c.parallel(n)
		c.receive(n)
	case *ast.ReturnStmt:
		c.returnStmt(n)
	case *ast.SwitchStmt:
		c.switchStmt(n)
	case *ast.MapType:
		c.mapKey(n)
	case *ast.StructType:
		c.embedding(n)
	case *ast.TypeSpec:
		c.genericAlias(n)
	}
	if e, ok := n.(ast.Expr); ok {
		c.errorValue(e)
	}
}

// report adds a finding.
func (c *checker) report(pos token.Pos, check string, severity Severity, instead, problem string, args ...any) {
	p := c.set.Position(pos)
	c.findings = append(c.findings, Finding{File: p.Filename, Line: p.Line, Column: p.Column, Check: check,
		Severity: severity, Problem: fmt.Sprintf(problem, args...), Instead: instead})
}

// result sorts the findings, drops repetitions and those that a comment allows.
func (c *checker) result() []Finding {
	allowed := c.allowed()
	kept := []Finding{}
	for _, f := range c.findings {
		if f.Check != "compile" && (allowed[f.Line][f.Check] || allowed[f.Line]["all"]) {
			continue
		}
		kept = append(kept, f)
	}
	slices.SortStableFunc(kept, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Check, b.Check))
	})
	return slices.CompactFunc(kept, func(a, b Finding) bool {
		return a.Line == b.Line && a.Column == b.Column && a.Check == b.Check
	})
}

// allowed finds comments //jamba:allow NAME...: they hold for their line and the next.
func (c *checker) allowed() map[int]map[string]bool {
	lines := map[int]map[string]bool{}
	for _, group := range c.file.Comments {
		for _, comment := range group.List {
			names, ok := strings.CutPrefix(comment.Text, "//jamba:allow ")
			if !ok {
				continue
			}
			line := c.set.Position(comment.Pos()).Line
			for _, l := range []int{line, line + 1} {
				if lines[l] == nil {
					lines[l] = map[string]bool{}
				}
				for _, name := range strings.FieldsFunc(names, func(r rune) bool { return r == ' ' || r == ',' }) {
					lines[l][name] = true
				}
			}
		}
	}
	return lines
}

// typeCheck does what the compiler does, except that packages come from the tables.
func (c *checker) typeCheck(im *tableImporter) {
	for _, spec := range c.file.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err == nil && !im.has(p) {
			c.missing[p] = true
			c.report(spec.Path.Pos(), "import", Error, importInstead(p), "package %s is not available in scripts", p)
		}
	}
	c.info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}, Scopes: map[ast.Node]*types.Scope{},
		Instances: map[*ast.Ident]types.Instance{}}
	conf := types.Config{Importer: im, GoVersion: "go1.26", Sizes: types.SizesFor("gc", runtime.GOARCH), Error: c.compileError}
	c.pkg, _ = conf.Check("main", c.set, []*ast.File{c.file}, c.info) // compileError has the errors
}

// link notes the parent of every node.
func (c *checker) link() {
	var stack []ast.Node
	ast.Inspect(c.file, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		if len(stack) > 0 {
			c.parents[n] = stack[len(stack)-1]
		}
		stack = append(stack, n)
		return true
	})
}
