package gocpu_test

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/jamba-threat/jamba/lib/internal/gocpu"
)

// A backend runs whatever GoMLX builds; what it supports, it compiles to fused loops.
func ExampleNew() {
	backend, err := gocpu.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer backend.Finalize()
	length, err := NewExec(backend, func(x *Node) *Node { return Sqrt(ReduceAllSum(Square(x))) })
	if err != nil {
		fmt.Println(err)
		return
	}
	defer length.Finalize()
	out, err := length.Call([]float32{3, 4, 12})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(out[0].Value())
	// Output: 13
}
