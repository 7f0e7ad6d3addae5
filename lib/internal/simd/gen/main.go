// Command gen writes the assembly of package simd, with avo. It is a module of its own, so that whoever imports the
// library does not depend on the assembler. Run it in this folder after a change:
//
//	go run . -machine avx2 -out ../avx2_amd64.s -stubs ../avx2_amd64.go -pkg simd
//	go run . -machine avx512 -out ../avx512_amd64.s -stubs ../avx512_amd64.go -pkg simd
//
// Every kernel is written once, in terms of the type machine, which knows what a vector is and how the two instruction
// sets express what they do not share: broadcast operands, masks, and powers of two.
package main

import (
	"flag"
	"log"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	name := flag.String("machine", "", "avx2 or avx512")
	flag.Parse()
	var m *machine
	switch *name {
	case "avx2":
		m = &machine{suffix: "AVX2", width: 8, height: 6, unroll: 2}
	case "avx512":
		m = &machine{suffix: "AVX512", width: 16, height: 12, unroll: 1}
	default:
		log.Fatalf("gen: -machine is %q: want avx2 or avx512", *name)
	}
	for h := 1; h <= m.height; h++ {
		m.tile(h)
	}
	m.layerNorm()
	m.elementwise()
	m.arithmetic()
	m.logarithms()
	m.words()
	m.reductions()
	for h := 1; h <= m.height; h++ {
		m.strip(h)
	}
	m.members()
	m.attention()
	m.meanTokens()
	if m.width == 8 { // a transposition of 8 by 8 serves both
		m.transpose()
	}
	Generate()
}
