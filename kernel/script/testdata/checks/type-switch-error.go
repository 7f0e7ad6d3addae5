//go:build ignore

package main

import (
	"errors"
	"fmt"
)

func show(v any) {
	switch v := v.(type) {
	case error: // finding
		fmt.Println("error", v)
	default:
		fmt.Println("other")
	}
}

func main() { show(errors.New("x")) }
