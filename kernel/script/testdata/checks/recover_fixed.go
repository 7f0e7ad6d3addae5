//go:build ignore

package main

import (
	"errors"
	"fmt"
)

func main() {
	defer func() {
		r := recover()
		fmt.Println(r != nil, fmt.Sprint(r))
	}()
	panic(errors.New("failed"))
}
