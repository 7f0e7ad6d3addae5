//go:build ignore

package main

import "fmt"

type file struct{ name string }

func (f *file) Close() { fmt.Println("close", f.name) }

func main() {
	f := &file{"first"}
	defer f.Close() // finding
	f = &file{"second"}
	fmt.Println(f.name)
}
