//go:build ignore

package main

import (
	"errors"
	"fmt"
)

var base = errors.New("failed")

func run() error { return base }

func main() {
	var want error = base
	fmt.Println(errors.Is(run(), want))
}
