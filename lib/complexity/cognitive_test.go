package complexity

import (
	"maps"
	"testing"
)

// TestCognitive compares both definitions. The figures are worked out by hand: for the paper from its appendix B, for
// gocognit from its documented departures.
func TestCognitive(t *testing.T) {
	tests := []struct {
		name, code      string
		gocognit, paper int
		nesting         int
	}{
		{"straight", `func f() int { x := 1; return x }`, 0, 0, 0},
		{"no body", `func f()`, 0, 0, 0},
		{"else is a level", `func f(a, b, c bool) { if a { } else { if b { } else { if c { } } } }`, 1 + 1 + 1 + 1 + 1, 1 + 1 + 2 + 1 + 3, 3},
		{"else if is none", `func f(a, b, c bool) { if a { } else if b { } else if c { for { } } }`, 1 + 1 + 1 + 2, 1 + 1 + 1 + 2, 2},
		{"the head of an else if stands outside", `func f(a bool) { if a { } else if func() bool { if a { return a }; return a }() { } }`, 1 + 1 + 2, 1 + 1 + 2, 2},
		{"one run", `func f(a, b, c, d bool) bool { return a && b && (c && d) }`, 1 + 1, 1, 0},
		{"parentheses and another operator", `func f(a, b, c bool) bool { return (a || b) && c }`, 2, 2, 0},
		{"parentheses twice", `func f(a, b, c bool) bool { return a || ((b || c)) }`, 2, 1, 0},
		{"a negation ends the run", `func f(a, b, c, d bool) bool { return a && !(b && c) && d }`, 2, 2, 0},
		{"a negation in the middle of a run", `func f(a, b, c bool) bool { return a && !b && c }`, 1, 1, 0},
		{"a comparison ends the run", `func f(a, b, c, d bool) bool { return (a && b) == (c && d) }`, 2, 2, 0},
		{"arguments are for themselves", `func f(a bool, g func(bool) bool) bool { return a && g(a && a || a) }`, 1 + 2, 1 + 2, 0},
		{"change and back", `func f(a, b, c, d bool) bool { return a || b && c || d }`, 3, 3, 0},
		{"recursion", `func f(n int) int { return f(n-1) + f(n-2) }`, 2, 1, 0},
		{"recursion of a method", `type t struct{}; func (x *t) f() { x.f(); x.f() }`, 0, 1, 0},
		{"a method of another value", `type t struct{ next *t }; func (x *t) f() { x.next.f() }`, 0, 0, 0},
		{"a receiver without a name", `type t struct{}; func (t) f() { var x t; x.f() }`, 0, 0, 0},
		{"a variable that hides the function", `func f() { f := func() {}; f() }`, 0, 0, 1},
		{"a variable that hides the receiver", `type t struct{}; func (x t) f() { { x := t{}; x.f() } }`, 0, 0, 0},
		{"recursion of a generic function", `func f[T, U any](x T) { f[T, U](x) }`, 0, 1, 0},
		{"recursion in a literal", `func f() { go func() { f() }() }`, 1, 1, 1},
		{"a method and a function of another file", `type t struct{}; func (x t) f() { f() }`, 1, 0, 0},
		{"jumps", `func f() { a: for { for { break a; continue a; break; continue; goto a } } }`, 1 + 2 + 3, 1 + 2 + 3, 2},
		{"switches", `func f(x any, c chan int) { switch x.(type) { case int: switch { case true: select { case <-c: } } } }`, 1 + 2 + 3, 1 + 2 + 3, 3},
		{"literals nest", `func f() { g := func() { func() { if true { } }() }; g() }`, 3, 3, 3},
		{"range", `func f(m map[int][]int) { for _, l := range m { for range l { } } }`, 1 + 2, 1 + 2, 2},
		{"a variable", `var f = func(a bool) { if a { } }`, 1, 1, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			lib, paper := one(t, test.code, Gocognit), one(t, test.code, Paper)
			if lib.Cognitive != test.gocognit {
				t.Errorf("gocognit: %d, want %d", lib.Cognitive, test.gocognit)
			}
			if paper.Cognitive != test.paper {
				t.Errorf("paper: %d, want %d", paper.Cognitive, test.paper)
			}
			if lib.Nesting != test.nesting || paper.Nesting != test.nesting {
				t.Errorf("nesting %d and %d, want %d", lib.Nesting, paper.Nesting, test.nesting)
			}
		})
	}
}

// TestCycles has each function of a cycle of calls pay for it once, and nobody else.
func TestCycles(t *testing.T) {
	files := map[string]string{
		"a.go": `package p
			func f(n int) int { return g(n) + g(n) }
			func outside() int { return f(1) }
			type T[A any] struct{}
			func (t *T[A]) even(n int) bool { return n == 0 || t.odd(n - 1) }
			func (t T[A]) other(u *T[A]) bool { return u.even(1) }
			func h(f func()) { f() }`,
		"b.go": `package p
			func g(n int) int { if n > 0 { return h3(n) }; return 0 }
			func h3(n int) int { return f(n - 1) + h3(n) }
			func (t *T[A]) odd(n int) bool { return n != 0 && t.even(n - 1) }`,
		"q/c.go": `package q
			func g() { f() }
			func f() {}`,
	}
	want := map[string]int{"f": 1, "g": 2, "h3": 1, "outside": 0, "(*T).even": 2, "(*T).odd": 2, "(T).other": 0, "h": 0}
	got := map[string]int{}
	for _, f := range analyzed(t, files, Options{Cognitive: Paper}).Functions {
		if f.clause == "p" {
			got[f.Function] = f.Cognitive
		} else if f.Cognitive != 0 {
			t.Errorf("q.%s has %d, want 0", f.Function, f.Cognitive)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
