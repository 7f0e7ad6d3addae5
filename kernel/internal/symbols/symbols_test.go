package symbols_test

import (
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/kernel/internal/symbols"
	"github.com/jamba-threat/jamba/lib/testenv"
)

// The tables are those of the packages as they are now. It takes the go command a second or two.
func TestNotStale(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		testenv.Missing(t, "go", "the go command is not in PATH")
	}
	if out, err := exec.Command("go", "run", "./gen", "--check").CombinedOutput(); err != nil {
		t.Fatalf("%s", out)
	}
}

func TestExports(t *testing.T) {
	all := symbols.Exports()
	facade := all["github.com/jamba-threat/jamba/lib/threat/threat"]
	if facade["Run"].Kind() != reflect.Func || facade["ErrOtherRun"].Kind() != reflect.Interface || !facade["ErrOtherRun"].CanSet() {
		t.Error("the facade lacks a function or a variable")
	}
	if typ := facade["Config"]; typ.Kind() != reflect.Pointer || !typ.IsNil() || typ.Type().Elem().Name() != "Config" {
		t.Errorf("the type Config is %v", typ)
	}
	if plotter := all["gonum.org/v1/plot/plot"]["_Plotter"]; !plotter.IsValid() {
		t.Error("a script cannot implement plot.Plotter")
	}
	for path, names := range all {
		if strings.Contains(path, "/internal/") {
			t.Errorf("%s cannot be imported by a compiled script", path)
		}
		for name, v := range names {
			if !v.IsValid() {
				t.Errorf("%s: %s has no value", path, name)
			}
		}
	}
	delete(facade, "Run")
	if !symbols.Exports()["github.com/jamba-threat/jamba/lib/threat/threat"]["Run"].IsValid() {
		t.Error("a caller can change the tables of others")
	}
}
