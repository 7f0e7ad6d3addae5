//go:build ignore

package main

import (
	"fmt"
	"strconv"
)

func main() {
	m := map[string]int{}
	v, err := strconv.Atoi("5")
	m["a"] = v
	fmt.Println(m, err)
}
