//go:build ignore

package main

import "fmt"

type logger interface{ Log(string) }

type printer struct{ prefix string }

func (p printer) Log(s string) { fmt.Println(p.prefix + s) }

type service struct {
	log logger
	n   int
}

func main() {
	s := service{printer{"> "}, 1}
	s.log.Log("one")
	p := printer{"# "}
	s.log = p
	s.log.Log("two")
}
