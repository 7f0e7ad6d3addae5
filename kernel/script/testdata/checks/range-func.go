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
	for i := range numbers { // finding
		fmt.Println(i)
	}
}
