// Package ixsymbols holds the tables through which cells of the live kernel see compiled packages: the standard library,
// the packages of this module that a notebook uses, gota, gonum/plot and the parts of gonum that go with them. With them
// a cell imports these packages on a machine without a Go toolchain.
//
// The tables are generated (go generate ./kernel/...) by qexp of github.com/goplus/ixgo, and committed. What is not in
// them: package embed (a cell has no files to embed), log and log/slog as ixgo ships them (interpreted copies, whose
// settings would last for one cell; ours are the compiled ones), and generic functions of packages other than the
// standard library, of which there are none.
package ixsymbols

//go:generate go run generate.go
