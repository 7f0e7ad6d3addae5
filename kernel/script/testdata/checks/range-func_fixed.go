//go:build ignore

package main

import "fmt"

func numbers(yield func(int) bool) {
	for i := 0; i < 3; i++ {
		if !yield(i) {
			return
		}
	}
}

func main() {
	numbers(func(i int) bool {
		fmt.Println(i)
		return true
	})
}
