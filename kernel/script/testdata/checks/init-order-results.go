//go:build ignore

package main

import "fmt"

var a, b = pair() // finding

func pair() (int, int) { return 1, 2 }

func main() { fmt.Println(a, b) }
