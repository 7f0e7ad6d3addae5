//go:build ignore

package main

import "fmt"

type codeError struct{ code int }

func (e codeError) Error() string { return "failed" } // finding

func main() {
	var err error = codeError{7}
	fmt.Println(err)
}
