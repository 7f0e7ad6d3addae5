//go:build ignore

package main

import "fmt"

type counter struct{ n int }

func (c *counter) add() { c.n++ }

func main() {
	add := func(c *counter) { c.add() }
	c := &counter{}
	add(c)
	fmt.Println(c.n)
}
