//go:build ignore

package main

import "fmt"

type level int

func (l level) String() string { return "level" }

func main() {
	l := level(3)
	fmt.Printf("%d\n", l) // finding
}
