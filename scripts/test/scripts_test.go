// Package test_test runs every script of the folder above compiled and interpreted, and demands the same output.
package test_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/testenv"
)

// small settings, for each script; more than one line of arguments are run in turn in the same folder.
var runs = map[string][]string{
	"train":     {"-samples 600 -epochs 2 -members 2 -out run", "-samples 600 -epochs 2 -members 2 -out run", "-samples 300 -epochs 1 -data none.csv"},
	"sweep":     {"-samples 400 -epochs 1 -trials 2 -lr 0.002,0.01 -width 16 -heads 2 -layers 1,2 -out s", "-trials 3 -samples 400 -epochs 1 -lr 0.002,0.01 -width 16 -heads 2 -layers 1,2 -out s", "-lr x"},
	"compare":   {"-samples 400 -epochs 2 -out c", "-metric test/roc_auc -plot curves.svg c/none c/attention", "nowhere"},
	"threshold": {"-samples 600 -epochs 1 -fpr 0.01,0.1 -plot roc.png", "-fpr 2"},
	"export":    {"-samples 300 -epochs 1 -out gguf"},
	"unseen":    {"-samples 500 -epochs 1 -most 2 -plot unseen.png", "-no-such-flag"},
}

// files are what a script must have left.
var files = map[string][]string{
	"train":     {"run/DONE", "run/learning-curves.png"},
	"sweep":     {"s/comparison.png", "s/impact.png"},
	"compare":   {"c/compare.png", "curves.svg"},
	"threshold": {"roc.png"},
	"export":    {"gguf/f32/demo.gguf", "gguf/q4_k_m/demo.gguf"},
	"unseen":    {"unseen.png"},
}

func build(t *testing.T, out, what string) string {
	t.Helper()
	// Without XLA linking takes a third of the time; both sides use the pure-Go engine here.
	cmd := exec.Command("go", "build", "-tags=noxla", "-o", out, what)
	cmd.Dir = testenv.Root()
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", what, err, text)
	}
	return out
}

type result struct {
	stdout, stderr string
	code           int
}

func run(dir, program string, args ...string) result {
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	_ = cmd.Run() // the code is in the state
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

func TestCompiledAndInterpretedAgree(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		testenv.Missing(t, "go", "the go command is not in PATH")
	}
	scripts, err := filepath.Glob("../*.go")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	jamba := build(t, filepath.Join(bin, "jamba"), "./cmd/jamba")
	for _, script := range scripts {
		name := strings.TrimSuffix(filepath.Base(script), ".go")
		if runs[name] == nil {
			t.Errorf("%s is not tested", script)
			continue
		}
		path, err := filepath.Abs(script)
		if err != nil {
			t.Fatal(err)
		}
		compiled := build(t, filepath.Join(bin, name), path)
		compiledDir, interpretedDir := t.TempDir(), t.TempDir()
		for i, line := range runs[name] {
			args := append([]string{"-engine", "go"}, strings.Fields(line)...)
			want := run(compiledDir, compiled, args...)
			got := run(interpretedDir, jamba, append([]string{"run", path, "--"}, args...)...)
			got.stderr = strings.ReplaceAll(got.stderr, path, name) // a program's name is that of its file
			want.stderr = strings.ReplaceAll(want.stderr, compiled, name)
			got.stderr = strings.ReplaceAll(got.stderr, "Usage of "+name+".go", "Usage of "+name)
			if got != want {
				t.Errorf("%s %s:\ncompiled    code %d\n%s%s\ninterpreted code %d\n%s%s", name, line, want.code, want.stdout, want.stderr, got.code, got.stdout, got.stderr)
			}
			if i == 0 && (want.code != 0 || want.stdout == "") {
				t.Errorf("%s %s: code %d\n%s", name, line, want.code, want.stderr)
			}
		}
		for _, file := range files[name] {
			for _, dir := range []string{compiledDir, interpretedDir} {
				if info, err := os.Stat(filepath.Join(dir, file)); err != nil || file != "run/DONE" && info.Size() == 0 {
					t.Errorf("%s leaves no %s: %v", name, file, err)
				}
			}
		}
	}
}
