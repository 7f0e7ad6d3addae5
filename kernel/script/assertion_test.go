package script_test

import (
	"fmt"
	"strings"
	"testing"
)

const assertionTypes = `package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

type value struct{ N int }

func (v value) Name() string   { return "value" }
func (v value) String() string { return "value!" }

type pointer struct{ M string }

func (p *pointer) Name() string   { return "pointer" }
func (p *pointer) String() string { return "pointer!" }

type plain struct{ A, B int }

type twin struct{ A, B int }

type failure struct{ Code string }

func (f *failure) Error() string { return "failed" }

type number int

func (n number) Name() string   { return "number" }
func (n number) String() string { return "number!" }

type named interface{ Name() string }

`

// Every combination of an interface, what it holds, and what is asked: where the interpreter answers something else than
// the compiled program there is a finding.
func TestAssertions(t *testing.T) {
	values := map[string][]string{
		"any":          {"value{1}", "&pointer{}", "plain{1, 2}", "&failure{}", "number(1)", "time.Second", `errors.New("x")`, "1", `strings.NewReader("")`},
		"error":        {"&failure{}", `errors.New("x")`},
		"fmt.Stringer": {"value{1}", "&pointer{}", "number(1)", "time.Second"},
		"named":        {"value{1}", "&pointer{}", "number(1)"},
	}
	targets := []string{"value", "*pointer", "plain", "twin", "*failure", "number", "named", "error", "fmt.Stringer", "time.Duration", "int", "*strings.Reader", "io.Reader"}
	impossible := map[string]string{ // the compiler refuses these
		"error": "value *pointer plain twin number time.Duration int *strings.Reader", "fmt.Stringer": "plain twin *failure int *strings.Reader",
		"named": "plain twin *failure time.Duration int *strings.Reader",
	}
	forms := []string{"\t_, ok := x.(%s)\n\tfmt.Println(ok)\n", "\tswitch y := x.(type) {\n\tcase %s:\n\t\t_ = y\n\t\tfmt.Println(true)\n\tdefault:\n\t\tfmt.Println(false)\n\t}\n"}

	text, calls := assertionTypes, ""
	lines := map[string][2]int{} // of each function: first and last
	n := 0
	for from, held := range values {
		for _, to := range targets {
			if strings.Contains(" "+impossible[from]+" ", " "+to+" ") {
				continue
			}
			for _, form := range forms {
				n++
				name := fmt.Sprintf("f%d", n)
				first := strings.Count(text, "\n") + 1
				text += fmt.Sprintf("func %s(x %s) {\n"+form+"}\n\n", name, from, to)
				lines[name] = [2]int{first, strings.Count(text, "\n")}
				for _, v := range held {
					calls += fmt.Sprintf("\tfmt.Print(%q)\n\t%s(%s)\n", name+" "+from+" holds "+v+", asked for "+to+": ", name, v)
				}
			}
		}
	}
	text += "var _ io.Reader\n\nfunc main() {\n" + calls + "}\n"
	path := write(t, text)
	found := map[int]bool{}
	for _, f := range check(t, path) {
		if f.Check == "compile" {
			t.Fatalf("the test is wrong: %s", f)
		}
		found[f.Line] = true
	}
	want := strings.Split(compiled(t, map[string]string{"all": text})("all").stdout, "\n")
	got := strings.Split(interpret(t, "", path).stdout, "\n")
	if len(want) != len(got) || len(want) < 200 {
		t.Fatalf("compiled %d lines, interpreted %d", len(want), len(got))
	}
	different := 0
	for i := range want {
		if want[i] == got[i] {
			continue
		}
		different++
		name, _, _ := strings.Cut(want[i], " ")
		noticed := false
		for l := lines[name][0]; l <= lines[name][1]; l++ {
			noticed = noticed || found[l]
		}
		if !noticed {
			t.Errorf("not noticed: compiled %q, interpreted %q", want[i], got[i])
		}
	}
	if different == 0 {
		t.Error("there is no difference: the checks are not needed")
	}
	t.Logf("%d questions, %d answered differently, %d lines with findings", len(want), different, len(found))
}
