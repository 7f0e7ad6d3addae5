//go:build ignore

package main

import "fmt"

func kind(b byte) string {
	switch {
	case '0' <= b && b <= '9', 'a' <= b && b <= 'z': // finding
		return "letter or digit"
	}
	return "other"
}

func main() {
	fmt.Println(kind('5'), kind('k'), kind('?'))
}
