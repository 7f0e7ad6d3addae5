//go:build ignore

package main

import "fmt"

type point struct{ X, Y int }

func main() {
	fmt.Printf("%+v\n", point{1, 2})
	fmt.Println(struct{ a, b int }{3, 4})
}
