//go:build ignore

package main

import "fmt"

func pick(n int) string {
	if n > 0 {
		return "positive"
	}
	return ""
}

func main() {
	fmt.Println(pick(1))
}
