//go:build ignore

package main

import (
	"fmt"
	"sort"
)

type job struct{ run func() string }

func main() {
	var jobs []job
	for _, name := range []string{"a", "b"} {
		name := name
		j := job{}
		j.run = func() string { return name }
		jobs = append(jobs, j)
	}
	for _, j := range jobs {
		fmt.Println(j.run())
	}
	for _, name := range []string{"c", "d"} { // nothing outlives the iteration
		j := job{run: func() string { return name }}
		fmt.Println(j.run())
		apply(func() { fmt.Println(name) })
		sort.Slice([]int{2, 1}, func(i, k int) bool { return len(name) > i+k })
	}
}

func apply(f func()) { f() }
