package complexity

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree writes files, by slash-separated name, into a new folder.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	put(t, dir, files)
	return dir
}

func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// analyzed is the report about files, by Options without Dir.
func analyzed(t *testing.T, files map[string]string, opts Options) *Report {
	t.Helper()
	opts.Dir = tree(t, files)
	r, err := Analyze(context.Background(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// one is the only function of a piece of code, without its package clause.
func one(t *testing.T, code, cognitive string) Function {
	t.Helper()
	r := analyzed(t, map[string]string{"f.go": "package p\n" + code}, Options{Cognitive: cognitive})
	if len(r.Problems) > 0 || len(r.Functions) != 1 {
		t.Fatalf("%d functions, %v in\n%s", len(r.Functions), r.Err(), code)
	}
	return r.Functions[0]
}

func fileNames(r *Report) string {
	var names []string
	for _, f := range r.Files {
		names = append(names, f.File)
	}
	return strings.Join(names, " ")
}

func packageNames(r *Report) string {
	names := map[string]bool{}
	for _, p := range r.Packages {
		names[p.Package] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(names)), " ")
}
