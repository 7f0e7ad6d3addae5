//go:build ignore

package main

import (
	"fmt"
	"sync/atomic"
)

func main() {
	var p atomic.Pointer[int] // finding
	n := 3
	p.Store(&n)
	fmt.Println(*p.Load())
}
