//go:build ignore

package main

import "fmt"

func count(n int, yield func(int) bool) {
	for i := 0; i < n && yield(i); i++ {
	}
}

func main() {
	count(2, func(i int) bool {
		fmt.Println(i)
		return true
	})
}
