//go:build ignore

package main

import "fmt"

func pick(n int) string {
	if n > 0 {
		return "positive"
	}
} // finding

func main() {
	unused := 1 // finding
	fmt.Println(pick(1))
}
