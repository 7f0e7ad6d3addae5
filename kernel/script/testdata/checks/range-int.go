//go:build ignore

package main

import "fmt"

func main() {
	for i := range 3 { // finding
		fmt.Println(i)
	}
}
