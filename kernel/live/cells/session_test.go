package cells

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func Example() {
	s, err := New(Options{})
	if err != nil {
		panic(err)
	}
	for i, src := range []string{
		"total := 0\nfor i := range 5 { total += i }",
		"func double(n int) int { return 2 * n }",
		"double(total)",
		"total + nothing",
	} {
		res, err := s.Run(fmt.Sprintf("In[%d]", i+1), src)
		fmt.Println(res.Values, err)
	}
	// Output:
	// [] <nil>
	// [] <nil>
	// [20] <nil>
	// [] In[4]:1:9: undefined: nothing
}

// run runs a cell that must not fail.
func run(t testing.TB, s *Session, src string) []any {
	t.Helper()
	res, err := s.Run("In[1]", src)
	if err != nil {
		t.Fatalf("%s\n%v", src, err)
	}
	return res.Values
}

func TestVariablesOfTheSurroundings(t *testing.T) {
	var ctx context.Context = context.WithValue(context.Background(), key{}, "v")
	count := 3
	s, err := New(Options{Vars: map[string]any{"ctx": &ctx, "count": &count}})
	if err != nil {
		t.Fatal(err)
	}
	if got := run(t, s, "count++; ctx.Err() == nil && count == 4"); got[0] != true || count != 4 {
		t.Errorf("the cell says %v, count is %d", got, count)
	}
	run(t, s, "ctx, count := \"mine\", 9; _ = ctx") // declared anew: no business of the surroundings
	if count != 4 || run(t, s, "count")[0] != 9 {
		t.Errorf("count is %d outside and %v inside", count, run(t, s, "count"))
	}
	if _, err := New(Options{Vars: map[string]any{"n": 1}}); err == nil {
		t.Error("a value that is no pointer was taken")
	}
}

type key struct{}

func TestReplace(t *testing.T) {
	var said []string
	s, err := New(Options{Replace: map[string]any{"fmt.Println": func(a ...any) (int, error) { said = append(said, fmt.Sprint(a...)); return 0, nil }}})
	if err != nil {
		t.Fatal(err)
	}
	run(t, s, "fmt.Println(1, 2)\nfunc say() { fmt.Println(\"f\") }\nsay()")
	run(t, s, "say(); p := fmt.Println; p(\"value\")")
	if want := []string{"1 2", "f", "f", "value"}; !slices.Equal(said, want) {
		t.Errorf("said %q, want %q", said, want)
	}
}

func TestInterruptStopsWhatRuns(t *testing.T) {
	var stopped atomic.Int32
	s, err := New(Options{Stopped: func() { stopped.Add(1) }})
	if err != nil {
		t.Fatal(err)
	}
	run(t, s, "func spin() { for { } }\nfunc work() int { return 7 }\nn := 0")
	for _, src := range []string{"for { n++ }", "spin()", "func rec(k int) int { if k > 0 { rec(k-1); rec(k-1) }; return k }\nrec(60)", "var wg sync.WaitGroup; wg.Add(1); go func() { defer wg.Done(); spin() }(); wg.Wait()"} {
		timer := time.AfterFunc(100*time.Millisecond, s.Interrupt)
		if _, err := s.Run("In[1]", src); !errors.Is(err, ErrInterrupted) {
			t.Errorf("%s: error is %v", src, err)
		}
		timer.Stop()
		if got := run(t, s, "work()"); got[0] != 7 {
			t.Errorf("after %s a function returns %v", src, got)
		}
	}
	if n := stopped.Load(); n != 4 {
		t.Errorf("Stopped was called %d times", n)
	}
	s.Interrupt() // nothing runs
	if got := run(t, s, "work()"); got[0] != 7 {
		t.Errorf("after an interrupt of nothing a function returns %v", got)
	}
}

func TestWhatCannotBeStoppedIsLeft(t *testing.T) {
	if raceDetector {
		t.Skip("a cell that is given up and the next one are not synchronised; there is nobody to do it")
	}
	s := newTestSession(t)
	run(t, s, "gate := make(chan int)\nfunc f() int { return 1 }")
	time.AfterFunc(50*time.Millisecond, s.Interrupt)
	if _, err := s.Run("In[1]", "func g() int { return 2 }\n<-gate"); !errors.Is(err, ErrAbandoned) {
		t.Fatalf("error is %v", err)
	}
	if got := run(t, s, "f() + g()"); got[0] != 3 {
		t.Errorf("afterwards functions return %v", got)
	}
	run(t, s, "close(gate)")
}

func TestPanicsOfGoroutines(t *testing.T) {
	var mu sync.Mutex
	var late []string
	s, err := New(Options{GoPanic: func(p *PanicError) {
		mu.Lock()
		defer mu.Unlock()
		late = append(late, p.Error())
	}})
	if err != nil {
		t.Fatal(err)
	}
	var goroutine *GoroutineError
	if _, err := s.Run("In[1]", "go func() { panic(\"now\") }()\nselect {}"); !errors.As(err, &goroutine) || goroutine.Panic.Error() != "now" {
		t.Errorf("while its cell runs: %v", err)
	}
	run(t, s, "gate := make(chan int)\ngo func() { <-gate; panic(\"later\") }()")
	run(t, s, "func close2() { close(gate) }")
	run(t, s, "time.AfterFunc(50*time.Millisecond, close2); 0")
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		mu.Lock()
		n := len(late)
		mu.Unlock()
		if n == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("reported %v", late)
		}
	}
	if late[0] != "later" {
		t.Errorf("reported %v", late)
	}
}

func TestGoStatements(t *testing.T) {
	s := newTestSession(t)
	run(t, s, "type box struct{ n int }\nfunc (b *box) add(k int, done chan bool) { b.n += k; done <- true }\nfunc send[T any](c chan T, v T) { c <- v }")
	for src, want := range map[string]any{
		"b, done := &box{1}, make(chan bool); go b.add(4, done); <-done; b.n":                                         5,
		"c := make(chan float64); go send(c, 1); <-c":                                                                 1.0,
		"d := make(chan int); go func(xs ...int) { d <- len(xs) }(1, 2, 3); <-d":                                      3,
		"e := make(chan int); go func(xs ...int) { e <- len(xs) }([]int{1, 2}...); <-e":                               2,
		"g := make(chan error); go func(err error) { g <- err }(nil); <-g == nil":                                     true,
		"h := make(chan int); two := func() (int, int) { return 3, 4 }; go func(a, b int) { h <- a * b }(two()); <-h": 12,
		"i := make(chan int, 1); go close(i); _, ok := <-i; ok":                                                       false,
		"j := make(chan int8); switch { case true: go func(v int8) { j <- v }(7) }; <-j":                              int8(7),
		"var m sync.Mutex; k := make(chan bool); m.Lock(); go func() { m.Lock(); k <- true }(); m.Unlock(); <-k":      true,
	} {
		if got := run(t, s, src); !reflect.DeepEqual(got, []any{want}) {
			t.Errorf("%s\nis %v, want %v", src, got, want)
		}
	}
}

func TestTraceCrossesCells(t *testing.T) {
	s := newTestSession(t)
	for name, src := range map[string]string{"In[1]": "func inner(xs []int) int {\n\treturn xs[9]\n}"} {
		if _, err := s.Run(name, src); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Run("In[2]", "func outer() int {\n\n\treturn inner(nil)\n}"); err != nil {
		t.Fatal(err)
	}
	_, err := s.Run("In[3]", "x := 1\nouter()\nx++")
	var p *PanicError
	if !errors.As(err, &p) || p.Cell != "In[3]" {
		t.Fatalf("error is %v", err)
	}
	want := []Frame{{"inner", "In[1]", 2}, {"", "In[3]", 2}}
	if !slices.Contains(p.Trace, want[0]) || p.Trace[len(p.Trace)-1] != want[1] {
		t.Errorf("trace is %+v, want %+v in it", p.Trace, want)
	}
}

func TestDiagnosticsHavePlaces(t *testing.T) {
	s := newTestSession(t)
	_, err := s.Run("In[1]", "a := 1\n\tb := a + c\nd()")
	var found Diagnostics
	if !errors.As(err, &found) {
		t.Fatalf("error is %T %v", err, err)
	}
	want := Diagnostics{{"In[1]", 2, 11, "undefined: c"}, {"In[1]", 3, 1, "undefined: d"}}
	if !slices.Equal(found, want) {
		t.Errorf("diagnostics are\n%v\nwant\n%v", found, want)
	}
}

// What ixgo would do in silence is refused with its place.
func TestNilInMapOfInterfaces(t *testing.T) {
	s := newTestSession(t)
	for cell, want := range map[string]string{
		"m := map[string]any{}\nm[\"k\"] = nil":                       "In[1]:2:10",
		"m := map[string]any{\"k\": nil}":                             "In[1]:1:26",
		"func f() map[int]error {\n\treturn map[int]error{1: nil}\n}": "In[1]:2:26",
	} {
		_, err := s.Run("In[1]", cell)
		var found Diagnostics
		if !errors.As(err, &found) || !strings.HasPrefix(found.Error(), want+": this kernel cannot keep nil") {
			t.Errorf("%s: error is %v, want one at %s", cell, err, want)
		}
	}
	run(t, s, "p := map[string]*int{\"k\": nil}\nm := map[string]any{\"k\": p[\"k\"]}\nvar x any = nil\n_ = x")
	if got := run(t, s, "len(p) + len(m)"); len(got) != 1 || got[0] != 2 {
		t.Errorf("%v keys, want 2", got)
	}
}

// The heap of a session grows with what its cells declare, not with how many there were.
func TestCellsDoNotGrow(t *testing.T) {
	s := newTestSession(t)
	heap := func() float64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / (1 << 20)
	}
	cell := "type row struct { n int }\nfunc (r row) String() string { return fmt.Sprint(\"row\", r.n) }\nfunc f(r row) string { return r.String() }\nrows := []row{{1}, {2}}\nf(rows[0])"
	var at100 float64
	for i := range 300 {
		run(t, s, cell)
		if i == 99 {
			at100 = heap()
		}
	}
	if grown := heap() - at100; grown > 2 {
		t.Errorf("200 cells that declare the same again take %.1f MiB", grown)
	}
	if n := len(s.interpreters()); n > 20 {
		t.Errorf("%d interpreters are alive", n)
	}
}

func TestAVariableOfAnotherTypeFreesTheOldOne(t *testing.T) {
	s := newTestSession(t)
	freed := make(chan bool, 1)
	big := new([1 << 20]byte)
	runtime.AddCleanup(big, func(int) { freed <- true }, 0)
	s.options.Vars = nil
	if err := s.predeclare("given", reflect.ValueOf(&big)); err != nil {
		t.Fatal(err)
	}
	run(t, s, "x := given\ngiven = nil\nfunc use() bool { return x != nil }\nuse()")
	big = nil
	run(t, s, "func use() bool { return false }\nx := \"text\"")
	for range 50 {
		runtime.GC()
		select {
		case <-freed:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
	t.Error("what the old variable held is still there")
}

func TestComplete(t *testing.T) {
	s := newTestSession(t)
	run(t, s, "import \"strings\"\ntype host struct { name string; port int }\nfunc (h host) Upper() string { return h.name }\nfunc (h *host) rename(n string) { h.name = n }\nfunc find(n int) *host { return nil }\nh := host{}\nhosts := map[string]*host{}\nlength := 3")
	for _, c := range []struct{ src, want, not string }{
		{"h.|", "Upper name port rename", ""},
		{"h.na|", "name", "port"},
		{"find(3).|", "Upper name port rename", ""},
		{"hosts[\"a\"].na|", "name", ""},
		{"for _, x := range hosts {\n\tx.po|\n}", "port", ""},
		{"for _, x := range hosts {\n\tx.po|", "port", ""},
		{"fmt.Println(h.U|", "Upper", ""},
		{"strings.Repl|", "Replace ReplaceAll", "Repeat"},
		{"json.Mar|", "Marshal MarshalIndent", ""},
		{"len|", "len length", ""},
		{"x := fi|", "find", ""},
		{"broken := (\nh.po|", "port", ""},
		{"nothing.|", "", ""},
		{"ret|", "return", ""},
		{"other := 1\not|", "other", ""},
	} {
		at := strings.Index(c.src, "|")
		got := s.Complete(strings.Replace(c.src, "|", "", 1), at)
		var names []string
		for _, m := range got.Matches {
			names = append(names, m.Name)
		}
		for _, w := range strings.Fields(c.want) {
			if !slices.Contains(names, w) {
				t.Errorf("%s: %v, want %s in it", c.src, names, w)
			}
		}
		if c.want == "" && len(names) > 0 || c.not != "" && slices.Contains(names, c.not) {
			t.Errorf("%s: %v", c.src, names)
		}
	}
}

func TestInspect(t *testing.T) {
	s := newTestSession(t)
	run(t, s, "type host struct { name string }\nfunc (h host) Upper() string { return h.name }\nh := host{\"a\"}\nconst limit = 5\nfunc find(n int) (host, error) { return h, nil }")
	for src, want := range map[string]string{
		"strings.Rep|eat":  "func strings.Repeat(string, int) string",
		"h|":               "var h host\n= {name:a}",
		"lim|it":           "const limit untyped int = 5",
		"hos|t":            "type host struct{name string}",
		"h.Upp|er":         "Upper() string",
		"find(|":           "func(n int) (host, error)",
		"math.P|i":         "const Pi untyped float = 3.14159",
		"str|ings.ToUpper": "package strings",
		"le|n":             "builtin len",
	} {
		at := strings.Index(src, "|")
		got, ok := s.Inspect(strings.Replace(src, "|", "", 1), at)
		if !ok || !strings.Contains(got, want) {
			t.Errorf("%s: %q %v, want %q", src, got, ok, want)
		}
	}
	if got, ok := s.Inspect("nothing", 2); ok {
		t.Errorf("nothing is %q", got)
	}
}

func TestIsComplete(t *testing.T) {
	for src, want := range map[string]string{
		"": "complete", "x := 1": "complete", "x :=": "incomplete", "x +": "incomplete", "if a {": "incomplete", "f(": "incomplete",
		"f(1,\n2)": "complete", "x := `a": "incomplete", "/* a": "incomplete", "x := )": "invalid", "x := \"a": "invalid",
		"x++": "complete", "func f() {\n}": "complete", "%env A B\nx := 1": "complete", "for {": "incomplete",
	} {
		if got, _ := IsComplete(src); got != want {
			t.Errorf("%q is %s, want %s", src, got, want)
		}
	}
	if _, indent := IsComplete("func f() {\n\tif x {"); indent != "\t\t" {
		t.Errorf("indent is %q", indent)
	}
}

func TestDirectives(t *testing.T) {
	src, found := Directives("%noautoget\n!ls -l\r\nx := `\n%no\n`\n/*\n!no\n*/\ny := '`' // `\n%%\nz := \"`\"\n  %indented\n%last")
	want := []Directive{{1, "%noautoget"}, {2, "!ls -l"}, {10, "%%"}, {13, "%last"}}
	if !slices.Equal(found, want) {
		t.Errorf("directives are %v, want %v", found, want)
	}
	if strings.Count(src, "\n") != 12 || !strings.Contains(src, "%no\n`") || !strings.Contains(src, "!no\n*/") {
		t.Errorf("what is left is %q", src)
	}
}

func FuzzRun(f *testing.F) {
	for _, steps := range notebooks {
		for _, st := range steps {
			f.Add(st.src)
		}
	}
	f.Add("func (x) y() {}; type T")
	f.Add("a := func() {")
	// Cells are compiled and not run: what they would do is their own business.
	f.Fuzz(func(t *testing.T, src string) {
		src, _ = Directives(src)
		s := newTestSession(t)
		c, err := parse(s.ctx.FileSet, "In[1]", src)
		if err != nil {
			return
		}
		defer func() {
			if r := recover(); r != nil && !strings.Contains(fmt.Sprint(r), "go/types") {
				t.Fatal(r)
			}
		}()
		_, _ = s.compile(c)
		s.Complete(src, len(src)/2)
		IsComplete(src)
	})
}
