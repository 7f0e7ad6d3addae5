//go:build ignore

package main

import "fmt"

type shape interface{ Area() float64 }

type square struct{ side float64 }

func (s square) Area() float64 { return s.side * s.side }

func main() {
	shapes := map[string]shape{}
	shapes["a"] = square{2} // finding
	fmt.Println(shapes["a"].Area())
}
