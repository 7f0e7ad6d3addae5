package cells

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// step is one cell and what comes of it: the values of its last expression as fmt prints them, or a part of its error.
type step struct{ src, want, fails string }

func newTestSession(t testing.TB) *Session {
	t.Helper()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func play(t *testing.T, steps []step) *Session {
	t.Helper()
	s := newTestSession(t)
	for i, st := range steps {
		src, _ := Directives(st.src)
		res, err := s.Run(fmt.Sprintf("In[%d]", i+1), src)
		switch {
		case st.fails != "":
			if err == nil || !strings.Contains(err.Error(), st.fails) {
				t.Errorf("cell %d:\n%s\nerror is %v, want one with %q", i+1, st.src, err, st.fails)
			}
		case err != nil:
			var p *PanicError
			errors.As(err, &p)
			t.Errorf("cell %d:\n%s\n%v %+v", i+1, st.src, err, p)
		default:
			if got := strings.TrimSuffix(fmt.Sprintln(res.Values...), "\n"); got != st.want {
				t.Errorf("cell %d:\n%s\nshows %s, want %s", i+1, st.src, got, st.want)
			}
		}
	}
	return s
}

// TestCells plays notebooks of a few cells, each about one thing that a person expects of a cell.
func TestCells(t *testing.T) {
	for name, steps := range notebooks {
		t.Run(name, func(t *testing.T) { play(t, steps) })
	}
}

var notebooks = map[string][]step{
	"values stay": {
		{src: "x := 1"},
		{src: "x + 1", want: "2"},
		{src: "x++\nx", want: "2"},
		{src: "x, y := 7, \"seven\""},
		{src: "y", want: "seven"},
		{src: "var z float64"},
		{src: "z", want: "0"},
		{src: "z = 2.5; z", want: "2.5"},
		{src: "var z float64"},
		{src: "z", want: "0"},
	},
	"a variable is declared again": {
		{src: "x := 1"},
		{src: "f := func() int { return x }"},
		{src: "x := 5"},
		{src: "f()", want: "5"},
		{src: "x := \"text\""},
		{src: "x", want: "text"},
		{src: "f()", want: "5"},
		{src: "x := x + \"!\"; x", want: "text!"},
		{src: "x := len(x)"},
		{src: "x", want: "5"},
		{src: "p := &x"},
		{src: "x := 9; *p", want: "9"},
	},
	"functions": {
		{src: "func double(n int) int { return 2*n }"},
		{src: "func quad(n int) int { return double(double(n)) }"},
		{src: "quad(1)", want: "4"},
		{src: "func double(n int) int { return 3*n }"},
		{src: "quad(1)", want: "9"},
		{src: "func double(n int) string { return fmt.Sprint(n, n) }"},
		{src: "double(4)", want: "4 4"},
		{src: "quad(1)", want: "9"},
		{src: "func fib(n int) int { if n < 2 { return n }; return fib(n-1) + fib(n-2) }\nfib(15)", want: "610"},
		{src: "func even(n int) bool { if n == 0 { return true }; return odd(n-1) }\nfunc odd(n int) bool { if n == 0 { return false }; return even(n-1) }\neven(10)", want: "true"},
		{src: "func sum(base int, more ...int) (total int) { total = base; for _, m := range more { total += m }; return }"},
		{src: "sum(1, 2, 3)", want: "6"},
		{src: "sum(1, []int{5, 6}...)", want: "12"},
		{src: "func pair() (int, error) { return 3, nil }"},
		{src: "pair()", want: "3 <nil>"},
		{src: "a, err := pair(); a", want: "3"},
		{src: "err == nil", want: "true"},
		{src: "g := quad; g(2)", want: "18"},
	},
	"a function sees variables of its own cell": {
		{src: "n := 3\nfunc twice() int { return 2*n }\ntwice()", want: "6"},
		{src: "n = 5; twice()", want: "10"},
		{src: "n := \"a\"\nfunc twice() string { return n + n }\ntwice()", want: "aa"},
		{src: "var table = build()\nvar size = 3\nfunc build() []int { return make([]int, size) }\nlen(table)", want: "3"},
	},
	"types": {
		{src: "type point struct { x, y int }\nfunc (p point) String() string { return fmt.Sprintf(\"<%d %d>\", p.x, p.y) }\nfunc (p *point) move(dx int) { p.x += dx }"},
		{src: "p := point{1, 2}"},
		{src: "p.move(5); p", want: "<6 2>"},
		{src: "var s fmt.Stringer = p; s.String()", want: "<6 2>"},
		{src: "ps := []point{p, {3, 4}}; m := map[point]string{p: \"a\"}"},
		{src: "m[ps[0]]", want: "a"},
		{src: "fmt.Sprintf(\"%T %v\", p, ps)", want: "main.point [<6 2> <3 4>]"},
		{src: "type line struct { from, to point }\nfunc (l line) length() float64 { return math.Hypot(float64(l.to.x-l.from.x), float64(l.to.y-l.from.y)) }"},
		{src: "line{ps[0], ps[1]}.length() > 3", want: "true"},
		{src: "type named struct { point; name string }\nn := named{p, \"n\"}\nn.move(1); n.x", want: "7"},
		{src: "n.String()", want: "<7 2>"},
		{src: "_, ok := any(p).(fmt.Stringer); ok", want: "true"},
		{src: "type num int\nfunc (n num) next() num { return n + 1 }\nnum(3).next()", want: "4"},
		{src: "type shape interface { area() float64 }\ntype square struct { side float64 }\nfunc (s square) area() float64 { return s.side * s.side }\nvar sh shape = square{3}\nsh.area()", want: "9"},
		{src: "sh.(square).side", want: "3"},
		{src: "type circle struct { r float64 }\nfunc (c circle) area() float64 { return 3 * c.r * c.r }\nsh = circle{2}\nsh.area()", want: "12"},
		{src: "shapes := []shape{square{1}, circle{1}}; total := 0.0; for _, s := range shapes { total += s.area() }; total", want: "4"},
		{src: "type tree struct { left, right *tree; v int }\nfunc (t *tree) sum() int { if t == nil { return 0 }; return t.v + t.left.sum() + t.right.sum() }"},
		{src: "t := &tree{&tree{nil, nil, 1}, nil, 2}"},
		{src: "t.sum()", want: "3"},
		{src: "f := t.sum; t.v = 10; f()", want: "11"},
		{src: "g := (*tree).sum; g(t)", want: "11"},
		{src: "type alias = point\nalias{1, 1}", want: "<1 1>"},
		{src: "type fn func(int) int\nfunc (f fn) twice(n int) int { return f(f(n)) }\nfn(func(n int) int { return n + 1 }).twice(1)", want: "3"},
	},
	"a type is declared again": {
		{src: "type T struct { n int }\nfunc (t T) show() string { return fmt.Sprint(\"T\", t.n) }"},
		{src: "v := T{1}; func use(t T) string { return t.show() }"},
		{src: "type T struct { n int }\nfunc (t T) show() string { return fmt.Sprint(\"new T\", t.n) }"},
		{src: "use(v)", want: "new T1"},
		{src: "func (t T) show() string { return \"again\" }"},
		{src: "v.show()", want: "again"},
		{src: "var i interface{ show() string } = v; i.show()", want: "again"},
		{src: "type T struct { n int; name string }"},
		{src: "T{1, \"a\"}", want: "{1 a}"},
		{src: "v.n", want: "1"},
		{src: "v = T{2, \"b\"}", fails: "v was made before T was declared again"},
		{src: "v := T{2, \"b\"}; v.name", want: "b"},
	},
	"a method in a later cell": {
		{src: "type host struct { name string }"},
		{src: "func (h host) upper() string { return strings.ToUpper(h.name) }"},
		{src: "host{\"a\"}.upper()", want: "A"},
		{src: "func (h *host) rename(n string) { h.name = n }"},
		{src: "h := host{\"a\"}; h.rename(\"b\"); h.upper()", want: "B"},
	},
	"generics": {
		{src: "func Map[A, B any](xs []A, f func(A) B) []B { var out []B; for _, x := range xs { out = append(out, f(x)) }; return out }"},
		{src: "Map([]int{1, 2}, func(i int) string { return fmt.Sprint(i, i) })", want: "[1 1 2 2]"},
		{src: "type Stack[E any] struct { items []E }\nfunc (s *Stack[E]) Push(e E) { s.items = append(s.items, e) }\nfunc (s *Stack[E]) Len() int { return len(s.items) }"},
		{src: "var st Stack[int]; st.Push(3)"},
		{src: "st.Push(4); st.Len()", want: "2"},
		{src: "func lens(s *Stack[int]) int { return s.Len() }\nlens(&st)", want: "2"},
		{src: "var names Stack[string]; names.Push(\"a\"); names.items", want: "[a]"},
		{src: "type number interface { ~int | ~float64 }\nfunc Sum[T number](xs ...T) (t T) { for _, x := range xs { t += x }; return }"},
		{src: "Sum(1, 2, 3)", want: "6"},
		{src: "Sum(1.5, 2)", want: "3.5"},
		{src: "factor := 2\nfunc Scale[T number](x T) T { return x * T(factor) }", fails: "factor"},
		{src: "factor := 2"},
		{src: "func Scale[T number](x T) T { return x * T(factor) }"},
		{src: "factor = 3; Scale(4)", want: "12"},
		{src: "factor := \"text\"; Scale(4)", want: "12"},
		{src: "Scale(1.5)", want: "4.5"},
		{src: "slices.Sorted(maps.Keys(map[string]int{\"b\": 1, \"a\": 2}))", want: "[a b]"},
		{src: "slices.SortFunc(names.items, strings.Compare); slices.Max([]int{1, 9, 3})", want: "9"},
		{src: "type point struct{ x int }\nps := Map([]int{1, 2}, func(i int) point { return point{i} }); ps[1].x", want: "2"},
		{src: "var sp Stack[point]; sp.Push(ps[0])"},
		{src: "sp.items[0].x", want: "1"},
	},
	"statements": {
		{src: "total := 0\nfor i := range 4 { total += i }\ntotal", want: "6"},
		{src: "if total > 5 { total = 1 } else { total = 2 }"},
		{src: "total", want: "1"},
		{src: "switch { case total == 1: total = 10 }\ntotal", want: "10"},
		{src: "var fs []func() int; for i := 0; i < 3; i++ { fs = append(fs, func() int { return i }) }; fs[0]() + fs[2]()", want: "2"},
		{src: "for i, r := range \"añb\" { _ = i; _ = r }"},
		{src: "outer:\nfor i := 0; ; i++ { for { if i == 3 { break outer }; break } }"},
		{src: "m := map[string]int{}; m[\"a\"]++; m[\"a\"]", want: "1"},
		{src: "v, ok := m[\"zz\"]; ok", want: "false"},
		{src: "delete(m, \"a\"); len(m)", want: "0"},
		{src: "defer func() { total = 99 }()\ntotal = 5"},
		{src: "total", want: "99"},
		{src: "func safe() (err error) { defer func() { if r := recover(); r != nil { err = fmt.Errorf(\"caught %v\", r) } }(); panic(\"x\") }\nsafe().Error()", want: "caught x"},
		{src: "ch := make(chan int, 1); ch <- 4; <-ch", want: "4"},
		{src: "var wg sync.WaitGroup; var mu sync.Mutex; n := 0; for i := range 20 { wg.Add(1); go func(k int) { defer wg.Done(); mu.Lock(); n += k; mu.Unlock() }(i) }; wg.Wait(); n", want: "190"},
		{src: "done := make(chan float64); go func(x float64, c chan<- float64) { c <- x }(1, done); <-done", want: "1"},
		{src: "sq := func(yield func(int) bool) { for i := range 3 { if !yield(i*i) { return } } }; s := 0; for v := range sq { s += v }; s", want: "5"},
		{src: "x := [3]int{1, 2, 3}; y := x; y[0] = 9; x[0]", want: "1"},
		{src: "min(3, 1, 2) + max(4, 5)", want: "6"},
		{src: "const k = 1 << 40; k", want: "1099511627776"},
		{src: "k / 2", want: "549755813888"},
		{src: "const (\n\ta = iota\n\tb\n\tc\n)\nc", want: "2"},
		{src: "var q, w = 1, \"w\"\nw", want: "w"},
		{src: "func() int { return 42 }()", want: "42"},
		{src: "type T struct{}\nreturn\ntotal = 5"},
		{src: "goto end\nend:\ntotal", want: "99"},
		{src: "\"a\" + `b`", want: "ab"},
		{src: "nil", want: "<nil>"},
		{src: "errors.New(\"e\")", want: "e"},
	},
	"imports": {
		{src: "import \"strings\""},
		{src: "strings.Repeat(\"a\", 3)", want: "aaa"},
		{src: "import str \"strings\"\nimport \"math/rand/v2\""},
		{src: "str.ToUpper(\"a\")", want: "A"},
		{src: "r := rand.New(rand.NewPCG(1, 2)); r.IntN(1)", want: "0"},
		{src: "strings := \"now a variable\""},
		{src: "strings", want: "now a variable"},
		{src: "import \"strings\"\nstrings.ToLower(\"B\")", want: "b"},
		{src: "import \"no/such/package\"", fails: "not built into this kernel"},
		{src: "import \"plotter\"", fails: "gonum.org/v1/plot/plotter"},
		{src: "import . \"math\"\nSqrt(4)", want: "2"},
		{src: "Sqrt(9)", want: "3"},
		{src: "template.New(\"x\")", fails: "import one of [\"html/template\" \"text/template\"]"},
		{src: "var seq iter.Seq[int] = slices.Values([]int{1}); seq != nil", want: "true"},
		{src: "unsafe.Sizeof(int8(0))", want: "1"},
		{src: "bytes.Contains([]byte(\"abc\"), []byte(\"b\"))", want: "true"},
		{src: "import (\n\t\"encoding/json\"\n\t_ \"embed\"\n)", fails: "embed"},
		{src: "import \"encoding/json\"\ntype rec struct { Name string `json:\"name\"` }\nvar rr rec\nerr := json.Unmarshal([]byte(`{\"name\":\"x\"}`), &rr)"},
		{src: "rr.Name", want: "x"},
		{src: "out, _ := json.Marshal(rr); string(out)", want: "{\"name\":\"x\"}"},
	},
	"errors change nothing": {
		{src: "a := 1"},
		{src: "a := undefinedThing(3)", fails: "undefined: undefinedThing"},
		{src: "a", want: "1"},
		{src: "b := 2; func {", fails: "In[4]:1"},
		{src: "b", fails: "undefined: b"},
		{src: "c, d := 1, 2; panic(\"boom\"); e := 3", fails: "boom"},
		{src: "c + d", want: "3"},
		{src: "e", fails: "undefined: e"},
		{src: "a := \"other\"; var s []int; _ = s[a2]", fails: "undefined: a2"},
		{src: "var z []int; z[3] = 1; a := \"x\"", fails: "index out of range"},
		{src: "a", want: "1"},
		{src: "var p *struct{ n int }; p.n", fails: "nil pointer"},
		{src: "zero := 0; 1 / zero", fails: "divide by zero"},
		{src: "zero", want: "0"},
		{src: "import \"os\"\nos.Exit(2)", fails: "os.Exit(2)"},
		{src: "x := 1; x := 2", fails: "no new variables"},
		{src: "func f() int { y := 1 }\n", fails: "y"},
		{src: "var i any = \"s\"; i.(int)", fails: "interface conversion"},
		{src: "panic(fmt.Errorf(\"wrapped: %w\", os.ErrNotExist))", fails: "wrapped: file does not exist"},
		{src: "log.Fatal(\"the end\")", fails: "log.Fatal"},
		{src: "runtime.Goexit()", fails: "Goexit"},
		{src: "a", want: "1"},
	},
	"what GoNB has": {
		{src: "%noautoget\n%goflags -ldflags=-w\nimport \"fmt\""},
		{src: "var message = \"m\"\n%%\nlocal := message + \"!\"\nlocal", want: "m!"},
		{src: "package main\n\nfunc main() {\n\tmessage = \"from main\"\n}"},
		{src: "message", want: "from main"},
		{src: "func init() { message = \"init\" }\nmessage", want: "from main"},
		{src: "message", want: "init"},
		{src: "text := `\n%not a directive\n!nor this\n`; len(text)", want: "28"},
		{src: "// only a comment"},
		{src: ""},
	},
	"shadowing": {
		{src: "x := 1; { x := 2; _ = x }; x", want: "1"},
		{src: "if x := 5; x > 3 { x = 7 }\nx", want: "1"},
		{src: "func x2(x int) int { x++; return x }\nx2(10)", want: "11"},
		{src: "len := 4; len", want: "4"},
		{src: "len + 1", want: "5"},
		{src: "string := \"s\"; string", want: "s"},
	},
	"wide characters": {
		{src: "größe := 3; 名前 := \"é\""},
		{src: "s := \"日本\"; größe + len(s) + len(名前)", want: "11"},
		{src: "/* ünï */ größe", want: "3"},
	},
}
