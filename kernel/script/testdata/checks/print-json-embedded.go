//go:build ignore

package main

import (
	"encoding/json"
	"fmt"
)

type base struct{ ID int }

type row struct {
	base
	Name string
}

type Base struct{ ID int }

type Row struct {
	Base
	Name string
}

func main() {
	text, err := json.Marshal(Row{Base{1}, "a"}) // finding
	fmt.Println(string(text), err)
}
