//go:build ignore

package main

import "fmt"

func main() {
	var last string
	for _, last = range []string{"a", "b"} { // finding
	}
	fmt.Println(last)
}
