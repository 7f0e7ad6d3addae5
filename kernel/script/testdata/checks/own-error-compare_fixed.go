//go:build ignore

package main

import (
	"errors"
	"fmt"
)

var base = errors.New("failed")

func run() error { return base }

func main() {
	err := run()
	fmt.Println(err == base)
}
