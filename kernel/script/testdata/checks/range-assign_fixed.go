//go:build ignore

package main

import "fmt"

func main() {
	var last string
	for _, s := range []string{"a", "b"} {
		last = s
	}
	fmt.Println(last)
}
