//go:build ignore

package main

import "fmt"

func main() {
	m := map[int]int{}
	i := 0
	m[i] = 2
	i = 1
	x := []int{3, 1, 2}
	x[i], x[i+1] = x[i+1], x[i]
	fmt.Println(i, m, x)
}
