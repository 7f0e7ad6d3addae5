package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/cli"
)

// TestConvertCheckpoint turns a PyTorch checkpoint of the Python project into a model file and predicts with it.
func TestConvertCheckpoint(t *testing.T) {
	checkpoint := filepath.Join("..", "original", "testdata", "processor.pt")
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	names := write("names.txt", "bytes\npackets\nduration\nsrc\ndst\nflags\n")
	rows := write("rows.csv", "flags,bytes,packets,duration,src,dst\n2,0.1,0.2,-1,0,1\n0,1,0,0.5,3,-2\n")
	model := filepath.Join(dir, "old.gguf")
	run := func(code cli.Code, args ...string) (stdout, stderr string) {
		t.Helper()
		var out, err bytes.Buffer
		if got := cli.Main(cli.State{Args: args, Stdout: &out, Stderr: &err}); got != int(code) {
			t.Fatalf("%v: exit code %d, want %d\n%s", args, got, code, &err)
		}
		return out.String(), err.String()
	}
	_, stderr := run(cli.OK, "convert", "--input-model", checkpoint, "--features", names, "--quantization", "f32", "--out", model)
	if !strings.Contains(stderr, "6 inputs") {
		t.Errorf("nothing is said about the network: %s", stderr)
	}
	stdout, _ := run(cli.OK, "predict", "--model", model, "--data", rows)
	if lines := strings.Split(strings.TrimSpace(stdout), "\n"); len(lines) != 3 || !strings.HasPrefix(lines[2], "2,0.") {
		t.Errorf("predictions:\n%s", stdout)
	}
	_, stderr = run(cli.BadInput, "predict", "--model", model, "--data", names)
	if !strings.Contains(stderr, "packets") {
		t.Errorf("columns that are missing are not named: %s", stderr)
	}
	// Without names the inputs are numbered.
	run(cli.OK, "convert", "--input-model", checkpoint, "--out", filepath.Join(dir, "numbered.gguf"))
	_, stderr = run(cli.BadInput, "predict", "--model", filepath.Join(dir, "numbered.gguf"), "--data", rows)
	if !strings.Contains(stderr, "f0") {
		t.Errorf("the numbered inputs are not named: %s", stderr)
	}
}
