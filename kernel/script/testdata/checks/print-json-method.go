//go:build ignore

package main

import (
	"encoding/json"
	"fmt"
)

type level int

func (l level) MarshalText() ([]byte, error) { return []byte("high"), nil }

func main() {
	text, err := json.Marshal(map[string]level{"a": 1}) // finding
	fmt.Println(string(text), err)
}
