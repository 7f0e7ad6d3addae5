//go:build ignore

package main

import "fmt"

type id int

func main() {
	var v any = 3
	_, ok := v.(id) // finding
	fmt.Println(ok)
}
