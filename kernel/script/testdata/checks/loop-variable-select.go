//go:build ignore

package main

import "fmt"

func main() {
	c := make(chan int, 1)
	var fs []func() int
	for i := 0; i < 3; i++ {
		c <- i
		select {
		case v := <-c:
			fs = append(fs, func() int { return v }) // finding
		}
	}
	for _, f := range fs {
		fmt.Println(f())
	}
}
