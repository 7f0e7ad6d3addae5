package complexity

import (
	"context"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/fzipp/gocyclo"
	"github.com/uudashr/gocognit"
	"github.com/yagipy/maintidx"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/passes/inspect"
	"golang.org/x/tools/go/ast/inspector"

	"github.com/jamba-threat/jamba/lib/testenv"
)

// One file in so many of the standard library is compared; all of them take a quarter of a minute, and agree.
const every = 5

// TestLibraries compares with the libraries, used as their commands use them, on Go's own source, commands included.
func TestLibraries(t *testing.T) {
	files := goFiles(t)
	r, err := Analyze(context.Background(), Options{Patterns: files})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d functions in %d files of %s", len(r.Functions), len(files), runtime.Version())
	if len(r.Functions) < 5000 {
		t.Fatal("that is too few to mean anything")
	}
	ours := map[string]Function{} // a name can occur more than once in a file: init, _
	for _, f := range r.Functions {
		ours[place(f.File, f.Line, f.Function)] = f
	}
	check := func(library, key string, value func(Function) int, want int) {
		f, ok := ours[key]
		switch {
		case !ok:
			t.Errorf("%s: %s knows this function", key, library)
		case value(f) != want:
			t.Errorf("%s: %d, but %s has %d", key, value(f), library, want)
		}
	}
	cyclomatic := gocyclo.Analyze(files, nil)
	for _, s := range cyclomatic {
		check("gocyclo", place(s.Pos.Filename, s.Pos.Line, s.FuncName), func(f Function) int { return f.Cyclomatic }, s.Complexity)
	}
	if len(cyclomatic) != len(r.Functions) {
		t.Errorf("gocyclo has %d functions, we %d", len(cyclomatic), len(r.Functions))
	}
	cognitive, indices := 0, 0
	for _, name := range files {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range gocognit.ComplexityStats(file, fset, nil) {
			cognitive++
			check("gocognit", place(s.Pos.Filename, s.Pos.Line, s.FuncName), func(f Function) int { return f.Cognitive }, s.Complexity)
		}
		for key, want := range maintainabilityIndices(t, fset, file) {
			indices++
			check("maintidx", key, func(f Function) int { return f.MaintainabilityIndex }, want)
		}
	}
	if cognitive != indices || cognitive > len(r.Functions) || cognitive < len(r.Functions)*9/10 { // the rest are literals
		t.Errorf("gocognit has %d functions, maintidx %d, we %d", cognitive, indices, len(r.Functions))
	}
}

// place identifies a function by what all three libraries know: maintidx leaves out the receiver.
func place(file string, line int, function string) string {
	return filepath.ToSlash(file) + ":" + strconv.Itoa(line) + " " + function[strings.LastIndex(function, ".")+1:]
}

// maintainabilityIndices runs maintidx's analyzer, which says its index in the text of a diagnostic. The bound above
// which it says nothing is a package-level flag, and above all values here.
func maintainabilityIndices(t *testing.T, fset *token.FileSet, file *ast.File) map[string]int {
	t.Helper()
	if err := maintidx.Analyzer.Flags.Set("under", "1000"); err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	text := regexp.MustCompile(`^Function name: (\S+), .*Maintainability Index: (\d+)$`)
	_, err := maintidx.Analyzer.Run(&analysis.Pass{
		Fset: fset, Files: []*ast.File{file}, ResultOf: map[*analysis.Analyzer]any{inspect.Analyzer: inspector.New([]*ast.File{file})},
		Report: func(d analysis.Diagnostic) {
			m := text.FindStringSubmatch(d.Message)
			if m == nil {
				t.Fatalf("maintidx says %q", d.Message)
			}
			at := fset.Position(d.Pos)
			found[place(at.Filename, at.Line, m[1])], _ = strconv.Atoi(m[2])
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// goFiles samples the sources that the Go on this machine comes with. Files whose comments move their lines are left
// out: the libraries believe them, we do not.
func goFiles(t *testing.T) []string {
	t.Helper()
	root := filepath.Join(build.Default.GOROOT, "src")
	if _, err := os.Stat(root); err != nil {
		testenv.Missing(t, "go", "the standard library's source is not at "+root)
	}
	var files []string
	seen := 0
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		name := entry.Name()
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (name == "testdata" || name == "vendor" || name[0] == '_'):
			return fs.SkipDir
		case !isGo(name):
			return nil
		}
		seen++
		if seen%every == 0 && !strings.Contains(string(read(t, path)), "\n//line ") {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
