package complexity

import (
	"math"
	"strings"
	"testing"
)

// TestHalstead counts by hand. Operators: func ( { return + ; operands: f x x 1 x, and the comment is nothing.
func TestHalstead(t *testing.T) {
	h := one(t, "func f(x int) int { return x + 1 /* + y */ }", "").Halstead
	// func ( int is an operand, as all identifiers are: f x int int x 1
	want := newHalstead(5, 4, 5, 6)
	if h != want {
		t.Errorf("%+v, want %+v", h, want)
	}
	near := func(name string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-9*want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	near("volume", h.Volume, 11*math.Log2(9))
	near("difficulty", h.Difficulty, 2.5*6/4)
	near("effort", h.Effort, 2.5*6/4*11*math.Log2(9))
	near("seconds", h.Seconds(), h.Effort/18)
	near("bugs", h.Bugs(), 11*math.Log2(9)/3000)
	near("estimated length", h.EstimatedLength(), 5*math.Log2(5)+8)
	if h.Vocabulary() != 9 || h.Length() != 11 {
		t.Errorf("vocabulary %d, length %d, want 9, 11", h.Vocabulary(), h.Length())
	}
	if zero := newHalstead(0, 0, 0, 0); zero != (Halstead{}) || zero.EstimatedLength() != 0 {
		t.Errorf("nothing has %+v", zero)
	}
}

func TestSemicolons(t *testing.T) {
	written := one(t, "func f() { a(); b(); for i := 0; i < 1; i++ { } }", "").Halstead
	added := one(t, "func f() {\n a()\n b()\n for i := 0; i < 1; i++ {\n }\n }", "").Halstead
	if written.Operators != added.Operators+2 {
		t.Errorf("%d operators with semicolons, %d without: two are written", written.Operators, added.Operators)
	}
}

// TestFileHalstead makes sure that files and packages are counted as wholes: distinct operands do not add up.
func TestFileHalstead(t *testing.T) {
	r := analyzed(t, map[string]string{"a.go": "package p\nvar x = y\n", "b.go": "package p\nvar y = 1\n"}, Options{})
	if want := newHalstead(3, 3, 3, 3); r.Files[0].Halstead != want { // package var = ; p x y
		t.Errorf("a.go: %+v, want %+v", r.Files[0].Halstead, want)
	}
	if want := newHalstead(3, 4, 6, 6); r.Packages[0].Halstead != want || r.Totals.Halstead != want {
		t.Errorf("package: %+v, total %+v, want %+v", r.Packages[0].Halstead, r.Totals.Halstead, want)
	}
}

func TestFunctionNames(t *testing.T) {
	r := analyzed(t, map[string]string{"f.go": `package p
type t[K any, V any] struct{}
func (t[K, V]) value() {}
func (x *t[K, V]) pointer() {}
func (*u) a() {}
func plain() {}
func init() {}
func init() {}
var lit, other = func() {}, func() { if true {} }
var _ = func() {}
var notCalled = run(func() {})
type u struct{}
`}, Options{})
	var got []string
	for _, f := range r.Functions {
		got = append(got, f.Function)
	}
	want := "(t).value (*t).pointer (*u).a plain init init lit lit _"
	if strings.Join(got, " ") != want {
		t.Errorf("%v, want %s", got, want)
	}
}

// TestLineDirectives: what is said is where the reader finds the code.
func TestLineDirectives(t *testing.T) {
	f := one(t, "//line grammar.y:100\nfunc f() {\n//line grammar.y:7\n}\n", "")
	if f.File != "f.go" || f.Line != 3 || f.Lines != 3 {
		t.Errorf("%s:%d with %d lines, want f.go:3 with 3", f.File, f.Line, f.Lines)
	}
}

func TestDirectives(t *testing.T) {
	r := analyzed(t, map[string]string{"f.go": `package p

// a is not measured, as gocyclo would have it.
//
//gocyclo:ignore
func a() {}

// b mentions //gocyclo:ignore only.
func b() {}

//gocognit:ignore
func c(x bool) { if x { if x { } } }

//gocyclo:ignore
var d = func() {}
`}, Options{})
	if len(r.Functions) != 2 || r.Functions[0].Function != "b" || r.Functions[1].Function != "c" || r.Ignored != 2 {
		t.Fatalf("%+v, %d ignored", r.Functions, r.Ignored)
	}
	if c := r.Functions[1]; c.Cyclomatic != 3 || c.Cognitive != 3 {
		t.Errorf("c has %d and %d, want 3 and 3", c.Cyclomatic, c.Cognitive)
	}
	offences := Limits{MaxCyclomatic: 2, MaxCognitive: 2}.Check(r.Functions)
	if len(offences) != 1 || offences[0].Metric != Cyclomatic {
		t.Errorf("offences %v: a function with //gocognit:ignore has none in cognitive complexity", offences)
	}
}

// FuzzMeasure: whatever parses is measured, and the figures make sense.
func FuzzMeasure(f *testing.F) {
	for _, code := range []string{
		"package p\nfunc f() {}", "package p\nfunc (x *t[int]) f() { if a && !(b || c) { goto l } else if d { } else { select { } } }",
		"package p\nvar a, b = func() { a() }, 1", "package p\nfunc _(); func f[T any](x T) { f[T](x) }", "package", "package p\nfunc (a, b t) f() { a.f() }",
		"package p\nfunc () f() { x.f() }", "package p\n//line :1\nfunc f() {\n//line x:0\n}", "package p; var x, = func() {}", "\xef\xbb\xbfpackage p\nfunc f() { `\n` }",
	} {
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, code string) {
		m, p := measure("f.go", []byte(code), false)
		if (m == nil) == (p == nil) || p != nil && (p.Error() == "" || strings.Contains(p.Message, "internal error")) {
			t.Fatalf("%v, %v", m, p)
		}
		if m == nil {
			return
		}
		whole := m.counts.halstead()
		for _, x := range m.functions {
			h := x.Halstead
			if x.Cyclomatic < 1 || x.Cognitive < 0 || x.Nesting < 0 || x.Lines < 1 || x.Lines > m.lines || x.MaintainabilityIndex < 0 || x.MaintainabilityIndex > 100 ||
				h.Length() < 2 || h.Length() > whole.Length() || h.Vocabulary() > whole.Vocabulary() || math.IsNaN(h.Effort) {
				t.Errorf("%+v in a file of %d lines, %+v", x, m.lines, whole)
			}
		}
	})
}
