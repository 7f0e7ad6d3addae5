//go:build ignore

package main

import "fmt"

type level int

func (l level) String() string { return [...]string{"low", "high"}[l] }

func main() {
	for _, l := range []level{0, 1} {
		fmt.Println(l)
		fmt.Printf("%-6s|%v\n", l, l)
	}
}
