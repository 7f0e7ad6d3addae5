//go:build ignore

package main

import "fmt"

func main() {
	m := map[string]int{"a": 1}
	clear(m) // finding
	fmt.Println(len(m))
}
