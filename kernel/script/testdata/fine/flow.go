//go:build ignore

package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
)

var errEmpty = errors.New("empty")

func parse(s string) (v int, err error) {
	if s == "" {
		return 0, errEmpty
	}
	if v, err = strconv.Atoi(s); err != nil {
		return 0, fmt.Errorf("parse %q: %w", s, err)
	}
	return v, nil
}

func protect(f func() int) (n int, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("recovered: %v", r)
		}
	}()
	return f(), nil
}

func double() (n int) {
	defer func() { n *= 2 }()
	return 21
}

func classify(n int) string {
	switch {
	case n < 0:
		return "negative"
	case n == 0:
		return "zero"
	case n > 5:
		fallthrough
	default:
		return "positive"
	}
}

func describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "nil"
	case int, int64:
		return fmt.Sprint("integer ", v)
	case string:
		return "string " + v
	case []int:
		return "list of " + strconv.Itoa(len(v))
	}
	return "other"
}

func fibonacci() func() int {
	a, b := 0, 1
	return func() int {
		r := a
		a, b = b, a+b
		return r
	}
}

type option func(*config)

type config struct{ n int }

func with(n int) option { return func(c *config) { c.n = n } }

func build(options ...option) config {
	c := config{}
	for _, o := range options {
		o(&c)
	}
	return c
}

func visit(n int, f func(int)) {
	if n > 0 {
		f(n)
		visit(n-1, f)
	}
}

func closeAll(names ...string) {
	for _, name := range names {
		func() {
			name := name
			defer fmt.Println("closed", name)
			fmt.Println("open", name)
		}()
	}
}

func main() {
	fmt.Println(parse("12"))
	_, err := parse("")
	fmt.Println(errors.Is(err, errEmpty), err == errEmpty)
	_, err = parse("x")
	fmt.Println(err, errors.Is(err, strconv.ErrSyntax))
	var number *strconv.NumError
	fmt.Println(errors.As(err, &number), number.Func)
	_, err = os.Open("/there/is/none")
	fmt.Println(errors.Is(err, os.ErrNotExist))
	if p, ok := err.(*os.PathError); ok {
		fmt.Println(p.Op)
	}

	fmt.Println(protect(func() int { panic("broken") }))
	fmt.Println(protect(func() int { return 1 }))
	fmt.Println(double(), classify(-1), classify(0), classify(9))
	fmt.Println(describe(nil), describe(1), describe("s"), describe([]int{1}), describe(1.5))

	next := fibonacci()
	for i := 0; i < 6; i++ {
		fmt.Print(next(), " ")
	}
	fmt.Println(fibonacci()(), build(with(1), with(3)).n)
	sum := 0
	visit(4, func(n int) { sum += n })
	fmt.Println(sum)
	closeAll("a", "b")

outer:
	for i := 0; i < 3; i++ {
		for j := 0; ; j++ {
			switch {
			case j == 2:
				continue outer
			case i == 2:
				break outer
			}
			fmt.Print(i, j, " ")
		}
	}
	i := 0
again:
	if i < 2 {
		i++
		goto again
	}
	for i, j := 0, 5; i < j; i, j = i+1, j-1 {
		fmt.Print(i, j, " ")
	}
	var fs []func() string
	for _, s := range []string{"x", "y"} {
		upper := s + "!"
		fs = append(fs, func() string { return upper })
		if first := func() string { return s }; first() == "x" {
			fmt.Print(first(), " ")
		}
	}
	for _, f := range fs {
		fmt.Print(f(), " ")
	}
	fmt.Println(i)
	defer fmt.Println("deferred", 1)
	defer func() { fmt.Println("first") }()
}
