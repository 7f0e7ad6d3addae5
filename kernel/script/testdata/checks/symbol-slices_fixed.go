//go:build ignore

package main

import (
	"fmt"
	"sort"
)

func main() {
	x := []int{3, 1, 2}
	sort.Ints(x)
	fmt.Println(x, sort.SearchInts(x, 2))
}
