//go:build ignore

package main

import "fmt"

func order(x, y int) (low, high int) {
	low, high = x, y
	if low > high {
		low, high = high, low
	}
	return low, high
}

func main() {
	fmt.Println(order(2, 1))
}
