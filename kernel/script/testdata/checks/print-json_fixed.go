//go:build ignore

package main

import (
	"encoding/json"
	"fmt"
)

type row struct {
	Name string
}

func main() {
	text, err := json.Marshal([]row{{"a"}})
	fmt.Println(string(text), err)
}
