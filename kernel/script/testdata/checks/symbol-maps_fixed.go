//go:build ignore

package main

import "fmt"

func main() {
	m := map[string]int{"a": 1, "b": 2}
	c := map[string]int{}
	for k, v := range m {
		c[k] = v
	}
	fmt.Println(c)
}
