package gonb

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/testenv"
)

// TestKernel starts the installed kernel as Jupyter does and looks at what cells answer, good ones and bad ones.
func TestKernel(t *testing.T) {
	python := testenv.Python(t, "jupyter", "jupyter_client")
	o := installation(t)
	cells := []struct {
		name, source string
		status       string
		want         []string // in what it shows
	}{
		{"the library, in the first cell", "import \"github.com/jamba-threat/jamba/lib/threat\"\n\n%%\nfmt.Println(threat.DefaultConfig().Seed)", "ok", []string{"42"}},
		{"imports last", "%%\nfmt.Println(threat.Version)", "ok", []string{"1.0.0"}},
		{"functions last", "func double(x int) int { return 2 * x }", "ok", nil},
		{"a cell that uses one", "%%\nfmt.Println(double(21))", "ok", []string{"42"}},
		// GoNB also names the cell's line, but only when the line of the trace reaches it in one piece.
		{"panic", "%%\nfmt.Println(\"before\")\npanic(\"boom\")", "error", []string{"before", "panic: boom"}},
		{"exit", "%%\nos.Exit(3)", "error", []string{"exit status 3"}},
		{"does not compile", "%%\nx := undefinedThing(3)", "error", []string{"undefined: undefinedThing"}},
		{"imports what is not there", "import \"example.com/no/such\"\n\n%%\nsuch.X()", "error", []string{"example.com/no/such"}},
		{"prints 100 MB", "%%\nline := strings.Repeat(\"x\", 99) + \"\\n\"\nfor range 1_000_000 {\n\tos.Stdout.WriteString(line)\n}", "ok", []string{"xxx"}},
		{"loops for ever", "#interrupt\n%%\nfor {\n}", "error", []string{"signal: interrupt"}},
		{"and after all that", "%%\nfmt.Println(\"alive\", double(4))", "ok", []string{"alive 8"}},
	}
	var sources []string
	for _, c := range cells {
		sources = append(sources, c.source)
	}
	input, err := json.Marshal(sources)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, filepath.Join("testdata", "cells.py"), Kernel)
	cmd.Env = append(os.Environ(), "JUPYTER_PATH="+o.Jupyter, "GOPROXY=https://127.0.0.1:1") // a network would show
	cmd.Stdin = strings.NewReader(string(input))
	var log strings.Builder
	cmd.Stderr = &log
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	var results []struct {
		Status, Text string
		Chars        int
		Seconds      float64
	}
	if err := json.Unmarshal(out, &results); err != nil || len(results) != len(cells) {
		t.Fatalf("%v: %s", err, out)
	}
	for i, c := range cells {
		r := results[i]
		t.Logf("%.2f s  %s", r.Seconds, c.name)
		if r.Status != c.status || slices.ContainsFunc(c.want, func(w string) bool { return !strings.Contains(r.Text, w) }) {
			t.Errorf("%s: %s, want %s with %q\n%s", c.name, r.Status, c.status, c.want, r.Text)
		}
	}
	if n := results[8].Chars; n < 50_000_000 {
		t.Errorf("of 100 MB of output, %d characters arrived", n)
	}
}
