//go:build ignore

package main

import "fmt"

type shape interface{ Area() float64 }

type square struct{ side float64 }

func (s square) Area() float64 { return s.side * s.side }

func main() {
	var v any = square{2}
	_, ok := v.(shape) // finding
	fmt.Println(ok)
}
