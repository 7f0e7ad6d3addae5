//go:build ignore

package main

import "fmt"

type shape interface{ Area() float64 }

type square struct{ side float64 }

func (s square) Area() float64 { return s.side * s.side }

func main() {
	shapes := map[string]shape{"b": square{1}}
	s := square{2}
	shapes["a"] = s
	fmt.Println(shapes["a"].Area(), shapes["b"].Area())
}
