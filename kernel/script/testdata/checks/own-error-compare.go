//go:build ignore

package main

import "fmt"

type codeError struct{ code int }

func (e *codeError) Error() string { return "failed" }

var base error = &codeError{1}

func run() error { return base }

func main() {
	err := run()
	fmt.Println(err == base) // finding
}
