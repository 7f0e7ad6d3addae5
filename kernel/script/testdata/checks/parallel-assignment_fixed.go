//go:build ignore

package main

import "fmt"

func next(n int) int { return n + 1 }

func main() {
	a, b := 0, 0
	b = next(b)
	a = 5
	a, b = b, a
	c, d := 5, next(b)
	fmt.Println(a, b, c, d)
}
