//go:build ignore

package main

import (
	"fmt"
	"iter" // finding
)

func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; i < n && yield(i); i++ {
		}
	}
}

func main() {
	count(2)(func(i int) bool {
		fmt.Println(i)
		return true
	})
}
