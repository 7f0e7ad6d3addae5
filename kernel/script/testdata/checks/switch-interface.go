//go:build ignore

package main

import "fmt"

func main() {
	var v any = "hello"
	switch v { // finding
	case "hello":
		fmt.Println("found")
	}
}
