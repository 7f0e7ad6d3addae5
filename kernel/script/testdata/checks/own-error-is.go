//go:build ignore

package main

import (
	"errors"
	"fmt"
)

type codeError struct{ code int }

func (e *codeError) Error() string { return "failed" }

var base = &codeError{1}

func run() error { return base }

func main() {
	var want error = base
	fmt.Println(errors.Is(run(), want)) // finding
}
