//go:build ignore

package main

import (
	"encoding/json"
	"fmt"
)

type level int

func (l level) MarshalText() ([]byte, error) { return []byte("high"), nil }

func main() {
	name, err := level(1).MarshalText()
	if err != nil {
		panic(err)
	}
	text, err := json.Marshal(map[string]string{"a": string(name)})
	fmt.Println(string(text), err)
}
