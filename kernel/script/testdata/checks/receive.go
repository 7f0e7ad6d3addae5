//go:build ignore

package main

import "fmt"

func main() {
	c := make(chan int, 2)
	c <- 1
	c <- 2
	x := make([]int, 2)
	x[0] = <-c // finding
	fmt.Println(x)
}
