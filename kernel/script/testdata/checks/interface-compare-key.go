//go:build ignore

package main

import "fmt"

type node interface{ Name() string }

type leaf struct{ name string }

func (l *leaf) Name() string { return l.name }

func main() {
	l := &leaf{"a"}
	seen := map[node]bool{l: true} // finding
	fmt.Println(seen[l])
}
