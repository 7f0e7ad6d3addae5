//go:build ignore

package main

import "fmt"

func main() {
	var ps []*int
	for i := 0; i < 3; i++ {
		i := i
		ps = append(ps, &i)
	}
	for _, p := range ps {
		fmt.Println(*p)
	}
}
