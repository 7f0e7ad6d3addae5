// Package symbols holds the tables by which interpreted scripts see compiled packages: the facade lib/threat with the
// packages whose types it hands out, gonum/plot and gota. The standard library's tables come with yaegi.
//
// The files gen_*.go are generated; `go generate ./kernel/...` writes them anew after a change of an exported name, and a
// test fails while they are stale.
package symbols

import "reflect"

//go:generate go run ./gen

// Exports returns the symbols in the form that yaegi's Use takes: by "import/path/name", then by name. Variables are
// addressable, a type is a nil pointer to it, and "_Name" is the wrapper of the interface Name. Each call makes new maps.
func Exports() map[string]map[string]reflect.Value {
	all := make(map[string]map[string]reflect.Value, len(tables))
	for _, table := range tables {
		path, symbols := table()
		all[path] = symbols
	}
	return all
}
