//go:build ignore

package main

import (
	"errors"
	"fmt"
)

type codeError struct{ code int }

func (e *codeError) Error() string { return "failed" }

func main() {
	var err error = &codeError{1}
	fmt.Println(errors.Join(err))
}
