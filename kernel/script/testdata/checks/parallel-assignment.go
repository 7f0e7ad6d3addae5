//go:build ignore

package main

import "fmt"

func next(n int) int { return n + 1 }

func main() {
	a, b := 0, 0
	a, b = 5, next(b) // finding
	fmt.Println(a, b)
}
