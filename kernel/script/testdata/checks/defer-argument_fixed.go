//go:build ignore

package main

import "fmt"

func main() {
	n := 1
	start := n
	defer fmt.Println("at the start:", start)
	n = 2
	fmt.Println("now:", n)
}
