//go:build ignore

package main

import (
	"fmt"
	"time"
)

type task struct{ n int }

func (t task) run() {
	time.Sleep(20 * time.Millisecond)
	fmt.Println(t.n)
}

func main() {
	t := task{1}
	go t.run() // finding
	t.n = 2
	time.Sleep(60 * time.Millisecond)
}
