//go:build ignore

package main

import "fmt"

func main() {
	p := new(int64(300)) // finding
	fmt.Println(*p)
}
