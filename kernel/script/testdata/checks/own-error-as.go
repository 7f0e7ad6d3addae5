//go:build ignore

package main

import (
	"errors"
	"fmt"
)

type codeError struct{ code int }

func (e *codeError) Error() string { return "failed" }

func run() error {
	var err error = &codeError{7}
	return fmt.Errorf("run: %w", err)
}

func main() {
	var e *codeError
	fmt.Println(errors.As(run(), &e)) // finding
}
