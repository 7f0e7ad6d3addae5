//go:build ignore

package main

import "fmt"

var a, b int

func pair() (int, int) { return 1, 2 }

func main() {
	a, b = pair()
	fmt.Println(a, b)
}
