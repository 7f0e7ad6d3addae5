//go:build ignore

package main

import (
	"encoding/json"
	"fmt"
)

type Row struct {
	ID   int
	Name string
}

func main() {
	text, err := json.Marshal(Row{1, "a"})
	fmt.Println(string(text), err)
}
