//go:build ignore

package main

import "fmt"

func main() {
	a, b := []int{1}, map[string][]int{}
	b["x"], a = a, nil // finding
	fmt.Println(a, b)
}
