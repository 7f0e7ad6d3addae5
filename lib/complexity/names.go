package complexity

import (
	"bytes"
	"cmp"
	"path"
	"path/filepath"
	"strings"
)

// names finds the import paths of packages.
type names struct {
	src     source
	files   []entry
	results []result
	modules map[string]module         // by folder
	clauses map[string]map[string]int // by folder: how many files are of each package
}

// module is the module that a folder is in, "" for none.
type module struct {
	path  string
	below string // the folder in it, "." for its own
}

func newNames(src source, files []entry, results []result) *names {
	n := &names{src: src, files: files, results: results, modules: map[string]module{}, clauses: map[string]map[string]int{}}
	for i, e := range files {
		if m := results[i].measured; m != nil {
			folder := path.Dir(e.shown)
			if n.clauses[folder] == nil {
				n.clauses[folder] = map[string]int{}
			}
			n.clauses[folder][strings.TrimSuffix(m.clause, "_test")]++
		}
	}
	return n
}

// of names the package of a file. That is the import path of the folder; without a go.mod above it the folder as seen
// from the pattern's, and for the pattern's own folder the package's name. A package of tests ends in _test. Should a
// folder hold further packages, such as programs to be run by hand, their names follow in parentheses.
func (n *names) of(i int) string {
	e, clause := n.files[i], n.results[i].clause
	base, isTest := strings.CutSuffix(clause, "_test")
	main := n.main(path.Dir(e.shown))
	folder, _ := n.src.parent(e.name)
	m := n.module(folder)
	name := path.Join(m.path, m.below)
	switch {
	case m.path == "" && e.below == ".":
		name = main
	case m.path == "":
		name = e.below
	case m.path == "std": // the standard library's packages are named without their module
		name = m.below
	}
	if base != main {
		return name + " (" + clause + ")"
	}
	if isTest && strings.HasSuffix(e.shown, "_test.go") {
		return name + "_test"
	}
	return name
}

// main is the package that most files of a folder are of.
func (n *names) main(folder string) string {
	best := ""
	for name, files := range n.clauses[folder] {
		if most := n.clauses[folder][best]; best == "" || cmp.Or(cmp.Compare(most, files), cmp.Compare(name, best)) < 0 {
			best = name
		}
	}
	return best
}

// module looks for a go.mod in a folder and above.
func (n *names) module(folder string) module {
	if m, ok := n.modules[folder]; ok {
		return m
	}
	var m module
	if text, err := n.src.read(n.src.join(folder, "go.mod")); err == nil {
		m = module{modulePath(text), "."}
	}
	if up, ok := n.src.parent(folder); ok && m.path == "" {
		if m = n.module(up); m.path != "" {
			m.below = path.Join(m.below, filepath.Base(folder))
		}
	}
	n.modules[folder] = m
	return m
}

// modulePath finds the module line of a go.mod.
func modulePath(text []byte) string {
	for line := range bytes.Lines(text) {
		code, _, _ := strings.Cut(string(line), "//")
		if fields := strings.Fields(code); len(fields) == 2 && fields[0] == "module" {
			return strings.Trim(fields[1], "\"`")
		}
	}
	return ""
}
