//go:build ignore

package main

import "fmt"

type counter struct{ n int }

func (c counter) value() int { return c.n }
func (c *counter) add()      { c.n++ }

func main() {
	c := counter{1}
	d := c
	f := func() int { return d.value() }
	c.n = 2
	fmt.Println(f())
	add := c.add // a pointer receiver works
	add()
	fmt.Println(c.n)
}
