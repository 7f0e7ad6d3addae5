//go:build ignore

package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"sort"
	"strings"
)

type shape interface {
	Area() float64
	Name() string
}

type square struct{ side float64 }

func (s square) Area() float64 { return s.side * s.side }
func (s square) Name() string  { return "square" }

type circle struct{ r float64 }

func (c *circle) Area() float64 { return 3 * c.r * c.r }
func (c *circle) Name() string  { return "circle" }
func (c *circle) grow()         { c.r++ }

type base struct{ id int }

func (b *base) inc()   { b.id++ }
func (b base) ID() int { return b.id }

type item struct {
	base
	label string
}

type byLength []string

func (b byLength) Len() int           { return len(b) }
func (b byLength) Less(i, j int) bool { return len(b[i]) < len(b[j]) }
func (b byLength) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }

type upper struct{ out io.Writer }

func (u upper) Write(p []byte) (int, error) {
	return u.out.Write([]byte(strings.ToUpper(string(p))))
}

type countdown struct{ n int }

func (c *countdown) Read(p []byte) (int, error) {
	if c.n == 0 {
		return 0, io.EOF
	}
	c.n--
	p[0] = 'x'
	return 1, nil
}

type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

type level int

func (l level) String() string { return [...]string{"low", "high"}[l] }

type failure struct{ what string }

func (f *failure) Error() string { return "failure: " + f.what }

func fail(what string) error {
	if what == "" {
		return nil
	}
	return &failure{what}
}

type pair[K comparable, V any] struct {
	key   K
	value V
}

func (p pair[K, V]) get() V { return p.value }

type number interface{ ~int | ~float64 }

func total[T number](xs []T) T {
	var t T
	for _, x := range xs {
		t += x
	}
	return t
}

func filter[T any](xs []T, keep func(T) bool) []T {
	var out []T
	for _, x := range xs {
		if keep(x) {
			out = append(out, x)
		}
	}
	return out
}

type tree struct {
	v           int
	left, right *tree
}

func (t *tree) insert(v int) *tree {
	switch {
	case t == nil:
		return &tree{v: v}
	case v < t.v:
		t.left = t.left.insert(v)
	default:
		t.right = t.right.insert(v)
	}
	return t
}

func (t *tree) walk(f func(int)) {
	if t != nil {
		t.left.walk(f)
		f(t.v)
		t.right.walk(f)
	}
}

func main() {
	c := &circle{1}
	for _, s := range []shape{square{2}, c} {
		fmt.Print(s.Name(), " ", s.Area(), " ")
		switch s := s.(type) {
		case square:
			fmt.Print(s.side, " ")
		case *circle:
			s.grow()
		}
	}
	var s shape = c
	if q, ok := s.(*circle); ok {
		fmt.Println(q.r, s.Area())
	}
	named := map[string]shape{"c": c, "s": square{3}}
	fmt.Println(named["s"].Area(), named["c"].Name())

	it := item{label: "x"}
	it.inc()
	it.base.inc()
	fmt.Println(it.ID(), it.id, it.label)
	words := byLength{"ccc", "a", "bb"}
	sort.Sort(words)
	fmt.Println(words)
	sort.Sort(sort.Reverse(words))
	fmt.Println(words[0])

	var text strings.Builder
	w := bufio.NewWriter(upper{&text})
	fmt.Fprintf(w, "shout %d", 1)
	if err := w.Flush(); err != nil {
		fmt.Println(err)
	}
	read, err := io.ReadAll(&countdown{3})
	fmt.Println(text.String(), string(read), err)

	var l list
	flags := flag.NewFlagSet("x", flag.ContinueOnError)
	flags.Var(&l, "a", "add")
	n := flags.Int("n", 1, "number")
	fmt.Println(flags.Parse([]string{"-a", "1", "-a", "2", "-n", "5", "rest"}), l.String(), *n, flags.Args())

	lv := level(1)
	fmt.Println(lv, level(0).String())
	fmt.Printf("%s|%-6v|\n", lv, lv)
	if err := fail("disk"); err != nil {
		fmt.Println(err, fail("") == nil)
		if f, ok := err.(*failure); ok {
			fmt.Println(f.what)
		}
	}
	p := pair[string, int]{"k", 7}
	fmt.Println(p.get(), p.key, total([]int{1, 2}), total([]float64{1.5}), filter([]string{"a", "bb"}, func(s string) bool { return len(s) > 1 }))

	type row struct {
		Name string  `json:"name"`
		V    float64 `json:"v,omitempty"`
	}
	out, err := json.Marshal([]row{{"a", 1.5}, {"b", 0}})
	fmt.Println(string(out), err)
	var rows []row
	fmt.Println(json.Unmarshal([]byte(`[{"name":"z","v":2}]`), &rows), rows[0].Name, rows[0].V)

	var root *tree
	for _, v := range []int{3, 1, 2} {
		root = root.insert(v)
	}
	root.walk(func(v int) { fmt.Print(v, " ") })
	inc := c.grow
	inc()
	fmt.Println(c.r)
}
