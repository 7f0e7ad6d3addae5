//go:build ignore

package main

import (
	"fmt"
	"strings"
)

func main() {
	for s := range strings.SplitSeq("a,b", ",") { // finding
		fmt.Println(s)
	}
}
