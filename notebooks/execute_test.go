package notebooks_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jamba-threat/jamba/lib/testenv"
)

// Kernels by the name that Jupyter knows them by.
const (
	gonb = "jamba-gonb"
	live = "jamba-live"
)

// home holds the program and both kernels, once something has asked for them.
var home string

// install builds the program and installs both kernels in a folder of their own, the first time that it is called.
var install = sync.OnceValue(func() error {
	var err error
	if home, err = os.MkdirTemp("", "jamba-notebooks-"); err != nil {
		return err
	}
	program := filepath.Join(home, "jamba")
	for _, line := range [][]string{
		{"go", "build", "-o", program, "./cmd/jamba"},
		{program, "kernel", "install"},
		{program, "kernel", "install", "--live"},
	} {
		cmd := exec.Command(line[0], line[1:]...)
		cmd.Dir, cmd.Env = testenv.Root(), environment()
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(line, " "), err, out)
		}
	}
	return nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if home != "" {
		_ = os.RemoveAll(home)
	}
	os.Exit(code)
}

// environment keeps the files of the kernels in home, and notebooks small.
func environment() []string {
	env := append(os.Environ(), "JUPYTER_DATA_DIR="+filepath.Join(home, "jupyter"), "XDG_DATA_HOME="+filepath.Join(home, "data"),
		"JAMBA_NOTEBOOK=ci")
	if os.Getenv("JAMBA_DATA") == "" {
		env = append(env, "JAMBA_DATA="+filepath.Join(filepath.Dir(testenv.Root()), "shared", "data"))
	}
	return env
}

// execute runs a notebook in a folder of its own and returns what execute.py printed. Variables are added to the
// environment.
func execute(t *testing.T, kernel, path string, variables ...string) (string, error) {
	t.Helper()
	python := testenv.Python(t, "jupyter", "nbclient")
	if _, err := exec.LookPath("go"); err != nil {
		testenv.Missing(t, "go", "there is no go command on PATH")
	}
	if err := install(); err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs(filepath.Join("testdata", "execute.py"))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	if err := os.WriteFile(filepath.Join(work, filepath.Base(path)), source, 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, script, kernel, filepath.Base(path))
	cmd.Dir, cmd.Env, cmd.WaitDelay = work, append(environment(), variables...), 10*time.Second
	var log strings.Builder
	cmd.Stderr = &log
	out, err := cmd.Output()
	if err != nil {
		return string(out), fmt.Errorf("%w\n%s", err, log.String())
	}
	return string(out), nil
}

// needs says what a notebook cannot do without.
func needs(t *testing.T, path string) {
	t.Helper()
	n, _ := read(t, path)
	for _, c := range n.Cells {
		if strings.Contains(string(c.Source), "KDDTrain+.txt.gz") {
			testenv.Data(t, "nsl-kdd/KDDTrain+.txt.gz")
			return
		}
	}
}

func TestGoNB(t *testing.T) { runAll(t, gonb) }

func TestLive(t *testing.T) { runAll(t, live) }

func runAll(t *testing.T, kernel string) {
	for _, path := range files(t) {
		t.Run(path, func(t *testing.T) {
			needs(t, path)
			times, err := execute(t, kernel, path)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("\n%s", times)
		})
	}
}

// TestFailingCell makes sure that a failing cell fails the run, whatever way it fails in, and that the message says why.
func TestFailingCell(t *testing.T) {
	for _, c := range []struct{ name, source, want string }{
		{"panic", "%%\npanic(\"this is wrong\")", "this is wrong"},
		{"exit", "%%\nos.Exit(3)", "3"},
		{"compile error", "%%\nx := undefinedThing(1)\nfmt.Println(x)", "undefinedThing"},
	} {
		for _, kernel := range []string{gonb, live} {
			t.Run(kernel+"/"+c.name, func(t *testing.T) {
				if out, err := execute(t, kernel, oneCell(t, c.source)); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want an error with %q\n%s", err, c.want, out)
				}
			})
		}
	}
}

// oneCell writes a notebook of one cell.
func oneCell(t *testing.T, source string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cell.ipynb")
	book := map[string]any{"nbformat": 4, "nbformat_minor": 5, "metadata": map[string]any{}, "cells": []any{map[string]any{
		"cell_type": "code", "id": "a", "metadata": map[string]any{}, "source": source, "outputs": []any{}, "execution_count": nil}}}
	raw, err := json.Marshal(book)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestWithoutGo starts the GoNB kernel where Go is gone. Jupyter would say that the kernel died; ours says why, in the
// notebook, and what to do.
func TestWithoutGo(t *testing.T) {
	cell := oneCell(t, "%%\nfmt.Println(1)")
	if _, err := execute(t, gonb, cell); err != nil {
		t.Fatalf("with Go: %v", err)
	}
	record := filepath.Join(home, "data", "jamba", "gonb", "installation.json")
	before, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := os.WriteFile(record, before, 0o666); err != nil {
			t.Error(err)
		}
	}()
	var installation map[string]any
	if err := json.Unmarshal(before, &installation); err != nil {
		t.Fatal(err)
	}
	installation["go"] = filepath.Join(t.TempDir(), "go")
	after, err := json.Marshal(installation)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(record, after, 0o666); err != nil {
		t.Fatal(err)
	}
	_, err = execute(t, gonb, cell, "PATH="+t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "there is no Go here") || !strings.Contains(err.Error(), "jamba kernel doctor") {
		t.Errorf("without Go: %v", err)
	}
}
