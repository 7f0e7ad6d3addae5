//go:build ignore

package main

import (
	"errors"
	"fmt"
)

var errFailed = errors.New("failed")

func run() error { return fmt.Errorf("run: %w", errFailed) }

func main() {
	fmt.Println(errors.Is(run(), errFailed))
}
