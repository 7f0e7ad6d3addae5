//go:build ignore

package main

import "fmt"

type point struct{ X int }

func main() {
	fmt.Printf("point %v\n", point{1})
}
