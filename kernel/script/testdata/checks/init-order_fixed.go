//go:build ignore

package main

import "fmt"

var parts = []int{1, 2}
var total = sum()

func sum() int {
	n := 0
	for _, p := range parts {
		n += p
	}
	return n
}

func main() { fmt.Println(total) }
