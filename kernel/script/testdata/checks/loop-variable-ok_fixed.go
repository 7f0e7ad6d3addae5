//go:build ignore

package main

import "fmt"

func main() {
	var fs []func() int
	m := map[int]int{0: 10, 1: 20}
	for i := 0; i < 2; i++ {
		v, ok := m[i]
		if ok {
			v := v
			fs = append(fs, func() int { return v })
		}
	}
	for _, f := range fs {
		fmt.Println(f())
	}
}
