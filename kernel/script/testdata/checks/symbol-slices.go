//go:build ignore

package main

import (
	"fmt"
	"slices"
)

func main() {
	x := []int{3, 1, 2}
	slices.Sort(x) // finding
	fmt.Println(x)
}
