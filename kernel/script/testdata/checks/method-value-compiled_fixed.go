//go:build ignore

package main

import (
	"fmt"
	"strings"
)

func main() {
	b := &strings.Builder{}
	write := func(s string) { b.WriteString(s) }
	write("x")
	fmt.Println(b.String())
}
