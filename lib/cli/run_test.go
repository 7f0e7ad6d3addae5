//go:build unix

package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// trainingScript trains in the folder that its argument names.
const trainingScript = `package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/jamba-threat/jamba/lib/threat"
)

var _ = signal.NotifyContext

func main() {
	ctx := context.Background()
	// handler
	g := threat.DefaultGenerate()
	g.Samples = 8000
	table, err := threat.GenerateTable(g)
	check(err)
	split, err := table.Split(threat.Stratified(0.70, 0.15, 42))
	check(err)
	cfg := threat.DefaultConfig()
	cfg.Engine, cfg.Model.Members = "go", 2
	cfg.Train.Epochs, cfg.Train.Patience = 6, -1
	model, err := threat.Run(ctx, os.Args[1], cfg, split)
	check(err)
	defer model.Close()
	fmt.Println(model)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "script:", err)
		os.Exit(9)
	}
}
`

// Ctrl-C ends a training of a script such that the same command continues it to the weights of one that was left alone:
// whether the script asks for the signal, and then says so itself, or not.
func TestInterruptedScriptSavesItsTraining(t *testing.T) {
	dir := t.TempDir()
	handled := strings.Replace(trainingScript, "// handler", "ctx, stop := signal.NotifyContext(ctx, os.Interrupt)\n\tdefer stop()", 1)
	for name, text := range map[string]string{"plain.go": trainingScript, "handled.go": handled} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	jamba(t, dir, nil, "run", "plain.go", "--", "whole").mustRun(t, 0)
	want := weights(t, filepath.Join(dir, "whole"))
	for script, outcome := range map[string]struct {
		code int
		told string
	}{"plain.go": {130, "plain.go: interrupted"}, "handled.go": {9, "the state is saved"}} {
		folder := strings.TrimSuffix(script, ".go")
		run := filepath.Join(dir, folder)
		stopped := jamba(t, dir, nil, "run", script, "--", folder)
		// Only this process gets the signal; a terminal would send it to the script's as well.
		if code := stopped.startAndSignal(t, run, 2, os.Interrupt); code != outcome.code || !strings.Contains(stopped.stderr.String(), outcome.told) {
			t.Errorf("%s: code %d, want %d and %q in\n%s", script, code, outcome.code, outcome.told, stopped.stderr.String())
		}
		jamba(t, dir, nil, "run", script, "--", folder).mustRun(t, 0)
		if weights(t, run) != want {
			t.Errorf("%s: the continued training has other weights than the one that was left alone", script)
		}
	}
}
