// Command gen writes the tables by which the script interpreter sees the compiled packages: one Go file per package, with
// every exported constant, variable, function and type, and for each interface a struct through which a script's own type
// can implement it.
//
// It does what `yaegi extract` does with two differences. It reads the compiler's export data instead of type-checking
// all dependencies from source, which takes about a second instead of the better part of a minute; and a table is the
// result of a function instead of the effect of an init, so that commands which run no script do not pay for it.
//
//	go run ./kernel/internal/symbols/gen          write the tables
//	go run ./kernel/internal/symbols/gen --check  compare them with what is there; exit code 1 when they are stale
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"go/importer"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const module = "github.com/jamba-threat/jamba/"

// packages are what a script can import beside the standard library.
var packages = []string{
	// the facade, and the packages whose types it hands out
	module + "lib/data",
	module + "lib/export",
	module + "lib/features",
	module + "lib/generate",
	module + "lib/gguf",
	module + "lib/metrics",
	module + "lib/model",
	module + "lib/plot",
	module + "lib/score",
	module + "lib/threat",
	module + "lib/track",
	module + "lib/train",
	module + "kernel/notebook",

	"github.com/go-gota/gota/dataframe",
	"github.com/go-gota/gota/series",

	"gonum.org/v1/plot",
	"gonum.org/v1/plot/font",
	"gonum.org/v1/plot/palette",
	"gonum.org/v1/plot/palette/moreland",
	"gonum.org/v1/plot/plotter",
	"gonum.org/v1/plot/plotutil",
	"gonum.org/v1/plot/text",
	"gonum.org/v1/plot/vg",
	"gonum.org/v1/plot/vg/draw",
	"gonum.org/v1/plot/vg/vgimg",
}

func main() {
	check := flag.Bool("check", false, "compare with the files that are there instead of writing")
	dir := flag.String("dir", "", "folder of the tables (default: found from the module's root)")
	flag.Parse()
	if err := run(*dir, *check); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(dir string, check bool) error {
	if dir == "" {
		root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", strings.TrimSuffix(module, "/")).Output()
		if err != nil {
			return fmt.Errorf("find the module: %w", err)
		}
		dir = filepath.Join(strings.TrimSpace(string(root)), "kernel", "internal", "symbols")
	}
	files, err := tables(dir)
	if err != nil {
		return err
	}
	if check {
		return compare(dir, files)
	}
	for _, name := range leftovers(dir, files) {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// tables returns the content of every generated file by its name.
func tables(dir string) (map[string][]byte, error) {
	exports, err := exportData(dir)
	if err != nil {
		return nil, err
	}
	imp := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		file, ok := exports[path]
		if !ok {
			return nil, fmt.Errorf("no export data for %s", path)
		}
		return os.Open(file)
	})
	files := map[string][]byte{}
	var names []string
	for _, path := range packages {
		pkg, err := imp.Import(path)
		if err != nil {
			return nil, fmt.Errorf("import %s: %w", path, err)
		}
		name := identifier(path)
		if files["gen_"+name+".go"], err = table(pkg, name); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		names = append(names, name)
	}
	files["gen_all.go"], err = index(names)
	return files, err
}

// exportData asks the go command for the compiler's description of the packages and of all that they import; it compiles
// what is not in its cache.
func exportData(dir string) (map[string]string, error) {
	list := exec.Command("go", append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}"}, packages...)...)
	list.Dir = dir
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, stderr.String())
	}
	exports := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if file != "" {
			exports[path] = file
		}
	}
	return exports, nil
}

func compare(dir string, files map[string][]byte) error {
	var stale []string
	for name, text := range files {
		old, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if !bytes.Equal(old, text) {
			stale = append(stale, name)
		}
	}
	stale = append(stale, leftovers(dir, files)...)
	if stale == nil {
		return nil
	}
	slices.Sort(stale)
	return fmt.Errorf("stale: %s; run `go generate ./kernel/...` and commit the result", strings.Join(stale, ", "))
}

// leftovers are generated files of packages that are no longer listed.
func leftovers(dir string, files map[string][]byte) []string {
	var names []string
	found, _ := filepath.Glob(filepath.Join(dir, "gen_*.go")) // the pattern is well formed
	for _, path := range found {
		if name := filepath.Base(path); files[name] == nil {
			names = append(names, name)
		}
	}
	return names
}
