//go:build ignore

package main

import (
	"fmt"
	"strings"
)

func main() {
	b := &strings.Builder{}
	write := b.WriteString // finding
	write("x")
	fmt.Println(b.String())
}
