//go:build ignore

package main

import (
	"errors"
	"fmt"
)

func show(v any) {
	switch v := v.(type) {
	case string:
		fmt.Println("string", v)
	default:
		fmt.Println("other", v)
	}
}

func main() { show(errors.New("x")) }
