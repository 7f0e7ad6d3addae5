//go:build ignore

package main

import "fmt"

type job struct{ run func() string }

func main() {
	var jobs []job
	for _, name := range []string{"a", "b"} {
		j := job{}
		j.run = func() string { return name } // finding
		jobs = append(jobs, j)
	}
	for _, j := range jobs {
		fmt.Println(j.run())
	}
}
