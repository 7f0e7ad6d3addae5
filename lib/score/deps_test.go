package score_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/testenv"
)

// TestDependencies makes sure that a service which imports this package compiles no training engine and needs no C
// compiler. (Package net of the standard library, which readers of Parquet bring along, has a variant in C that Go uses
// when a compiler is there; it is not needed.)
func TestDependencies(t *testing.T) {
	list := exec.Command("go", "list", "-deps", "-f", "{{.ImportPath}} {{.Standard}} {{len .CgoFiles}}", ".")
	out, err := list.Output()
	if err != nil {
		testenv.Missing(t, "go", "go list: "+err.Error())
	}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if strings.HasPrefix(f[0], "github.com/gomlx/") {
			t.Errorf("the engine is compiled in: %s", f[0])
		}
		if f[1] == "false" && f[2] != "0" {
			t.Errorf("%s is written in C", f[0])
		}
	}
}

// TestPlatforms checks that every platform that the package is meant for has all imports and files; .ci/run builds for them.
func TestPlatforms(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds for each platform at the first run")
	}
	for _, platform := range []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64", "windows/arm64", "js/wasm"} {
		system, arch, _ := strings.Cut(platform, "/")
		list := exec.Command("go", "list", "-deps", "-f", "{{with .DepsErrors}}{{.}}{{end}}{{with .Error}}{{.}}{{end}}", ".")
		list.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+system, "GOARCH="+arch)
		out, err := list.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", platform, err, out)
		}
		if text := strings.TrimSpace(string(out)); text != "" {
			t.Errorf("%s: %s", platform, text)
		}
	}
}
