//go:build ignore

package main

import "fmt"

type text struct{ s string }

func (t text) Len() int { return len(t.s) }

func show(v any) {
	if t, ok := v.(text); ok {
		fmt.Println("text", t.s)
		return
	}
	switch v := v.(type) {
	case int:
		fmt.Println("int", v)
	}
}

func main() {
	show(text{"a"})
	show(1)
}
