//go:build ignore

package main

import "fmt"

func main() {
	var v any = "hello"
	if v == "hello" {
		fmt.Println("found")
	}
}
