//go:build ignore

package main

import "fmt"

type logger interface{ Log(string) }

type printer struct{ prefix string }

func (p printer) Log(s string) { fmt.Println(p.prefix + s) }

type service struct {
	logger // finding
	n      int
}

func main() {
	s := service{printer{"> "}, 1}
	s.Log("one")
	p := printer{"# "}
	s.logger = p
	s.Log("two")
}
