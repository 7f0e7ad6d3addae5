//go:build ignore

package main

import (
	"fmt"
	"os"
	"text/template"
)

type row struct{ V int }

func (r row) Name() string { return "row" }

func main() {
	t := template.Must(template.New("").Parse("{{.Name}} {{.V}}\n"))
	fmt.Println(t.Execute(os.Stdout, row{1}) == nil) // finding
}
