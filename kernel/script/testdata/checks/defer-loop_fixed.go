//go:build ignore

package main

import "fmt"

func main() {
	for _, name := range []string{"b", "a"} {
		work(name)
	}
}

func work(name string) {
	defer func() { fmt.Println("close", name) }()
}
