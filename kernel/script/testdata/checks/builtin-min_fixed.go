//go:build ignore

package main

import (
	"fmt"
	"math"
)

func main() {
	fmt.Println(math.Min(1.5, 2), math.Max(1, 3))
}
