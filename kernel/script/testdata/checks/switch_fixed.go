//go:build ignore

package main

import "fmt"

func kind(b byte) string {
	switch {
	case '0' <= b && b <= '9' || 'a' <= b && b <= 'z':
		return "letter or digit"
	}
	switch b {
	case '?', '!':
		return "mark"
	}
	return "other"
}

func main() {
	fmt.Println(kind('5'), kind('k'), kind('?'), kind(' '))
}
