package gonb

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/testenv"
)

// needGo skips where cells could not be compiled.
func needGo(t *testing.T) {
	t.Helper()
	if !supported {
		t.Skip("GoNB does not run on this system")
	}
	if newEnvironment(os.Environ(), "").gobin == "" {
		testenv.Missing(t, "go", "there is no go command on PATH")
	}
}

// shared is the folder of the installation that the tests look at, made by the first that needs it.
var shared string

// installation returns a complete installation, which must not be changed.
func installation(t *testing.T) Options {
	t.Helper()
	needGo(t)
	fresh := shared == ""
	if fresh {
		var err error
		if shared, err = os.MkdirTemp("", "jamba-gonb-test-"); err != nil {
			t.Fatal(err)
		}
	}
	o := Options{Dir: filepath.Join(shared, "gonb"), Jupyter: filepath.Join(shared, "jupyter"), Module: testenv.Root()}
	if fresh {
		if _, err := Install(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// failing returns the names of the checks that found a fault, without jupyter, which need not be here.
func failing(t *testing.T, o Options) []string {
	t.Helper()
	var names []string
	for _, c := range Doctor(t.Context(), o) {
		if c.OK != (c.Fix == "") && c.Detail != "cannot be tried without Go" {
			t.Errorf("%s: a fault has a way out, and nothing else has: %+v", c.Name, c)
		}
		if !c.OK && c.Name != "jupyter" {
			names = append(names, c.Name)
		}
	}
	return names
}

func TestInstall(t *testing.T) {
	o := clone(t, installation(t))
	if _, err := Install(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if bad := failing(t, o); bad != nil {
		t.Errorf("after Install, Doctor finds faults in %v", bad)
	}
	_, found, err := readSpec(o)
	if err != nil {
		t.Fatal(err)
	}
	// A test program lies in a temporary folder, as the program of `go run` does: it must have been copied.
	if want := filepath.Join(o.Dir, "bin", filepath.Base(os.Args[0])); found.Argv[0] != want {
		t.Errorf("the kernelspec starts %s, want the copy %s", found.Argv[0], want)
	}
	if found.DisplayName != "Go (GoNB) - Jamba" {
		t.Errorf("display name %q", found.DisplayName)
	}

	removed, err := Uninstall(t.Context(), o)
	if err != nil || len(removed) == 0 {
		t.Fatalf("Uninstall: %v, %v", removed, err)
	}
	var left []string
	_ = filepath.WalkDir(filepath.Dir(o.Dir), func(path string, d fs.DirEntry, _ error) error {
		if d != nil && !d.IsDir() {
			left = append(left, path)
		}
		return nil
	})
	if left != nil {
		t.Errorf("Uninstall left %v", left)
	}
	if bad := failing(t, o); !slices.Equal(bad, []string{"gonb", "goimports", "kernelspec", "imports"}) {
		t.Errorf("after Uninstall, Doctor finds faults in %v", bad)
	}
	if again, err := Uninstall(t.Context(), o); err != nil || len(again) != 0 {
		t.Errorf("second Uninstall: %v, %v", again, err)
	}
}

func TestInstallRefuses(t *testing.T) {
	needGo(t)
	other := t.TempDir()
	if err := os.WriteFile(filepath.Join(other, "go.mod"), []byte("module example.com/other\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	comma := filepath.Join(t.TempDir(), "a,b")
	for _, c := range []struct {
		name string
		o    Options
		want string
	}{
		{"no Go", Options{Environ: []string{"PATH=" + t.TempDir()}}, "no go command"},
		{"no such folder", Options{Module: filepath.Join(other, "none")}, "not the root of a module"},
		{"another module", Options{Module: other}, "is the module example.com/other"},
		{"comma", Options{Module: comma}, "comma"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.o.Dir, c.o.Jupyter = filepath.Join(t.TempDir(), "gonb"), t.TempDir()
			_, err := Install(t.Context(), c.o)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "gonb: install: ") {
				t.Fatalf("got %v, want an error with %q", err, c.want)
			}
			if entries, _ := os.ReadDir(c.o.Jupyter); len(entries) > 0 {
				t.Errorf("a refused installation left %v", entries)
			}
		})
	}
}

func TestInstallStops(t *testing.T) {
	needGo(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Install(ctx, Options{Dir: t.TempDir(), Jupyter: t.TempDir(), Module: testenv.Root()})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
