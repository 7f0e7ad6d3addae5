//go:build ignore

package main

import (
	"fmt"
	"strconv"
)

func main() {
	m := map[string]int{}
	var err error
	m["a"], err = strconv.Atoi("5") // finding
	fmt.Println(m, err)
}
