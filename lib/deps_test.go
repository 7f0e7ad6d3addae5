// Package lib_test holds the one test that no package can hold for itself: who may import whom.
package lib_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/lib/testenv"
)

const module = "github.com/jamba-threat/jamba/"

// policy lists, for every package, the packages of this module that it may import. The word gomlx allows the engine's
// modules besides. It is policy, not description: do not change it to make a build pass; when the structure is to
// change, change it in a commit of its own, with docs/architecture.md.
var policy = map[string]string{
	// leaves
	"lib/data":                 "",
	"lib/metrics":              "",
	"lib/track":                "",
	"lib/internal/plugin":      "",
	"lib/internal/safetensors": "",
	"lib/faulttree":            "",
	"lib/complexity":           "",
	"lib/gguf":                 "",
	"lib/internal/simd":        "",
	"lib/internal/torchfile":   "lib/internal/safetensors",
	"docs":                     "", // documents that the program works on

	// on data alone
	"lib/generate":              "lib/data",
	"lib/features":              "lib/data",
	"lib/features/featurestest": "lib/data lib/features",
	"lib/plot":                  "lib/metrics lib/track",

	// production: a model file and what scores it, without the engine
	"lib/internal/modelfile": "lib/data lib/features lib/gguf lib/metrics",
	"lib/original":           "lib/gguf lib/internal/torchfile",
	"lib/score":              "lib/data lib/features lib/gguf lib/metrics lib/original lib/internal/modelfile lib/internal/simd",

	// on the engine
	"lib/internal/gocpu": "lib/internal/simd gomlx",
	"lib/internal/gx":    "lib/internal/gocpu lib/internal/plugin gomlx",
	"lib/model":          "lib/features gomlx",
	"lib/train":          "lib/data lib/features lib/model lib/metrics lib/track lib/internal/gx lib/internal/safetensors gomlx",
	"lib/export":         "lib/data lib/features lib/gguf lib/metrics lib/model lib/internal/modelfile",

	// edges
	"lib/threat": "lib/data lib/export lib/generate lib/features lib/metrics lib/model lib/track lib/train lib/internal/gx",
	"lib/cli":    "lib/data lib/generate lib/metrics lib/plot lib/threat lib/track lib/train lib/faulttree lib/complexity lib/export lib/gguf lib/original lib/score lib/internal/gx lib/internal/plugin kernel/script kernel/live kernel/gonb kernel/kernelspec docs",
	"cmd/jamba":  "lib/cli",

	// kernels: what scripts and notebooks may use is what their tables of symbols import
	"kernel/notebook":           "lib/data lib/metrics lib/plot lib/track",
	"kernel/script":             "kernel/internal/symbols",
	"kernel/internal/symbols":   symbols,
	"kernel/live":               "kernel/live/cells kernel/notebook",
	"kernel/live/cells":         "kernel/internal/ixsymbols",
	"kernel/internal/ixsymbols": symbols,
	"kernel/kernelspec":         "",
	"kernel/gonb":               "kernel/kernelspec",
}

const symbols = "kernel/notebook lib/data lib/export lib/faulttree lib/features lib/generate lib/gguf lib/metrics lib/model lib/plot lib/score lib/threat lib/track lib/train"

// free packages stand outside the layers: helpers of tests, measurements, and tools that are run by hand.
func free(pkg string) bool {
	return pkg == "lib" || pkg == "lib/testenv" || strings.HasPrefix(pkg, "benchmarks") || strings.HasSuffix(pkg, "/gen") || pkg == "notebooks" || pkg == "scripts/test"
}

func TestLayers(t *testing.T) {
	list := exec.Command("go", "list", "-f", `{{.ImportPath}}:{{join .Imports " "}}`, "./...")
	list.Dir = testenv.Root()
	out, err := list.Output()
	if err != nil {
		testenv.Missing(t, "go", "go list: "+err.Error())
	}
	for line := range strings.Lines(string(out)) {
		path, imports, _ := strings.Cut(strings.TrimSpace(line), ":")
		pkg := strings.TrimPrefix(path, module)
		if free(pkg) {
			continue
		}
		rule, known := policy[pkg]
		if !known {
			t.Errorf("%s is not in the policy: decide where it stands", pkg)
			continue
		}
		allowed := strings.Fields(rule)
		for _, imp := range strings.Fields(imports) {
			own, inModule := strings.CutPrefix(imp, module)
			switch {
			case inModule && !slices.Contains(allowed, own):
				t.Errorf("%s imports %s", pkg, own)
			case strings.HasPrefix(imp, "github.com/gomlx/") && !slices.Contains(allowed, "gomlx"):
				t.Errorf("%s imports %s: only packages marked gomlx may", pkg, imp)
			}
		}
	}
}

// TestNoEngine makes sure that a program which only reads, transforms, measures and draws compiles no engine.
func TestNoEngine(t *testing.T) {
	for _, pkg := range []string{"lib/data", "lib/features", "lib/metrics", "lib/generate", "lib/track", "lib/plot", "kernel/notebook", "lib/gguf", "lib/score", "lib/original", "lib/complexity", "lib/faulttree"} {
		list := exec.Command("go", "list", "-deps", "./"+pkg)
		list.Dir = testenv.Root()
		out, err := list.Output()
		if err != nil {
			testenv.Missing(t, "go", "go list: "+err.Error())
		}
		for line := range strings.Lines(string(out)) {
			if dep := strings.TrimSpace(line); strings.HasPrefix(dep, "github.com/gomlx/") {
				t.Errorf("%s depends on %s", pkg, dep)
			}
		}
	}
}
