//go:build ignore

package main

import "fmt"

type point struct{ x, y int }

func (p point) String() string { return fmt.Sprintf("(%d, %d)", p.x, p.y) }

func origin() point { return point{} }

func main() {
	fmt.Println(origin().String())
	p := origin()
	fmt.Println(p)
}
