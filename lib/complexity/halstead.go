package complexity

import (
	"go/scanner"
	"go/token"
	"sort"
)

// word is an operator or an operand with its place in the file.
type word struct {
	offset int
	tok    token.Token
	text   string // of an operand
}

func (w word) operand() bool { return w.tok.IsLiteral() } // identifiers too

// words scans a file that parses. Closing brackets are left out, as each belongs to its opening one, and so are the
// semicolons that stand for line ends.
func words(src []byte) []word {
	file := token.NewFileSet().AddFile("", -1, len(src))
	var s scanner.Scanner
	s.Init(file, src, nil, 0)
	var list []word
	for {
		pos, tok, text := s.Scan()
		switch {
		case tok == token.EOF:
			return list
		case tok == token.RPAREN, tok == token.RBRACK, tok == token.RBRACE, tok == token.SEMICOLON && text == "\n":
		case tok.IsLiteral():
			list = append(list, word{file.Offset(pos), tok, text})
		case tok.IsOperator(), tok.IsKeyword():
			list = append(list, word{offset: file.Offset(pos), tok: tok})
		}
	}
}

// between returns the words of a part of the file.
func between(list []word, from, to int) []word {
	at := func(offset int) int {
		return sort.Search(len(list), func(i int) bool { return list[i].offset >= offset })
	}
	return list[at(from):at(to)]
}

// counts are the operators and operands of some text and how often each occurs.
type counts struct {
	operators map[token.Token]int
	operands  map[string]int
}

func newCounts() *counts {
	return &counts{operators: map[token.Token]int{}, operands: map[string]int{}}
}

func count(list []word) *counts {
	c := newCounts()
	for _, w := range list {
		if w.operand() {
			c.operands[w.text]++
		} else {
			c.operators[w.tok]++
		}
	}
	return c
}

func (c *counts) add(other *counts) {
	for tok, n := range other.operators {
		c.operators[tok] += n
	}
	for text, n := range other.operands {
		c.operands[text] += n
	}
}

func (c *counts) halstead() Halstead {
	operators, operands := 0, 0
	for _, n := range c.operators {
		operators += n
	}
	for _, n := range c.operands {
		operands += n
	}
	return newHalstead(len(c.operators), len(c.operands), operators, operands)
}
