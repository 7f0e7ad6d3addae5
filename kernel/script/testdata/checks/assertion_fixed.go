//go:build ignore

package main

import "fmt"

type shape interface{ Area() float64 }

type square struct{ side float64 }

func (s square) Area() float64 { return s.side * s.side }

func main() {
	var v shape = square{2}
	s, ok := v.(square)
	fmt.Println(ok, s.side)
}
