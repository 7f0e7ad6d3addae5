//go:build ignore

package main

import "fmt"

type point struct{ X int }

func main() {
	fmt.Printf("%T\n", point{1}) // finding
}
