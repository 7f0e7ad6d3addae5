//go:build ignore

package main

import "fmt"

type point struct{ x, y int }

func main() {
	fmt.Printf("%+v\n", point{1, 2}) // finding
}
