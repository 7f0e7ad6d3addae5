//go:build ignore

package main

import "fmt"

func main() {
	c := make(chan int, 2)
	c <- 1
	c <- 2
	x := make([]int, 2)
	v := <-c
	x[0] = v
	v = <-c
	fmt.Println(x, v)
}
