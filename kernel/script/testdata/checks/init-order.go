//go:build ignore

package main

import "fmt"

var total = sum() // finding
var parts = []int{1, 2}

func sum() int {
	n := 0
	for _, p := range parts {
		n += p
	}
	return n
}

func main() { fmt.Println(total) }
