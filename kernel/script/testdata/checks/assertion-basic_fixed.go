//go:build ignore

package main

import "fmt"

type id struct{ n int }

func main() {
	var v any = 3
	_, ok := v.(id)
	fmt.Println(ok)
	v = id{3}
	_, ok = v.(id)
	fmt.Println(ok)
}
