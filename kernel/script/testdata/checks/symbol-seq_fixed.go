//go:build ignore

package main

import (
	"fmt"
	"strings"
)

func main() {
	for _, s := range strings.Split("a,b", ",") {
		fmt.Println(s)
	}
}
