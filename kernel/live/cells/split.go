package cells

import (
	"go/scanner"
	"go/token"
)

// chunkKind says what a piece of a cell is.
type chunkKind int

const (
	chunkDecl      chunkKind = iota // import, type, const, func, and var before the first statement
	chunkStatement                  // everything that Go allows only inside a function
	chunkPackage                    // a package clause, which means nothing in a cell
)

// chunk is one top-level declaration or statement: src[from:to].
type chunk struct {
	kind     chunkKind
	from, to int
}

// lexeme is a token with its place.
type lexeme struct {
	tok      token.Token
	lit      string
	from, to int
}

// split cuts a cell into declarations and statements. It reads tokens only, so that it works on cells that do not parse;
// the parser judges them later.
func split(src string) []chunk {
	var out []chunk
	var piece []lexeme
	depth, statements := 0, false
	flush := func() {
		if len(piece) == 0 {
			return
		}
		c := chunk{kind: classify(piece, statements), from: piece[0].from, to: piece[len(piece)-1].to}
		statements = statements || c.kind == chunkStatement
		out, piece = append(out, c), nil
	}
	for _, l := range lex(src) {
		switch l.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		case token.SEMICOLON:
			if depth <= 0 {
				flush()
				continue
			}
		}
		piece = append(piece, l)
	}
	flush()
	return out
}

func classify(piece []lexeme, statements bool) chunkKind {
	switch piece[0].tok {
	case token.PACKAGE:
		return chunkPackage
	case token.IMPORT, token.TYPE, token.CONST:
		return chunkDecl
	case token.VAR:
		// At the head of a cell variables are package variables, initialised in the order of their dependencies. After
		// the first statement they are statements too, and see what the statements before them have set.
		if !statements {
			return chunkDecl
		}
	case token.FUNC:
		if isFuncDecl(piece) {
			return chunkDecl
		}
	}
	return chunkStatement
}

// isFuncDecl tells func f(), func (r T) f() and func f[T any]() from a call of a function literal.
func isFuncDecl(piece []lexeme) bool {
	at := func(i int) token.Token {
		if i < len(piece) {
			return piece[i].tok
		}
		return token.EOF
	}
	if at(1) == token.IDENT {
		return true
	}
	if at(1) != token.LPAREN {
		return false
	}
	depth := 0
	for i := 1; i < len(piece); i++ {
		switch piece[i].tok {
		case token.LPAREN:
			depth++
		case token.RPAREN:
			if depth--; depth == 0 {
				return at(i+1) == token.IDENT && at(i+2) == token.LPAREN
			}
		}
	}
	return false
}

// lex returns the tokens of a cell, semicolons that end lines included, comments left out.
func lex(src string) []lexeme {
	var s scanner.Scanner
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(src))
	s.Init(file, []byte(src), func(token.Position, string) {}, 0)
	var out []lexeme
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return out
		}
		from := file.Offset(pos)
		width := len(lit)
		if !tok.IsLiteral() && tok != token.COMMENT && (lit == "" || lit == "\n") {
			width = len(tok.String())
		}
		if tok == token.SEMICOLON && lit == "\n" {
			width = 0
		}
		out = append(out, lexeme{tok: tok, lit: lit, from: from, to: min(from+width, len(src))})
	}
}

// mask returns src with everything outside the chunks that keep wants turned into spaces, so that lines and columns stay.
func mask(src string, chunks []chunk, keep func(chunk) bool) string {
	out := []byte(src)
	for i, b := range out {
		if b != '\n' && b != '\t' {
			out[i] = ' '
		}
	}
	for i, c := range chunks {
		if !keep(c) {
			continue
		}
		to := c.to
		if i+1 < len(chunks) && keep(chunks[i+1]) { // what is between them belongs to them: the semicolons of a for
			to = chunks[i+1].from
		}
		copy(out[c.from:to], src[c.from:to])
		if to < len(out) && out[to] == ' ' { // what follows is gone, and with it the semicolon
			out[to] = ';'
		}
	}
	return string(out)
}
