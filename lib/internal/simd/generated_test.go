package simd

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/jamba-threat/jamba/lib/testenv"
)

// TestGenerated runs the generator and compares with the committed assembly. It needs the generator's own modules, which
// a build of the library does not; they are not downloaded here.
func TestGenerated(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "gen.exe")
	build := exec.Command("go", "-C", "gen", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "GOPROXY=off", "GOFLAGS=-mod=readonly")
	if out, err := build.CombinedOutput(); err != nil {
		testenv.Missing(t, "avo", "the generator does not build without a download (cd gen && go mod download): "+string(out))
	}
	for _, machine := range []string{"avx2", "avx512"} {
		for _, file := range []struct{ flag, ext, other string }{{"-out", "s", "-stubs"}, {"-stubs", "go", "-out"}} {
			made := filepath.Join(dir, machine+"."+file.ext)
			run := exec.Command(program, "-machine", machine, file.flag, made, file.other, filepath.Join(dir, "other"), "-pkg", "simd")
			if out, err := run.CombinedOutput(); err != nil {
				t.Fatalf("gen: %v\n%s", err, out)
			}
			name := machine + "_amd64." + file.ext
			if got, want := body(t, made), body(t, name); !bytes.Equal(got, want) {
				t.Errorf("%s is not what the generator writes: run go generate", name)
			}
		}
	}
}

// body returns a file without its first line, which holds the command and so the path of the result.
func body(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := bytes.Cut(text, []byte("\n"))
	if !ok {
		t.Fatalf("%s has one line", path)
	}
	return rest
}
