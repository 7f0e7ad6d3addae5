//go:build ignore

package main

import (
	"fmt"
	"os"
	"text/template"
)

type row struct {
	Name string
	V    int
}

func main() {
	t := template.Must(template.New("").Parse("{{.Name}} {{.V}}\n"))
	fmt.Println(t.Execute(os.Stdout, row{"row", 1}) == nil)
}
