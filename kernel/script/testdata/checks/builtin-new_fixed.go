//go:build ignore

package main

import "fmt"

func main() {
	v := int64(300)
	p := &v
	fmt.Println(*p)
}
