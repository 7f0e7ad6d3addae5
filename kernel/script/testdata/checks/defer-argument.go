//go:build ignore

package main

import "fmt"

func main() {
	n := 1
	defer fmt.Println("at the start:", n) // finding
	n = 2
	fmt.Println("now:", n)
}
