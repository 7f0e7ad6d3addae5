//go:build ignore

package main

import "fmt"

func main() {
	for _, name := range []string{"a", "b"} {
		name := name
		defer func() { fmt.Println("close", name) }() // finding
	}
}
