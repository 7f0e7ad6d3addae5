//go:build ignore

package main

import "fmt"

type counter struct{ n int }

func (c counter) value() int { return c.n }

func main() {
	c := counter{1}
	f := c.value // finding
	c.n = 2
	fmt.Println(f())
}
