//go:build ignore

package main

import (
	"errors"
	"fmt"
)

type codeError struct{ code int }

func (e *codeError) Error() string { return "failed" }

func main() {
	fmt.Println(errors.Join(&codeError{1})) // finding
}
