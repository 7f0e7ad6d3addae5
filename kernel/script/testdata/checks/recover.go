//go:build ignore

package main

import (
	"errors"
	"fmt"
)

func main() {
	defer func() {
		r := recover()
		err, ok := r.(error) // finding
		fmt.Println(ok, err != nil)
	}()
	panic(errors.New("failed"))
}
