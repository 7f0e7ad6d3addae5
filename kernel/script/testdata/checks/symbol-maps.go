//go:build ignore

package main

import (
	"fmt"
	"maps"
)

func main() {
	m := map[string]int{"a": 1, "b": 2}
	c := maps.Clone(m) // finding
	fmt.Println(c)
}
