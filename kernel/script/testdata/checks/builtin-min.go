//go:build ignore

package main

import "fmt"

func main() {
	fmt.Println(min(1.5, 2), max(1, 3)) // finding
}
