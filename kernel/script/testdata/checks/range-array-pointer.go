//go:build ignore

package main

import "fmt"

func main() {
	p := &[3]int{1, 2, 3}
	for i := range p { // finding
		fmt.Println(i, p[i])
	}
}
