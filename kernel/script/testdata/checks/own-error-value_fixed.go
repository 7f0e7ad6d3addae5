//go:build ignore

package main

import "fmt"

type codeError struct{ code int }

func (e *codeError) Error() string { return "failed" }

func run() error { return &codeError{7} }

func main() {
	err := run()
	fmt.Println(err)
	if e, ok := err.(*codeError); ok {
		fmt.Println(e.code)
	}
}
