//go:build ignore

package main

import "fmt"

func main() {
	m := map[int]int{}
	i := 0
	i, m[i] = 1, 2 // finding
	fmt.Println(i, m)
}
