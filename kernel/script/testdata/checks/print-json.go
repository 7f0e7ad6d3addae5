//go:build ignore

package main

import (
	"encoding/json"
	"fmt"
)

type row struct {
	Name  string
	cache int
}

func main() {
	text, err := json.Marshal([]row{{"a", 1}}) // finding
	fmt.Println(string(text), err)
}
