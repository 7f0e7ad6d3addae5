//go:build ignore

package main

import "fmt"

func main() {
	m := map[string]int{"a": 1}
	for k := range m {
		delete(m, k)
	}
	fmt.Println(len(m))
}
