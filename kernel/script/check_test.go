package script_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jamba-threat/jamba/kernel/script"
)

// programs reads the scripts of a folder below testdata, by name without extension.
func programs(t *testing.T, folder string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.go"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no programs in testdata/%s (%v)", folder, err)
	}
	all := map[string]string{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all[strings.TrimSuffix(filepath.Base(path), ".go")] = string(text)
	}
	return all
}

// marked are the lines with the comment "finding".
func marked(text string) []int {
	var lines []int
	for i, line := range strings.Split(text, "\n") {
		if strings.HasSuffix(line, "// finding") {
			lines = append(lines, i+1)
		}
	}
	return lines
}

func check(t *testing.T, path string) []script.Finding {
	t.Helper()
	findings, err := script.Check(path)
	if err != nil {
		t.Fatal(err)
	}
	return findings
}

// Every program in testdata/checks is found at the marked lines by the check that its name begins with, and does under the
// interpreter something else than compiled; the program NAME_fixed says the same in the way that the finding advises, is
// not found, and does the same in both.
func TestChecks(t *testing.T) {
	all := programs(t, "checks")
	compilable := map[string]string{}
	for name, text := range all {
		if name != "compile" {
			compilable[name] = text
		}
	}
	compiled := compiled(t, compilable)
	covered := map[string]bool{}
	for name, text := range all {
		path := filepath.Join("testdata", "checks", name+".go")
		findings := check(t, path)
		if broken, ok := strings.CutSuffix(name, "_fixed"); ok {
			if all[broken] == "" {
				t.Errorf("%s has no program that it mends", name)
			}
			for _, f := range findings {
				t.Errorf("false alarm: %s", f)
			}
			if want, got := compiled(name), interpret(t, "", path); want != got || got.code != 0 {
				t.Errorf("%s: compiled %+v, interpreted %+v", name, want, got)
			}
			continue
		}
		if all[name+"_fixed"] == "" {
			t.Errorf("%s has no program %s_fixed", name, name)
		}
		var lines []int
		for _, f := range findings {
			lines = append(lines, f.Line)
			if !strings.HasPrefix(name, f.Check) {
				t.Errorf("%s is found by another check: %s", name, f)
			}
			if f.Instead == "" && f.Check != "compile" {
				t.Errorf("%s: no advice: %s", name, f)
			}
			covered[f.Check] = true
		}
		if want := marked(text); !slices.Equal(slices.Compact(lines), want) {
			t.Errorf("%s: found at lines %v, want %v", name, lines, want)
		}
		if name == "compile" {
			continue // see TestCompileErrors
		}
		got := interpret(t, "", path)
		if want := compiled(name); want.code != 0 || want.stdout == got.stdout && want.code == got.code {
			t.Errorf("%s: the interpreter does what the compiler does, the check is not needed: %+v", name, got)
		}
	}
	for _, c := range script.Checks() {
		if !covered[c.Name] {
			t.Errorf("the check %s has no program", c.Name)
		}
	}
}

// What the check "compile" finds, the compiler refuses at the same lines and the interpreter runs.
func TestCompileErrors(t *testing.T) {
	path := filepath.Join("testdata", "checks", "compile.go")
	if got := interpret(t, "", path); got.code != 0 || got.stdout != "positive\n" {
		t.Errorf("the interpreter refuses it too: %+v", got)
	}
	out, err := exec.Command("go", "vet", path).CombinedOutput()
	if err == nil {
		t.Fatal("the compiler accepts it")
	}
	if !strings.Contains(string(out), fmt.Sprintf("%s:%d:", filepath.Base(path), check(t, path)[0].Line)) {
		t.Errorf("the compiler has other lines:\n%s", out)
	}
}

// Programs in testdata/fine do the same in both, and nothing is found in them.
func TestNoFalseAlarms(t *testing.T) {
	all := programs(t, "fine")
	compiled := compiled(t, all)
	for name := range all {
		path := filepath.Join("testdata", "fine", name+".go")
		for _, f := range check(t, path) {
			t.Errorf("false alarm: %s", f)
		}
		if want, got := compiled(name), interpret(t, "", path); want != got || got.stdout == "" {
			t.Errorf("%s:\ncompiled    %+v\ninterpreted %+v", name, want, got)
		}
	}
}

func TestAllow(t *testing.T) {
	text := program("fmt", `	//jamba:allow range builtin
	for i := range 3 {
		fmt.Println(i)
	}
	for i := range 3 { //jamba:allow all
		fmt.Println(i)
	}
	for i := range 3 { //jamba:allow print
		fmt.Println(i)
	}
	unused := 1 //jamba:allow compile`)
	findings := check(t, write(t, text))
	if len(findings) != 2 || findings[0].Check != "range" || findings[1].Check != "compile" {
		t.Errorf("found %v, want the third range and the unused variable", findings)
	}
}

func TestFindingsAsText(t *testing.T) {
	path := write(t, "package main\n\nimport \"fmt\"\n\nfunc main() {\n\tfmt.Println(max(1, 2))\n}\n")
	findings := check(t, path)
	if len(findings) != 1 {
		t.Fatalf("found %v", findings)
	}
	want := path + ":6:14: max is unknown to the interpreter; instead: math.Min and math.Max for float64, or an if [builtin]"
	if got := findings[0].String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	text, err := json.Marshal(findings[0])
	if err != nil || !strings.Contains(string(text), `"line":6,"column":14,"check":"builtin","severity":"error"`) {
		t.Errorf("as JSON: %s %v", text, err)
	}
}
