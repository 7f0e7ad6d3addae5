package script_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/jamba-threat/jamba/kernel/script"
)

// A script that would print 2 2 instead of 0 1.
func ExampleCheck() {
	dir, err := os.MkdirTemp("", "script")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "closures.go")
	text := `package main

import "fmt"

func main() {
	var later []func()
	for i := 0; i < 2; i++ {
		later = append(later, func() { fmt.Println(i) })
	}
	for _, f := range later {
		f()
	}
}
`
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		panic(err)
	}
	findings, err := script.Check(path)
	if err != nil {
		panic(err)
	}
	for _, f := range findings {
		fmt.Println("line", f.Line, "column", f.Column, f.Check)
		fmt.Println(f.Problem)
		fmt.Println("instead:", f.Instead)
	}
	// Output:
	// line 8 column 46 loop-variable
	// the function literal is passed on, and i is one variable for all iterations
	// instead: i := i on a line of its own before, inside the loop
}
