//go:build ignore

package main

import "fmt"

type text struct{ s string }

func (t text) Len() int { return len(t.s) }

func show(v any) {
	switch v := v.(type) {
	case text: // finding
		fmt.Println("text", v.s)
	case int:
		fmt.Println("int", v)
	}
}

func main() {
	show(text{"a"})
	show(1)
}
