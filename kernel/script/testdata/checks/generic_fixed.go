//go:build ignore

package main

import "fmt"

type set[T comparable] map[T]bool

func main() {
	s := set[int]{1: true}
	fmt.Println(len(s))
}
