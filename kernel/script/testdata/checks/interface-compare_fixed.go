//go:build ignore

package main

import "fmt"

type node interface{ Name() string }

type leaf struct{ name string }

func (l *leaf) Name() string { return l.name }

func main() {
	l := &leaf{"a"}
	var a, b node = l, l
	fmt.Println(a.Name() == b.Name(), a != nil)
}
